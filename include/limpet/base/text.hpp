// Small helpers for ASCII text: case-insensitive comparison and making text safe to print.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace limpet {

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}
[[nodiscard]] constexpr bool equals_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] std::string to_upper(std::string_view text);

// a == b, without a call where both are as short as most commands' names are.
[[nodiscard]] inline bool same_word(std::string_view a, std::string_view b) {
  const auto same_at = [&]<class Part>(std::size_t at, Part part) {
    Part other = part;
    std::memcpy(&part, a.data() + at, sizeof part);
    std::memcpy(&other, b.data() + at, sizeof other);
    return part == other;
  };
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size < 2 || size > 8) return a == b;
  if (size < 4) return same_at(0, std::uint16_t{}) && same_at(size - 2, std::uint16_t{});
  return same_at(0, std::uint32_t{}) && same_at(size - 4, std::uint32_t{});
}

// At most `max` bytes of `text`, control bytes turned into spaces: safe inside an error line, where a CR or LF would
// forge a reply of its own.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max = 128);

// What stands between spaces. The words are parts of `text`.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

// Does `pattern` (Redis's glob: * ? [a-z] [^a] \x) match the whole of `text`? Iterative with one point to go back to,
// so the time is at most pattern times text; see docs on limits for the bound on patterns.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case = false);

// The same for many texts that strangers have chosen: it counts the work, and gives up on a text that would take more
// than kGlobStepsMax.
class Glob {
 public:
  explicit Glob(std::string_view pattern) : pattern_(pattern), any_(pattern == "*") {}

  [[nodiscard]] bool matches(std::string_view text);
  [[nodiscard]] std::size_t steps() const { return steps_; }    // in all
  [[nodiscard]] bool gave_up() const { return gave_up_; }       // on any text

 private:
  std::string_view pattern_;
  bool any_;
  bool gave_up_ = false;
  std::size_t steps_ = 0;
};

}  // namespace limpet
