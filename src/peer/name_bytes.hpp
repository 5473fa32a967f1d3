// The longest name in a frame: its length is a byte.
#pragma once

#include <cstddef>

namespace limpet::peer {

inline constexpr std::size_t kNameBytesMax = 255;

}  // namespace limpet::peer
