// Hashes: XXH3 of the xxHash library, seeded where clients choose the keys.
#pragma once

#include <cstdint>
#include <string_view>

namespace limpet {

// The same bits on every machine and in every version of limpet: placement depends on it.
[[nodiscard]] std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace limpet
