// Amounts as people read them. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace limpet::client {

[[nodiscard]] std::string human_bytes(std::uint64_t bytes);      // "72 B", "2.5 MB"
[[nodiscard]] std::string human_seconds(std::uint64_t seconds);  // "40 s", "12 min", "3 h"

}  // namespace limpet::client
