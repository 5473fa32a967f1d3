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

}  // namespace limpet
