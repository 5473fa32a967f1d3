#include <limits>
#include <limpet/base/limits.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/store.hpp>
#include <string>

namespace limpet::store {

namespace {

constexpr unsigned kKindMask = 0x1f;
constexpr unsigned kSameKey = 0x20;
constexpr unsigned kTimed = 0x40;
constexpr unsigned kFresh = 0x80;

unsigned fresh_bit(bool fresh) { return fresh ? kFresh : 0; }
unsigned timed_bit(std::int64_t expires_unix_ms) { return expires_unix_ms == kNoExpiry ? 0 : kTimed; }

// ---- Reading ----

bool take_number(std::string_view& from, std::uint64_t max, std::uint64_t& number) {
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

// Which bits may stand beside a kind.
unsigned bits_of(Effect kind) {
  switch (kind) {
    case Effect::put_string:
    case Effect::set_expiry:
      return kTimed;
    case Effect::write_string:
    case Effect::put_field:
      return kFresh;
    default:
      return 0;
  }
}

// What stands behind the key.
bool take_rest(std::string_view& from, EffectView& effect) {
  switch (effect.kind) {
    case Effect::none:
      return false;
    case Effect::put_string:
      return take_text(from, effect.value);
    case Effect::write_string:
      return take_number(from, kBulkBytesMax, effect.offset) && take_text(from, effect.value) &&
             effect.offset + effect.value.size() <= kBulkBytesMax;
    case Effect::put_field:
      return take_text(from, effect.name) && take_text(from, effect.value);
    case Effect::erase_field:
    case Effect::rename:
      return take_text(from, effect.name);
    case Effect::clear:
      return effect.key.empty();
    case Effect::erase:
    case Effect::set_expiry:
    case Effect::erase_session:
      return true;
  }
  return false;
}

bool in_slot(const EffectView& effect, const KeyRef& key, Slot slot) {
  if (effect.kind == Effect::clear) return true;
  if (effect.kind == Effect::erase_session) return slot_of_uid(effect.key) == slot;
  return key.slot == slot && (effect.kind != Effect::rename || slot_of(effect.name) == slot);
}

// Whether it can be done to the key as it is. If not, the state is later than the effect (the copy of a slot
// that changed meanwhile), and a still later one makes the key anew.
bool fits(Store& store, const EffectView& effect, const KeyRef& key) {
  if (effect.fresh) return true;
  const Type type = store.peek(key, kBeforeAnyExpiry).type();
  switch (effect.kind) {
    case Effect::write_string:
      return type != Type::hash;
    case Effect::put_field:
    case Effect::erase_field:
      return type != Type::string;
    default:
      return true;
  }
}

void perform(Store& store, const EffectView& effect, const KeyRef& key, Slot slot) {
  constexpr std::int64_t now = kBeforeAnyExpiry;
  if (effect.fresh) store.erase(key, now);
  const std::int64_t expiry = effect.expires_unix_ms;
  switch (effect.kind) {
    case Effect::none:
      return;
    case Effect::put_string:
      store.put_string(key, effect.value, expiry == kNoExpiry ? Expiry::none() : Expiry::at(expiry), now);
      return;
    case Effect::write_string:
      store.write_string(key, effect.offset, effect.value, now);
      return;
    case Effect::put_field:
      store.put_field(key, effect.name, effect.value, now);
      return;
    case Effect::erase_field:
      store.erase_field(key, effect.name, now);
      return;
    case Effect::erase:
      store.erase(key, now);
      return;
    case Effect::set_expiry:
      store.set_expiry(key, expiry, now);
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
  }
}

}  // namespace

void EffectWriter::number(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_->push_back(static_cast<char>(value | 0x80));
  out_->push_back(static_cast<char>(value));
}

void EffectWriter::text(std::string_view value) {
  number(value.size());
  out_->append(value);
}

void EffectWriter::head(Effect kind, std::string_view key, unsigned bits) {
  const bool same = key_bytes_ == key.size() && out_->view().substr(key_at_, key_bytes_) == key;
  out_->push_back(static_cast<char>(static_cast<unsigned>(kind) | bits | (same ? kSameKey : 0)));
  if (same) return;
  text(key);
  key_bytes_ = key.size();
  key_at_ = out_->size() - key_bytes_;
}

void EffectWriter::put_string(std::string_view key, std::string_view value, std::int64_t expires_unix_ms) {
  head(Effect::put_string, key, timed_bit(expires_unix_ms));
  if (expires_unix_ms != kNoExpiry) append_le(*out_, expires_unix_ms);
  text(value);
}

void EffectWriter::write_string(std::string_view key, std::size_t offset, std::string_view bytes,
                                bool fresh) {
  head(Effect::write_string, key, fresh_bit(fresh));
  number(offset);
  text(bytes);
}

void EffectWriter::put_field(std::string_view key, std::string_view name, std::string_view value,
                             bool fresh) {
  head(Effect::put_field, key, fresh_bit(fresh));
  text(name);
  text(value);
}

void EffectWriter::erase_field(std::string_view key, std::string_view name) {
  head(Effect::erase_field, key);
  text(name);
}

void EffectWriter::erase(std::string_view key) { head(Effect::erase, key); }

void EffectWriter::set_expiry(std::string_view key, std::int64_t expires_unix_ms) {
  head(Effect::set_expiry, key, timed_bit(expires_unix_ms));
  if (expires_unix_ms != kNoExpiry) append_le(*out_, expires_unix_ms);
}

void EffectWriter::rename(std::string_view from, std::string_view to) {
  head(Effect::rename, from);
  text(to);
}

void EffectWriter::erase_session(std::string_view uid) { head(Effect::erase_session, uid); }

void EffectWriter::clear() { head(Effect::clear, {}); }

void tell_item(ChangeSink& sink, Slot slot, std::string_view key, const Item& item) {
  if (item.type() == Type::string) {
    return sink.change_of(slot).put_string(key, item.string(), item.expires_unix_ms());
  }
  bool fresh = true;
  item.each_field([&](std::string_view name, std::string_view value) {
    sink.change_of(slot).put_field(key, name, value, std::exchange(fresh, false));
  });
  if (item.expires_unix_ms() != kNoExpiry) sink.change_of(slot).set_expiry(key, item.expires_unix_ms());
}

bool take_effect(std::string_view& effects, EffectView& effect) {
  const bool first_of_all = effect.kind == Effect::none;
  const std::string_view key_before = effect.key;
  effect = {};
  if (effects.empty()) return false;
  const auto first = static_cast<unsigned char>(effects.front());
  const unsigned kind = first & kKindMask;
  if (kind < static_cast<unsigned>(Effect::put_string) || kind > static_cast<unsigned>(Effect::clear))
    return false;
  effect.kind = static_cast<Effect>(kind);
  if ((first & ~kKindMask & ~(bits_of(effect.kind) | kSameKey)) != 0) return false;
  effect.fresh = (first & kFresh) != 0;
  effects.remove_prefix(1);
  if ((first & kSameKey) != 0) {
    if (first_of_all) return false;
    effect.key = key_before;
  } else if (!take_text(effects, effect.key)) {
    return false;
  }
  if ((first & kTimed) != 0 && !take_expiry(effects, effect.expires_unix_ms)) return false;
  return take_rest(effects, effect);
}

Result<void> apply(Store& store, Slot slot, std::string_view effects, std::int64_t unix_ms) {
  store.set_clock(unix_ms);
  EffectView effect;
  while (!effects.empty()) {
    if (!take_effect(effects, effect)) return fail(Code::bad_input, "it holds bytes that are no effect");
    const KeyRef key = KeyRef::of(effect.key);
    if (!in_slot(effect, key, slot)) {
      return fail(Code::bad_input, "it concerns a key that is not of slot " + std::to_string(slot));
    }
    if (fits(store, effect, key)) perform(store, effect, key, slot);
  }
  return {};
}

}  // namespace limpet::store
