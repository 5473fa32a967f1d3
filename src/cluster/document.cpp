#include "document.hpp"

#include <algorithm>
#include <limpet/base/text.hpp>
#include <utility>

#include "outside_quotes.hpp"

// The parser is compiled into this file and reports errors as values. Its own assertions are off in every
// build: some fail on bad files such as "[=", although the lines behind them report those properly, and an
// operator's slip must not stop a process. Without NDEBUG they are assertions on every compiler, where with
// it some would take them for promises.
#undef NDEBUG
#define TOML_ASSERT(condition) static_assert(true)
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
// Lists and tables within each other; a good file has two levels. With kLineDotsMax it keeps what a hostile
// file makes the library nest to some thousand levels, which its recursive destructors survive.
#define TOML_MAX_NESTED_VALUES 8
#include <toml++/toml.h>

namespace limpet::cluster {

namespace {

constexpr std::size_t kParserWordsMax = 200;
constexpr std::size_t kLineDotsMax = 512;  // "a.a.a" opens a table for every dot
constexpr int kDepthMax = 4;               // root, list of nodes, node, setting

Position position_of(const toml::source_position& position) {
  return {static_cast<int>(position.line), static_cast<int>(position.column)};
}

Value to_value(const toml::node& node, int depth);

void add_entries(const toml::table& table, Value& value, int depth) {
  for (const auto& [key, node] : table) {
    value.entries.push_back(
        {std::string(key.str()), position_of(key.source().begin), to_value(node, depth + 1)});
  }
  std::sort(value.entries.begin(), value.entries.end(),
            [](const Entry& a, const Entry& b) { return a.at < b.at; });
}

// Nothing in a good file stands deeper than kDepthMax; what does keeps its kind, which is enough to refuse
// it.
Value to_value(const toml::node& node, int depth) {
  Value value;
  value.at = position_of(node.source().begin);
  if (const auto* table = node.as_table()) {
    value.kind = Value::Kind::table;
    if (depth < kDepthMax) add_entries(*table, value, depth);
  } else if (const auto* array = node.as_array()) {
    value.kind = Value::Kind::array;
    for (std::size_t i = 0; i < array->size() && depth < kDepthMax; ++i) {
      value.items.push_back(to_value((*array)[i], depth + 1));
    }
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

// The parser's description without its preamble, and what to do about it.
std::string in_our_words(std::string_view description) {
  constexpr std::string_view kPreamble = "Error while parsing ";
  if (description.starts_with(kPreamble)) description.remove_prefix(kPreamble.size());
  std::string_view fix = "write KEY = VALUE, with text in double quotes";
  if (description.find("redefine") != std::string_view::npos) {
    fix = "remove one of the two; only [[node]] may stand more than once";
  } else if (description.find("utf-8") != std::string_view::npos) {
    fix = "save the file as UTF-8";
  } else if (description.find("header") != std::string_view::npos) {
    fix = "write [cluster], [server] or [[node]] on a line of its own";
  }
  return "this is not TOML: " + printable(description, kParserWordsMax) + "; " + std::string(fix);
}

void refuse_many_dots(std::string_view text, Faults& faults) {
  Position at;
  std::size_t dots = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++at.line;
      dots = 0;
    } else if (c == '.' && ++dots > kLineDotsMax) {
      return faults.add(
          at, "more than " + std::to_string(kLineDotsMax) + " dots in one line; write it as several");
    }
  }
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
  refuse_many_dots(text, faults);
  refuse_letters_outside_quotes(text, faults);
  if (!faults.none()) return {};
  const toml::parse_result result = toml::parse(text);
  if (!result) {
    const toml::parse_error& error = result.error();
    faults.add(position_of(error.source().begin), in_our_words(error.description()));
    return {};
  }
  return to_value(result.table(), 0);
}

}  // namespace limpet::cluster
