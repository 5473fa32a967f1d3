// Connection: an accepted connection on its way from a listener to the driver that will serve it.
#pragma once

#include <limpet/net/descriptor.hpp>
#include <limpet/net/wire.hpp>
#include <memory>
#include <string>

namespace limpet::net {

struct Connection {
  Descriptor descriptor;      // does not block
  std::string remote;         // "127.0.0.1:50112", "[::1]:50112", "/run/limpet.sock:0"
  std::string local;          // the same of this side
  bool of_this_host = false;  // over loopback or a Unix socket, or from the address that it connected to
  std::unique_ptr<Layer> layer = nullptr;  // null: bytes go as they are
};

// Sends a last line to a connection that is not wanted, and closes it.
void refuse(Connection connection, const std::string& line);

}  // namespace limpet::net
