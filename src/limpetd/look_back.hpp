// Looking back: what a node's data directory remembers of the cluster file that was in force, beside the file
// that the node is about to start with. Takes no lock and changes nothing, so the node may run meanwhile.
#pragma once

#include <limpet/base/result.hpp>
#include <string>

#include "load.hpp"

namespace limpet::limpetd {

// Empty: the file may be in force. Otherwise it is older than what was in force: the node would go on with
// that, and this is what to say. Error: bad_config, the node would not start with it; any other, the
// directory cannot be read.
[[nodiscard]] Result<std::string> look_back(const Launch& launch);

}  // namespace limpet::limpetd
