#include <array>
#include <limpet/base/limits.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/store.hpp>
#include <string>

#include "effect_layout.hpp"
#include "keyspace.hpp"
#include "values/value_type.hpp"

namespace limpet::store {

namespace {

bool in_slot(const EffectView& effect, const KeyRef& key, Slot slot) {
  if (effect.kind == Effect::clear) return true;
  if (effect.kind == Effect::erase_session) return slot_of_uid(effect.key) == slot;
  return key.slot == slot && (effect.kind != Effect::rename || slot_of(effect.name) == slot);
}

// Whether it can be done to the key as it is. If not, the state is later than the effect (the copy of a slot
// that changed meanwhile), and a still later one makes the key anew.
bool fits(Keyspace& keys, const EffectView& effect, const KeyRef& key) {
  const ValueTypes& types = keys.records().types();
  const ValueType* const owner = types.owner(effect.kind);
  if (owner == nullptr || effect.fresh || types.layout(static_cast<unsigned>(effect.kind))->replaces)
    return true;
  const Type type = keys.peek(key, kBeforeAnyExpiry).type();
  return type == Type::none || type == owner->type;
}

void perform(Store& store, const EffectView& effect, const KeyRef& key, Slot slot) {
  constexpr std::int64_t now = kBeforeAnyExpiry;
  if (effect.fresh) store.erase(key, now);
  Keyspace& keys = store.keyspace();
  if (const ValueType* const owner = keys.records().types().owner(effect.kind))
    return owner->apply(keys, key, effect);
  switch (effect.kind) {
    case Effect::erase:
      store.erase(key, now);
      return;
    case Effect::set_expiry:
      store.set_expiry(key, effect.expires_unix_ms, now);
      return;
    case Effect::rename:
      store.rename(key, KeyRef::of(effect.name), now);
      return;
    case Effect::erase_session:
      store.erase_session(slot, effect.key);
      return;
    case Effect::clear:
      store.clear(slot);
      return;
    default:
      return;
  }
}

}  // namespace

void tell_item(ChangeSink& sink, Slot slot, std::string_view key, const Item& item) {
  item.records().types().of(item.type()).tell(item.records(), item.record(), {sink, slot, key});
}

Result<void> apply(Store& store, Slot slot, const Run& run, std::int64_t unix_ms) {
  store.set_clock(unix_ms);
  const ValueTypes& types = store.keyspace().records().types();
  std::string_view effects = run.effects;
  EffectView effect;
  KeyRef key = run.key;
  while (!effects.empty()) {
    if (!take_effect(effects, effect, types))
      return fail(Code::bad_input, "it holds bytes that are no effect");
    const bool is_known = effect.key.data() == key.key.data() && effect.key.size() == key.key.size();
    if (!is_known) key = KeyRef::of(effect.key);
    if (!in_slot(effect, key, slot)) {
      return fail(Code::bad_input, "it concerns a key that is not of slot " + std::to_string(slot));
    }
    if (fits(store.keyspace(), effect, key)) perform(store, effect, key, slot);
  }
  return {};
}

void prefetch(const Store& store, std::span<Run* const> runs) {
  std::array<KeyRef*, kLookAheadMax> keys;
  std::size_t count = 0;
  for (Run* const run : runs) {
    const std::string_view key = first_key(run->effects);
    if (key.empty()) continue;
    run->key = KeyRef::of(key);
    keys[count++] = &run->key;
  }
  store.prefetch(std::span(keys).first(count));
}

}  // namespace limpet::store
