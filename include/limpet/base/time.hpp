// Now: the two clocks, read together once for a batch of work and handed down as an argument. No pure room reads a
// clock.
#pragma once

#include <cstdint>

namespace limpet {

struct Now {
  std::int64_t steady_ms = 0;  // never jumps: everything that merely waits
  std::int64_t unix_ms = 0;    // UTC: time-outs of keys, wherever they are kept or sent
};

// No time-out. Real ones are above zero.
inline constexpr std::int64_t kNoExpiry = 0;

// As the time, it lets no time-out have passed, and counts as no use of a key: for applying changes of the past.
inline constexpr std::int64_t kBeforeAnyExpiry = INT64_MIN;

}  // namespace limpet
