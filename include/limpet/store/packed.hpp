// A value as one run of bytes: on its way to another name, which may be another shard's or another node's.
//
//   [mark 1][time-out 8][content]
//
// The mark says of which type it is, and the type what its content is: of a string ('s') its bytes; of a hash
// ('h') for each field [length 4][name][length 4][value]. Little-endian. Nodes of different releases send
// each other values: what a mark means does not change.
//
// Plain functions on a store, for its shard's thread.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/store/item.hpp>
#include <limpet/store/store.hpp>
#include <string>
#include <string_view>

namespace limpet::store {

// REQUIRES: there is a key.
[[nodiscard]] std::string pack(const Item& item);

// Makes `key` what is packed there; gone if its time-out has passed. False if it is no value: nothing was
// changed. REQUIRES: the key is absent, and `packed` is not a part of the store.
[[nodiscard]] bool unpack(Store& store, const KeyRef& key, std::string_view packed, std::int64_t unix_ms);

// Makes `to` what the key `from` is, of the same store; a string takes no detour. REQUIRES: `from` is there,
// and `to` is absent and not a part of the store.
void copy(Store& store, const Item& from, const KeyRef& to, std::int64_t unix_ms);

}  // namespace limpet::store
