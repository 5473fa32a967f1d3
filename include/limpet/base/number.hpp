// Numbers as Redis reads and writes them.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet {

// Strict: an optional '-', then digits without a leading zero (but "0" itself), nothing else; must fit.
[[nodiscard]] std::optional<std::int64_t> parse_int64(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_uint64(std::string_view text);

// Room for any 64-bit integer in decimal.
inline constexpr std::size_t kIntegerCharsMax = 20;

// Writes `value` in decimal at `out`, which has room for kIntegerCharsMax; returns the end.
inline char* write_integer(char* out, std::int64_t value) {
  return std::to_chars(out, out + kIntegerCharsMax, value).ptr;
}

[[nodiscard]] inline std::string to_text(std::int64_t value) { return std::to_string(value); }

// a + b, or nothing if that overflows.
[[nodiscard]] inline std::optional<std::int64_t> checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}
[[nodiscard]] inline std::optional<std::int64_t> checked_mul(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// A size in memory: digits, or digits and one of b k kb m mb g gb, in whatever case; k is 1000 and kb 1024,
// as in Redis.
[[nodiscard]] std::optional<std::uint64_t> parse_memory(std::string_view text);

// A float as Redis reads it, with all that strtold() takes ("1e3", "0x10", "inf"), but for spaces and nan;
// the whole of `text`.
[[nodiscard]] std::optional<long double> parse_float(std::string_view text);
// With 17 digits behind the point at most, no exponent, no zeros at the end. REQUIRES: finite.
[[nodiscard]] std::string float_text(long double value);

// All 16 digits of `value`, in lower case.
[[nodiscard]] std::string hex_text(std::uint64_t value);

}  // namespace limpet
