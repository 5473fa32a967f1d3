// Document: the cluster file as TOML gives it to us, before anything is known about what the keys mean.
//
// A tree of plain values, each with its place in the file. Only document.cpp knows which library parses TOML.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "faults.hpp"

namespace limpet::cluster {

struct Entry;

struct Value {
  enum class Kind : std::uint8_t { text, integer, real, boolean, date, array, table };

  Kind kind = Kind::table;
  Position at;
  std::string text;  // of a text
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::vector<Value> items;    // of an array
  std::vector<Entry> entries;  // of a table, in the order of the file
};

struct Entry {
  std::string key;
  Position at;
  Value value;
};

// The kind in words for people: "text", "a whole number".
[[nodiscard]] std::string_view name_of(Value::Kind kind);

// The root table of `text`. What is not TOML is added to `faults`; the result is then an empty table.
[[nodiscard]] Value parse_document(std::string_view text, Faults& faults);

}  // namespace limpet::cluster
