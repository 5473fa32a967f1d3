#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>

namespace limpet {

namespace {

template <class Integer>
std::optional<Integer> parse_strict(std::string_view text) {
  if (text.empty() || text.size() > kIntegerCharsMax) return std::nullopt;
  const std::string_view digits = text.front() == '-' ? text.substr(1) : text;
  if (digits.empty() || (digits.front() == '0' && text.size() > 1)) return std::nullopt;
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_int64(std::string_view text) { return parse_strict<std::int64_t>(text); }

std::optional<std::uint64_t> parse_uint64(std::string_view text) { return parse_strict<std::uint64_t>(text); }

std::optional<std::uint64_t> parse_memory(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t bytes;
  };
  constexpr Unit kUnits[] = {{"", 1},          {"b", 1},        {"k", 1000},          {"kb", 1 << 10},
                             {"m", 1'000'000}, {"mb", 1 << 20}, {"g", 1'000'000'000}, {"gb", 1 << 30}};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_int64(text.substr(0, digits));
  if (!count) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (!equals_ignore_case(text.substr(digits), unit.name)) continue;
    const auto bytes = checked_mul(*count, unit.bytes);
    return bytes ? std::optional(static_cast<std::uint64_t>(*bytes)) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<long double> parse_float(std::string_view text) {
  // No number that anybody means is longer; Redis has the same bound.
  constexpr std::size_t kCharsMax = 5 * 1024 - 1;
  if (text.empty() || text.size() > kCharsMax || text.front() == ' ' ||
      (text.front() >= '\t' && text.front() <= '\r')) {
    return std::nullopt;
  }
  const std::string copy(text);  // strtold() wants an end
  char* end = nullptr;
  errno = 0;
  const long double value = std::strtold(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || std::isnan(value)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

std::string float_text(long double value) {
  constexpr std::size_t kCharsMax = 5 * 1024;  // the largest long double has 4,933 digits before its point
  char digits[kCharsMax];
  const int length = std::snprintf(digits, sizeof digits, "%.17Lf", value);
  std::string text(digits, static_cast<std::size_t>(length));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string hex_text(std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; value >>= 4) text[i] = kDigits[value & 15];
  return text;
}

}  // namespace limpet
