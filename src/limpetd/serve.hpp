// Serve: a node's life in this process, from its start to the signal that ends it.
#pragma once

#include "background.hpp"
#include "load.hpp"

namespace limpet::limpetd {

// Starts the node, tells `starter`, serves until a signal says stop. Returns the exit code. To be called
// before there are threads: they inherit that signals are left to this one.
[[nodiscard]] int serve(Launch launch, const Given& given, Starter starter);

}  // namespace limpet::limpetd
