// How `limpet` ends. Scripts rely on these: --help and docs/limpet.md list them.
#pragma once

namespace limpet::client {

enum Exit : int {
  kDone = 0,
  kErrorReply = 1,  // the server answered with an error
  kDamaged = 1,     // a data directory is damaged
  kUsage = 2,       // options or a line that limpet does not understand, or no such data directory
  kNoServer = 3,    // cannot connect, or the connection was lost, or no answer in time
  kBadFile = 4,     // a file that cannot be read or is not valid
  kNotWhole = 5,    // the cluster is not as it should be, or not all of it has answered
};

}  // namespace limpet::client
