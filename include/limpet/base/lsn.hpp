// Lsn: a place in the stream of changes of one shard, in bytes from its beginning. A change is there once the
// stream is there up to the place behind it.
#pragma once

#include <cstdint>
#include <limits>

namespace limpet {

using Lsn = std::uint64_t;

// Behind everything that will ever be.
inline constexpr Lsn kEndOfAll = std::numeric_limits<Lsn>::max();

}  // namespace limpet
