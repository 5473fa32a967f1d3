#include <limpet/base/limits.hpp>

#include "effect_layout.hpp"
#include "values/value_type.hpp"

namespace limpet::store {

namespace {

bool take_number(std::string_view& from, std::uint64_t max, std::uint64_t& number) {
  if (!from.empty() && static_cast<unsigned char>(from.front()) < 0x80) {  // most are small
    number = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    return number <= max;
  }
  number = 0;
  for (unsigned shift = 0; shift < 63 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return number <= max;
  }
  return false;
}

bool take_text(std::string_view& from, std::string_view& text) {
  std::uint64_t size = 0;
  if (!take_number(from, kBulkBytesMax, size) || size > from.size()) return false;
  text = from.substr(0, size);
  from.remove_prefix(size);
  return true;
}

bool take_expiry(std::string_view& from, std::int64_t& expires_unix_ms) {
  if (from.size() < sizeof expires_unix_ms) return false;
  expires_unix_ms = load_le<std::int64_t>(from.data());
  from.remove_prefix(sizeof expires_unix_ms);
  return expires_unix_ms > 0;
}

// What stands behind the key.
bool take_parts(std::string_view& from, const EffectLayout& layout, EffectView& effect) {
  const auto has = [&layout](EffectLayout::Parts part) { return (layout.parts & part) != 0; };
  if (layout.kind == Effect::clear && !effect.key.empty()) return false;
  if (has(EffectLayout::offset) && !take_number(from, kBulkBytesMax, effect.offset)) return false;
  if (has(EffectLayout::name) && !take_text(from, effect.name)) return false;
  if (has(EffectLayout::value) && !take_text(from, effect.value)) return false;
  return !has(EffectLayout::offset) || effect.offset + effect.value.size() <= kBulkBytesMax;
}

}  // namespace

bool take_effect(std::string_view& effects, EffectView& effect, const ValueTypes& types) {
  const bool first_of_all = effect.kind == Effect::none;
  const std::string_view key_before = effect.key;
  effect = {};
  if (effects.empty()) return false;
  const auto first = static_cast<unsigned char>(effects.front());
  const EffectLayout* const layout = types.layout(first & kKindMask);
  if (layout == nullptr || (first & ~kKindMask & ~(layout->bits | kSameKey)) != 0) return false;
  effect.kind = layout->kind;
  effect.fresh = (first & kFresh) != 0;
  effects.remove_prefix(1);
  if ((first & kSameKey) != 0) {
    if (first_of_all) return false;
    effect.key = key_before;
  } else if (!take_text(effects, effect.key)) {
    return false;
  }
  if ((first & kTimed) != 0 && !take_expiry(effects, effect.expires_unix_ms)) return false;
  return take_parts(effects, *layout, effect);
}

std::string_view first_key(std::string_view effects) {
  if (effects.empty() || (static_cast<unsigned char>(effects.front()) & kSameKey) != 0) return {};
  effects.remove_prefix(1);
  std::string_view key;
  return take_text(effects, key) ? key : std::string_view();
}

bool take_effect(std::string_view& effects, EffectView& effect) {
  return take_effect(effects, effect, ValueTypes::built_in());
}

bool only_takes_away(std::string_view effects) {
  EffectView effect;
  while (take_effect(effects, effect)) {
    const bool takes_away = effect.kind == Effect::erase || effect.kind == Effect::erase_field ||
                            effect.kind == Effect::erase_session || effect.kind == Effect::clear;
    if (!takes_away) return false;
  }
  return effects.empty();
}

}  // namespace limpet::store
