// Changes: what commands did to the keys of a slot, as bytes. Nothing else ever leaves a shard: this is what
// its journal holds, and what a follower or a new owner is sent.
//
// A change is a run of effects on keys of one slot. An effect says what is there now, never which command
// made it so:
//
//   effect = kind (1 byte), key (length, bytes) unless it is that of the effect before, and by kind:
//     put_string     [time-out] value (length, bytes)   the key is this string, whatever it was
//     write_string   offset, bytes (length, bytes)      at this offset of the string; zeros fill a gap
//     put_field      name, value (length, bytes each)   the hash has this field
//     erase_field    name                               the key goes with its last field
//     erase          -                                  the key is gone
//     set_expiry     [time-out]                         of a key that is there; none: it has none any more
//     rename         new key                            in the same slot; what had that name is gone
//     erase_session  -                                  all keys of a session are gone; the key is its uid
//     clear          -                                  all keys of the slot are gone; the key is empty
//
// Lengths and offsets are unsigned LEB128. The kind is the low five bits; bit 7: the key was not there
// before, so whatever the reader has of it is of the past (kFresh); bit 6: a time-out follows, 8 bytes, UTC
// in ms (kTimed).
//
// Time-outs that pass are not changes, unless somebody copies (CopyScope): an effect carries them as they
// are, whoever reads it looks at the clock.
//
// Again. A run of changes may be applied to a state that has some of them already, as long as no later one is
// missing: what is absolute ends the same. Only rename is not: whoever copies a slot while it changes has
// the store not use it (CopyScope).
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/result.hpp>
#include <limpet/base/slot.hpp>
#include <span>
#include <string_view>

namespace limpet::store {

class Item;
class Store;

enum class Effect : std::uint8_t {
  none = 0,
  put_string = 1,
  write_string = 2,
  put_field = 3,
  erase_field = 4,
  erase = 5,
  set_expiry = 6,
  rename = 7,
  erase_session = 8,
  clear = 9,
};

// ---- Writing ----

// Appends effects to some bytes. It remembers where the last key stands in them: one is for one run of
// effects.
class EffectWriter {
 public:
  // A new run begins here, at the end of the bytes.
  void begin(Bytes& out) {
    out_ = &out;
    key_bytes_ = kNoKey;
  }

  // `expires_unix_ms` is kNoExpiry for none.
  void put_string(std::string_view key, std::string_view value, std::int64_t expires_unix_ms);
  void write_string(std::string_view key, std::size_t offset, std::string_view bytes, bool fresh);
  void put_field(std::string_view key, std::string_view name, std::string_view value, bool fresh);
  void erase_field(std::string_view key, std::string_view name);
  void erase(std::string_view key);
  void set_expiry(std::string_view key, std::int64_t expires_unix_ms);
  void rename(std::string_view from, std::string_view to);
  void erase_session(std::string_view uid);
  void clear();

  // ---- For a type of values with effects of its own: first the head, then the parts that its kind has, in
  // the order of src/store/effect_layout.hpp ----
  void head(Effect kind, std::string_view key, unsigned bits = 0);
  void number(std::uint64_t value);
  void text(std::string_view value);

 private:
  static constexpr std::size_t kNoKey = ~std::size_t{0};

  Bytes* out_ = nullptr;
  std::size_t key_at_ = 0;
  std::size_t key_bytes_ = kNoKey;
};

// Takes the effects of a store as they happen.
class ChangeSink {
 public:
  // Where the next effect on a key of this slot is to be written, whole.
  virtual EffectWriter& change_of(Slot slot) = 0;

 protected:
  ~ChangeSink() = default;
};

// A whole key as it is, as effects that make it. Each is asked for anew, so that the sink may begin another
// run.
void tell_item(ChangeSink& sink, Slot slot, std::string_view key, const Item& item);

// ---- Reading ----
// One effect, cut into its parts; the views point into the bytes.
struct EffectView {
  Effect kind = Effect::none;
  bool fresh = false;
  std::int64_t expires_unix_ms = 0;
  std::uint64_t offset = 0;
  std::string_view key;
  std::string_view name;  // of a field; the new key of a rename
  std::string_view value;
};
// Takes one effect off the front of `effects`; `effect` is the one before, or new. False if it is none or
// breaks a bound of limits.hpp.
[[nodiscard]] bool take_effect(std::string_view& effects, EffectView& effect);
// These are effects, and none of them needs memory.
[[nodiscard]] bool only_takes_away(std::string_view effects);

// Effects that are to be applied, with the first key, if prefetch() has worked it out.
struct Run {
  std::string_view effects{};
  KeyRef key{};
};
// Does to the store what the effects say. Takes no time-out for passed. An error if they are no effects on
// keys of this slot; those before have been done then.
[[nodiscard]] Result<void> apply(Store& store, Slot slot, const Run& run, std::int64_t unix_ms);
[[nodiscard]] inline Result<void> apply(Store& store, Slot slot, std::string_view effects,
                                        std::int64_t unix_ms) {
  return apply(store, slot, Run{.effects = effects}, unix_ms);
}
// Begins to fetch what apply() will need of the first key of each of these. REQUIRES: at most kLookAheadMax.
void prefetch(const Store& store, std::span<Run* const> runs);

}  // namespace limpet::store
