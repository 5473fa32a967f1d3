// ClientOrigin: where a client comes from, and where to.
#pragma once

#include <string>

namespace limpet::clients {

struct ClientOrigin {
  std::string address;  // "127.0.0.1:50112"
  std::string local_address;
  bool of_this_host = true;
};

}  // namespace limpet::clients
