// Values: replies are measured and read within their bounds, every beginning of a reply asks for more and
// nothing else, and what was read comes back when it is written down again.
#include <limpet/resp/value.hpp>

#include "fuzz.hpp"

namespace limpet::fuzz {
namespace {

using resp::Value;
using resp::ValueLimits;
using Type = Value::Type;

constexpr ValueLimits kSmall{.depth_max = 3, .bytes_max = 64, .elements_max = 8};
// Every beginning of an input is looked at, which takes time in proportion to the square of its length.
constexpr std::size_t kBeginningsMax = 512;

// ---- Writing values down, in RESP3 ----

std::string line(char type, std::string_view text) { return type + std::string(text) + "\r\n"; }

std::string sized(char type, std::string_view text) {
  return line(type, std::to_string(text.size())) + std::string(text) + "\r\n";
}

std::string write(const Value& value);

std::string aggregate(char type, const Value& value, std::size_t per_item) {
  std::string text = line(type, std::to_string(value.elements.size() / per_item));
  for (const Value& element : value.elements) text += write(element);
  return text;
}

std::string write(const Value& value) {
  switch (value.type) {
    case Type::simple:
      return line('+', value.text);
    case Type::error:
      return sized('!', value.text);
    case Type::integer:
      return line(':', std::to_string(value.integer));
    case Type::bulk:
      return sized('$', value.text);
    case Type::null:
      return "_\r\n";
    case Type::array:
      return aggregate('*', value, 1);
    case Type::map:
      return aggregate('%', value, 2);
    case Type::set:
      return aggregate('~', value, 1);
    case Type::push:
      return aggregate('>', value, 1);
    case Type::verbatim:
      return sized('=', "txt:" + value.text);
    case Type::boolean:
      return line('#', value.integer != 0 ? "t" : "f");
    case Type::number:
      return line(',', value.text);
    case Type::big_number:
      return line('(', value.text);
  }
  FUZZ_CHECK(false);
}

bool same(const Value& a, const Value& b) {
  if (a.type != b.type || a.text != b.text || a.integer != b.integer) return false;
  if (a.elements.size() != b.elements.size()) return false;
  for (std::size_t i = 0; i < a.elements.size(); ++i) {
    if (!same(a.elements[i], b.elements[i])) return false;
  }
  return true;
}

// ---- What has to hold ----

std::size_t count_of(const Value& value, std::size_t depth, const ValueLimits& limits) {
  FUZZ_CHECK(depth <= limits.depth_max);
  FUZZ_CHECK(value.type != Type::map || value.elements.size() % 2 == 0);
  std::size_t count = 1;
  for (const Value& element : value.elements) count += count_of(element, depth + 1, limits);
  return count;
}

void check_value(std::string_view bytes, const ValueLimits& limits) {
  const Exact copy(bytes);
  const auto value = resp::read_value(copy.view(), limits);
  FUZZ_CHECK(value.has_value());
  FUZZ_CHECK(count_of(*value, 1, limits) <= limits.elements_max);
  const std::string written = write(*value);
  const auto length = resp::value_length(written);
  FUZZ_CHECK(length && *length == written.size());
  const auto again = resp::read_value(written);
  FUZZ_CHECK(again && same(*value, *again));
}

// What a shorter beginning was found to be stays true of all longer ones.
void check_beginnings(std::string_view bytes, const ValueLimits& limits) {
  const auto whole = resp::value_length(bytes, limits);
  bool refused = false;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Exact copy(bytes.substr(0, size));
    const auto part = resp::value_length(copy.view(), limits);
    const bool done = whole && *whole && size >= **whole;
    if (done) {
      FUZZ_CHECK(part && *part == *whole);
    } else {
      FUZZ_CHECK(!part || !*part);
      FUZZ_CHECK(part ? !refused : !whole);
      refused = !part;
    }
  }
}

void check(std::string_view bytes, const ValueLimits& limits) {
  const Exact copy(bytes);
  const auto length = resp::value_length(copy.view(), limits);
  if (bytes.size() <= kBeginningsMax) check_beginnings(bytes, limits);
  if (!length) {
    FUZZ_CHECK(!resp::read_value(copy.view(), limits));
  } else if (*length) {
    FUZZ_CHECK(**length > 0 && **length <= bytes.size() && **length <= limits.bytes_max);
    check_value(bytes.substr(0, **length), limits);
  } else {
    FUZZ_CHECK(!resp::read_value(copy.view(), limits));
  }
}

}  // namespace
}  // namespace limpet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpet::fuzz;
  check(text_of(data, size), {});
  check(text_of(data, size), kSmall);
  return 0;
}
