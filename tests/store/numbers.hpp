// Numbers: a type of values that only tests have, a list of integers. It shows that another type is a file of
// its own, and nothing else of the store, the journal or a hand-over knows of it.
//
// Few numbers stand inline, eight bytes each; more stand in a chain of blocks. Its effects are absolute: a
// number at an index (zeros fill a gap), and how many there are from now on.
#pragma once

#include <limpet/store/store.hpp>
#include <vector>

#include "values/value_type.hpp"

namespace limpet::store::numbers {

// The last that there is room for: limpet's own types have the first.
inline constexpr auto kNumber = static_cast<Type>(kTypesMax);
inline constexpr auto kSet = static_cast<Effect>(kEffectKinds - 2);
inline constexpr auto kCut = static_cast<Effect>(kEffectKinds - 1);

extern const ValueType kType;

// The types of limpet, and this one.
const ValueTypes& types();

void set(Store& store, const KeyRef& key, std::uint64_t index, std::uint64_t number, std::int64_t unix_ms);
// The key goes with its last number.
void cut(Store& store, const KeyRef& key, std::uint64_t count, std::int64_t unix_ms);
// REQUIRES: it is a list of numbers.
[[nodiscard]] std::vector<std::uint64_t> all_of(const Item& item);

}  // namespace limpet::store::numbers
