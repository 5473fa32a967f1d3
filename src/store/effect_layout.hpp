// The bytes of effects (change.hpp), as data: which parts stand behind the key of each kind, in this order,
// and which bits may stand beside it. Written by EffectWriter, read by take_effect().
#pragma once

#include <limpet/store/change.hpp>

namespace limpet::store {

inline constexpr unsigned kKindMask = 0x1f;
inline constexpr unsigned kEffectKinds = kKindMask + 1;
inline constexpr unsigned kSameKey = 0x20;
inline constexpr unsigned kTimed = 0x40;
inline constexpr unsigned kFresh = 0x80;

[[nodiscard]] constexpr unsigned fresh_bit(bool fresh) { return fresh ? kFresh : 0; }

struct EffectLayout {
  enum Parts : unsigned { nothing = 0, offset = 1, name = 2, value = 4 };

  Effect kind = Effect::none;
  unsigned bits = 0;      // kTimed, kFresh
  unsigned parts = 0;     // of Parts
  bool replaces = false;  // the key is this from now on, whatever it was
};

class ValueTypes;

// take_effect() with other types than the usual ones.
[[nodiscard]] bool take_effect(std::string_view& effects, EffectView& effect, const ValueTypes& types);
// The key of the first of these, for a guess; empty: it has none, or is no effect.
[[nodiscard]] std::string_view first_key(std::string_view effects);

}  // namespace limpet::store
