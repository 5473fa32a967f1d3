// What limpetd says about its settings: --help, --print-config, --check-config. Pure.
#pragma once

#include <string>

#include "load.hpp"

namespace limpet::limpetd {

[[nodiscard]] std::string help_text();

// The effective values as a [server] table that could be put into a file, each with where it came from.
// Secrets are not shown, only that there is one.
[[nodiscard]] std::string config_text(const Launch& launch);

// One line about the whole.
[[nodiscard]] std::string summary(const Launch& launch);

}  // namespace limpet::limpetd
