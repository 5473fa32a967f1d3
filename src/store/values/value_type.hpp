// ValueType: all that the store has to know of a type of value; ValueTypes: the types that a store has, by
// their tags.
//
// Tables, records and time-outs are the same for every type; what the bytes of a value mean only its own file
// knows (string.cpp, hash.cpp). A new type is such a file, its number in Type, its kinds of effects, and a
// line in value_types.cpp. The operations are plain functions behind one load from a table, and are called
// only where a value is made, leaves its record, is copied, told or freed: reads and writes of strings go
// past it.
//
// A value stands in its record while it is small, and outside of it when it is not: then the 16 bytes of
// outside_of() say where, and they move with the record. Every change takes the handle of a record and
// returns the one it has from now on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limpet/store/change.hpp>
#include <limpet/store/item.hpp>
#include <span>
#include <string>
#include <string_view>

#include "effect_layout.hpp"
#include "record.hpp"

namespace limpet::store {

class Keyspace;
class Records;

// Where the effects that make one key go.
struct KeyChanges {
  ChangeSink& sink;
  Slot slot;
  std::string_view key;
  [[nodiscard]] EffectWriter& next() const { return sink.change_of(slot); }
};

struct ValueType {
  Type type;
  std::span<const EffectLayout> effects;  // that are done to values of this type alone

  // ---- Records. REQUIRES: they are of this type. ----
  // A key with an empty value.
  Handle (*make)(Records& records, const Name& name, std::int64_t expiry);
  // The same value under another head, which leaves no room for it inline: it goes outside. `name` may stand
  // in the record, which is freed.
  Handle (*move_outside)(Records& records, Handle record, const Name& name, std::int64_t expiry);
  // What stands outside takes so much.
  std::size_t (*outside_bytes)(const Records& records, const char* record);
  // Frees what stands outside. What is large goes to the graveyard (Records::entomb()), to be freed in steps.
  void (*release)(Records& records, char* record);

  // ---- Copies ----
  // Whether a copy has to take it in pieces for the number of its elements (kCopySliceFields); for its bytes
  // it does anyway.
  bool (*has_many)(const Records& records, const char* record);
  // Tells the whole key.
  void (*tell)(const Records& records, const char* record, const KeyChanges& to);
  // Tells a piece of about so many bytes from `at` on (0: the first, with the time-out), and returns where to
  // go on (0: that was the last). The value may change in between: what it tells, with the changes, ends as
  // it is (slot_copy.hpp).
  std::uint64_t (*tell_piece)(const Records& records, const char* record, std::uint64_t at, std::size_t bytes,
                              const KeyChanges& to);

  // ---- As one run of bytes (packed.hpp) ----
  char mark;  // no other type's, in any release
  // What a key of this type is, without its time-out: where it stands, or put together in `made`.
  std::string_view (*content)(const Records& records, const char* record, std::string& made);
  // Makes a key, which is absent, of a content. False if it is none: nothing was made then.
  bool (*unpack)(Keyspace& keys, const KeyRef& key, std::string_view content, std::int64_t expires_unix_ms,
                 std::int64_t unix_ms);

  // ---- Effects ----
  // Does one of `effects` to a key that is absent or of this type, or whatever it is where the effect
  // replaces it.
  void (*apply)(Keyspace& keys, const KeyRef& key, const EffectView& effect);
};

class ValueTypes {
 public:
  // Only the effects that are of every type.
  ValueTypes();
  // The types of limpet.
  static const ValueTypes& built_in();

  // REQUIRES: nobody has its tag, its mark or a kind of its effects. It outlives this.
  void add(const ValueType& type);

  [[nodiscard]] const ValueType& of(Type type) const { return *types_[type_tag(type)]; }
  [[nodiscard]] const ValueType& of(const char* record) const { return of(type_of(record)); }
  // Null if there is none.
  [[nodiscard]] const ValueType* marked(char mark) const;
  // Null if there is no such kind.
  [[nodiscard]] const EffectLayout* layout(unsigned kind) const;
  // Whose effect that is; null: it is of every type.
  [[nodiscard]] const ValueType* owner(Effect kind) const {
    return kinds_[static_cast<unsigned>(kind)].owner;
  }

 private:
  struct Kind {
    EffectLayout layout;
    const ValueType* owner = nullptr;
  };
  void add(const EffectLayout& layout, const ValueType* owner);

  std::array<const ValueType*, kTypesMax> types_{};
  std::array<Kind, kEffectKinds> kinds_{};
};

}  // namespace limpet::store
