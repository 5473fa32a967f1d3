#include <cstdint>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>

namespace limpet {

namespace {

// One element of a pattern that stands for one character, and where the next begins.
struct Element {
  bool matches = false;
  std::size_t next = 0;
};

constexpr char fold(char c, bool ignore_case) { return ignore_case ? to_lower(c) : c; }

// [abc], [a-z], [^x]; a class that is never closed runs to the end of the pattern, as in Redis.
Element match_class(std::string_view pattern, std::size_t at, char c, bool ignore_case) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
      found = found || fold(pattern[at], ignore_case) == c;
      ++at;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      auto low = static_cast<unsigned char>(fold(pattern[at], ignore_case));
      auto high = static_cast<unsigned char>(fold(pattern[at + 2], ignore_case));
      if (low > high) std::swap(low, high);
      const auto byte = static_cast<unsigned char>(c);
      found = found || (byte >= low && byte <= high);
      at += 3;
    } else {
      found = found || fold(pattern[at], ignore_case) == c;
      ++at;
    }
  }
  return {found != negated, at < pattern.size() ? at + 1 : at};
}

Element match_one(std::string_view pattern, std::size_t at, char c, bool ignore_case) {
  c = fold(c, ignore_case);
  switch (pattern[at]) {
    case '?':
      return {true, at + 1};
    case '[':
      return match_class(pattern, at + 1, c, ignore_case);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      [[fallthrough]];
    default:
      return {fold(pattern[at], ignore_case) == c, at + 1};
  }
}

// Gives up after `steps_max` elements were looked at, each byte of a class being one; counts them in `steps`.
bool match(std::string_view pattern, std::string_view text, bool ignore_case, std::size_t steps_max,
           std::size_t& steps) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = kNone;    // behind the last '*' seen
  std::size_t star_text = 0;   // the text that the last '*' has not swallowed yet
  while (t < text.size()) {
    if (++steps > steps_max) return false;
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_text = t;
      continue;
    }
    if (p < pattern.size()) {
      const Element element = match_one(pattern, p, text[t], ignore_case);
      steps += element.next - p - 1;
      if (element.matches) {
        p = element.next;
        ++t;
        continue;
      }
    }
    if (star == kNone) return false;
    // The last '*' swallows one more character. Earlier stars never need to be tried again.
    p = star;
    t = ++star_text;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  std::size_t steps = 0;
  return match(pattern, text, ignore_case, SIZE_MAX, steps);
}

bool Glob::matches(std::string_view text) {
  if (any_) return true;
  std::size_t steps = 0;
  const bool found = match(pattern_, text, false, kGlobStepsMax, steps);
  steps_ += steps;
  gave_up_ = gave_up_ || steps > kGlobStepsMax;
  return found;
}

}  // namespace limpet
