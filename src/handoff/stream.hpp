// The stream of effects in which a slot travels: runs, each behind its length.
#pragma once

#include <cstddef>

namespace limpet::handoff {

inline constexpr std::size_t kRunHeadBytes = 4;

}  // namespace limpet::handoff
