// A store, a clock and the table: the three words of these stories are run({"SET", "k", "v"}), advance(ms)
// and the reply as text, as redis-cli would show it: OK, 3, "v", nil, [a, b], {a: b}, -ERR ...
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <limpet/command/command.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/resp/value.hpp>
#include <string>
#include <vector>

namespace limpet::command {

inline std::string shown(const resp::Value& value);

inline std::string shown_elements(const resp::Value& value, bool pairs) {
  std::string text;
  for (std::size_t i = 0; i < value.elements.size(); ++i) {
    if (i > 0) text += pairs && i % 2 == 1 ? ": " : ", ";
    text += shown(value.elements[i]);
  }
  return text;
}

inline std::string shown(const resp::Value& value) {
  using Type = resp::Value::Type;
  switch (value.type) {
    case Type::simple:
      return value.text;
    case Type::error:
      return "-" + value.text;
    case Type::integer:
      return std::to_string(value.integer);
    case Type::null:
      return "nil";
    case Type::array:
      return "[" + shown_elements(value, false) + "]";
    case Type::set:
      return "<" + shown_elements(value, false) + ">";
    case Type::map:
      return "{" + shown_elements(value, true) + "}";
    default:
      return "\"" + value.text + "\"";
  }
}

// The one value that `bytes` hold.
inline std::string shown(std::string_view bytes) {
  const auto length = resp::value_length(bytes);
  if (!length || !length->has_value() || **length != bytes.size())
    return "no single reply: " + std::string(bytes);
  return shown(*resp::read_value(bytes));
}

class CommandTest : public ::testing::Test {
 protected:
  // What a shard does with a command for it, as bytes.
  std::string raw(std::initializer_list<std::string_view> words,
                  resp::Version version = resp::Version::resp2) {
    const std::vector<std::string_view> args(words);
    const Spec* spec = find(args[0]);
    Bytes out;
    resp::ReplyWriter reply(out, version);
    if (const std::string error = refusal(spec, args); !error.empty()) {
      reply.error(error);
    } else {
      Context context{.store = store_, .reply = reply, .lookups = lookups_, .now = now_};
      spec->run(context, args);
    }
    return std::string(out.view());
  }
  std::string run(std::initializer_list<std::string_view> words) { return shown(raw(words)); }
  std::string run3(std::initializer_list<std::string_view> words) {
    return shown(raw(words, resp::Version::resp3));
  }

  void advance(std::int64_t ms) { now_.unix_ms += ms; }
  [[nodiscard]] std::string text(std::int64_t number) const { return std::to_string(number); }
  [[nodiscard]] std::int64_t now_ms() const { return now_.unix_ms; }

  store::Store store_{42};
  Now now_{.steady_ms = 1, .unix_ms = 1'700'000'000'000};
  Lookups lookups_;
};

inline constexpr const char* kWrongTypeShown =
    "-WRONGTYPE Operation against a key holding the wrong kind of value";

}  // namespace limpet::command
