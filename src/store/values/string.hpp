// Strings: the bytes of a value, inline or in a block of malloc.
#pragma once

#include "keyspace.hpp"
#include "values/value_type.hpp"

namespace limpet::store::strings {

extern const ValueType kType;

// A string outside its record. Capacity is what malloc gave.
struct Outside {
  char* data;
  std::uint32_t size;
  std::uint32_t capacity;
};

// REQUIRES: it is a string. Its tag is 0, so `inline` is its length as it stands.
[[nodiscard]] inline std::string_view view_of(const char* record) {
  if (!is_outside(record)) {
    const std::string_view key = key_of(record);
    return {key.data() + key.size(), load_le<std::uint16_t>(record + 2)};
  }
  const Outside& outside = outside_of<Outside>(record);
  return {outside.data, outside.size};
}

// ---- Records ----
[[nodiscard]] Handle make(Records& records, const Name& name, std::string_view value, std::int64_t expiry);
// Makes a string of what may have been of another type. The value may be a part of the record.
[[nodiscard]] Handle overwrite(Records& records, Handle record, std::string_view value, std::int64_t expiry);

// ---- Keys: as Store's calls of the same names ----
void put(Keyspace& keys, const KeyRef& key, std::string_view value, Expiry expiry, std::int64_t unix_ms);
std::size_t write(Keyspace& keys, const KeyRef& key, std::size_t offset, std::string_view bytes,
                  std::int64_t unix_ms);

}  // namespace limpet::store::strings
