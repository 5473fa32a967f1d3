// Hashes: fields packed in the record while they are few and small, then a table of field records.
//
// Packed fields stand one behind the other as (length, name, length, value), where a length is one byte, or
// two if its top bit is set. A field record is a string whose key is the field's name.
#pragma once

#include <functional>

#include "keyspace.hpp"
#include "values/value_type.hpp"

namespace limpet::store::hashes {

extern const ValueType kType;

using Visit = std::function<void(std::string_view name, std::string_view value)>;

// ---- Records. REQUIRES: it is a hash. As Item's calls of these names. ----
[[nodiscard]] bool find_field(const Records& records, const char* record, std::string_view name,
                              std::string_view& value);
[[nodiscard]] std::size_t count_fields(const Records& records, const char* record);
std::uint64_t scan(const Records& records, const char* record, std::uint64_t position, std::size_t count,
                   const Visit& visit);
// The same for whoever copies, so that what it takes in one go has a bound: `from` and what is returned are
// hashes of names, and fields are visited until there are about `count` of them or, one more included,
// `bytes` of names and values.
std::uint64_t walk(const Records& records, const char* record, std::uint64_t from, std::size_t count,
                   std::size_t bytes, const Visit& visit);

// ---- Keys: as Store's calls of these names ----
bool put(Keyspace& keys, const KeyRef& key, std::string_view name, std::string_view value,
         std::int64_t unix_ms);
bool erase(Keyspace& keys, const KeyRef& key, std::string_view name, std::int64_t unix_ms);

}  // namespace limpet::store::hashes
