// Little-endian fields off the front of bytes that came from elsewhere.
#pragma once

#include <limpet/base/bytes.hpp>
#include <string_view>

namespace limpet::handoff {

// False if there are not enough bytes.
template <class Integer>
[[nodiscard]] bool take_le(std::string_view& from, Integer& value) {
  if (from.size() < sizeof value) return false;
  value = load_le<Integer>(from.data());
  from.remove_prefix(sizeof value);
  return true;
}

}  // namespace limpet::handoff
