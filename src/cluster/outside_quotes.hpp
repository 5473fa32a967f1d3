// What may stand outside quotes and comments of a cluster file.
//
// TOML has nothing but ASCII there. The parser asks of every other character whether it is white space, and
// its answer (of this release) is undefined for some, such as letters with accents. So they are refused
// before it sees them.
#pragma once

#include <string_view>

#include "faults.hpp"

namespace limpet::cluster {

void refuse_letters_outside_quotes(std::string_view text, Faults& faults);

}  // namespace limpet::cluster
