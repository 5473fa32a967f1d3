// Durations as people write them: 500ms, 2s, 1m, 1h. Pure.
#pragma once

#include <cstdint>
#include <limpet/base/result.hpp>
#include <string_view>

namespace limpet {

// In milliseconds. Error: bad_config, and what to write instead; a number without a unit is one, but for 0.
[[nodiscard]] Result<std::int64_t> parse_duration_ms(std::string_view text);

}  // namespace limpet
