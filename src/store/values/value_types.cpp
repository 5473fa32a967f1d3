#include <limpet/base/assert.hpp>

#include "values/hash.hpp"
#include "values/string.hpp"
#include "values/value_type.hpp"

namespace limpet::store {

namespace {

constexpr EffectLayout kOfEveryType[] = {
    {.kind = Effect::erase},
    {.kind = Effect::set_expiry, .bits = kTimed},
    {.kind = Effect::rename, .parts = EffectLayout::name},
    {.kind = Effect::erase_session},
    {.kind = Effect::clear},
};

}  // namespace

ValueTypes::ValueTypes() {
  for (const EffectLayout& layout : kOfEveryType) add(layout, nullptr);
}

const ValueTypes& ValueTypes::built_in() {
  static const ValueTypes types = [] {
    ValueTypes made;
    made.add(strings::kType);
    made.add(hashes::kType);
    return made;
  }();
  return types;
}

void ValueTypes::add(const ValueType& type) {
  LIMPET_ASSERT(type.type != Type::none && type_tag(type.type) < kTypesMax &&
                types_[type_tag(type.type)] == nullptr && marked(type.mark) == nullptr);
  types_[type_tag(type.type)] = &type;
  for (const EffectLayout& layout : type.effects) add(layout, &type);
}

void ValueTypes::add(const EffectLayout& layout, const ValueType* owner) {
  const auto kind = static_cast<unsigned>(layout.kind);
  LIMPET_ASSERT(kind != 0 && kind < kEffectKinds && kinds_[kind].layout.kind == Effect::none);
  kinds_[kind] = {layout, owner};
}

const ValueType* ValueTypes::marked(char mark) const {
  for (const ValueType* type : types_) {
    if (type != nullptr && type->mark == mark) return type;
  }
  return nullptr;
}

const EffectLayout* ValueTypes::layout(unsigned kind) const {
  return kinds_[kind].layout.kind == Effect::none ? nullptr : &kinds_[kind].layout;
}

}  // namespace limpet::store
