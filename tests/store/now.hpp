#pragma once

#include <cstdint>

namespace limpet::store {

// When tests of the store begin.
inline constexpr std::int64_t kNow = 1'700'000'000'000;

}  // namespace limpet::store
