// Hashing of uids, keys and field names: base's hash64(), compiled into its callers, since a look-up of a
// short key spends as much on calling a library's function as on hashing.
#pragma once

#include <cstdint>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace limpet::store {

[[nodiscard]] inline std::uint64_t hash_of_bytes(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace limpet::store
