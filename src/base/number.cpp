#include <limpet/base/number.hpp>

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

}  // namespace limpet
