#include "document.hpp"

#include <algorithm>
#include <limpet/base/text.hpp>
#include <utility>

// The parser is compiled into this file and reports errors as values.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#include <toml++/toml.h>

namespace limpet::cluster {

namespace {

constexpr std::size_t kParserWordsMax = 200;

Position position_of(const toml::source_position& position) {
  return {static_cast<int>(position.line), static_cast<int>(position.column)};
}

Value to_value(const toml::node& node);

void add_entries(const toml::table& table, Value& value) {
  for (const auto& [key, node] : table) {
    value.entries.push_back({std::string(key.str()), position_of(key.source().begin), to_value(node)});
  }
  std::sort(value.entries.begin(), value.entries.end(),
            [](const Entry& a, const Entry& b) { return a.at < b.at; });
}

// Nesting is bounded by the parser, so this recursion is too.
Value to_value(const toml::node& node) {
  Value value;
  value.at = position_of(node.source().begin);
  if (const auto* table = node.as_table()) {
    value.kind = Value::Kind::table;
    add_entries(*table, value);
  } else if (const auto* array = node.as_array()) {
    value.kind = Value::Kind::array;
    for (const toml::node& item : *array) value.items.push_back(to_value(item));
  } else if (const auto* text = node.as_string()) {
    value.kind = Value::Kind::text;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = Value::Kind::integer;
    value.integer = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    value.kind = Value::Kind::real;
    value.real = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = Value::Kind::boolean;
    value.boolean = boolean->get();
  } else {
    value.kind = Value::Kind::date;
  }
  return value;
}

}  // namespace

std::string_view name_of(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::text:
      return "text";
    case Value::Kind::integer:
      return "a whole number";
    case Value::Kind::real:
      return "a number with decimals";
    case Value::Kind::boolean:
      return "true or false";
    case Value::Kind::date:
      return "a date or time";
    case Value::Kind::array:
      return "a list";
    case Value::Kind::table:
      return "a table";
  }
  return "something else";
}

Value parse_document(std::string_view text, Faults& faults) {
  const toml::parse_result result = toml::parse(text);
  if (!result) {
    const toml::parse_error& error = result.error();
    faults.add(
        position_of(error.source().begin),
        "this is not TOML; write KEY = VALUE lines, text in double quotes, under [cluster], [[node]] or "
        "[server] (" +
            printable(error.description(), kParserWordsMax) + ")");
    return {};
  }
  return to_value(result.table());
}

}  // namespace limpet::cluster
