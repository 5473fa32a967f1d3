// Values of settings as text: reading them and saying what is wrong with them. Pure.
#pragma once

#include <cstdint>
#include <limpet/base/result.hpp>
#include <string>
#include <string_view>

#include "table.hpp"

namespace limpet::limpetd {

// yes, no; also true, false, on, off, 1, 0.
[[nodiscard]] Result<bool> parse_yes_no(std::string_view text);

// Checks `text` against what the row accepts and returns it as a number where it is one (a duration in the
// row's unit; yes as 1), else 0. The error says what to write instead, without naming the setting.
[[nodiscard]] Result<std::int64_t> parse_value(const Row& row, std::string_view text);

}  // namespace limpet::limpetd
