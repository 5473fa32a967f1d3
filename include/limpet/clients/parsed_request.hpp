// ParsedRequest: requests of one client that were read, but are not taken yet.
//
// A pipeline is read some requests at a time, so that the memory that all of them need can be fetched at once
// (Store::prefetch): each for itself would wait for it, and waiting is most of what a GET costs among
// millions of sessions. Nothing is decided ahead; each request is taken as if it had just been read.
#pragma once

#include <limpet/base/slot.hpp>
#include <limpet/command/command.hpp>
#include <limpet/resp/request.hpp>

namespace limpet::clients {

struct ParsedRequest {
  resp::Args args;
  resp::RequestStep step;
  const command::Spec* spec = nullptr;  // null if there is no such command
  KeyRef key;                           // the one it goes by, of a session's command
  bool has_key = false;
};

}  // namespace limpet::clients
