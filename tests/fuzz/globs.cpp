// Globs: glob_match() decides as a second matcher does that tries all ways at once, step by step. The first
// line of the input is the pattern, the rest is the text.
#include <bitset>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>

#include "fuzz.hpp"

namespace limpet::fuzz {
namespace {

constexpr std::size_t kTextMax = 4096;

// One part of a pattern: any run of bytes, or one byte of a set.
struct Part {
  bool is_star = false;
  std::bitset<256> bytes;
};

std::size_t byte_of(char c) { return static_cast<unsigned char>(c); }

// Reads [...] from behind its bracket; returns where it ends.
std::size_t read_class(std::string_view pattern, std::size_t at, std::bitset<256>& bytes) {
  const bool negated = pattern.substr(at).starts_with('^');
  if (negated) ++at;
  while (at < pattern.size() && pattern[at] != ']') {
    const std::string_view rest = pattern.substr(at);
    if (rest.size() >= 2 && rest[0] == '\\') {
      bytes.set(byte_of(rest[1]));
      at += 2;
    } else if (rest.size() >= 3 && rest[1] == '-') {
      const std::size_t low = std::min(byte_of(rest[0]), byte_of(rest[2]));
      const std::size_t high = std::max(byte_of(rest[0]), byte_of(rest[2]));
      for (std::size_t byte = low; byte <= high; ++byte) bytes.set(byte);
      at += 3;
    } else {
      bytes.set(byte_of(rest[0]));
      ++at;
    }
  }
  if (negated) bytes.flip();
  return at < pattern.size() ? at + 1 : at;
}

std::vector<Part> parts_of(std::string_view pattern) {
  std::vector<Part> parts;
  for (std::size_t at = 0; at < pattern.size();) {
    Part& part = parts.emplace_back();
    const char c = pattern[at++];
    if (c == '*') {
      part.is_star = true;
    } else if (c == '?') {
      part.bytes.set();
    } else if (c == '[') {
      at = read_class(pattern, at, part.bytes);
    } else if (c == '\\' && at < pattern.size()) {
      part.bytes.set(byte_of(pattern[at++]));
    } else {
      part.bytes.set(byte_of(c));
    }
  }
  return parts;
}

// Which beginnings of the pattern match what has been read of the text. A byte takes one step for each part.
bool plain_match(std::string_view pattern, std::string_view text) {
  const std::vector<Part> parts = parts_of(pattern);
  std::vector<bool> matched(parts.size() + 1, false);
  const auto pass_stars = [&] {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (matched[i] && parts[i].is_star) matched[i + 1] = true;
    }
  };
  matched[0] = true;
  pass_stars();
  for (const char c : text) {
    for (std::size_t i = parts.size(); i-- > 0;) {
      const bool stays = matched[i + 1] && parts[i].is_star;
      matched[i + 1] = stays || (matched[i] && !parts[i].is_star && parts[i].bytes.test(byte_of(c)));
    }
    matched[0] = false;
    pass_stars();
  }
  return matched.back();
}

}  // namespace
}  // namespace limpet::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpet;
  const std::string_view input = fuzz::text_of(data, size);
  const std::size_t newline = std::min(input.find('\n'), input.size());
  const fuzz::Exact pattern(input.substr(0, newline));
  const fuzz::Exact text(input.substr(std::min(newline + 1, input.size())));
  if (pattern.view().size() > kGlobBytesMax || text.view().size() > fuzz::kTextMax) return 0;
  FUZZ_CHECK(glob_match(pattern.view(), text.view()) == fuzz::plain_match(pattern.view(), text.view()));
  const std::string low_pattern = to_lower(pattern.view());
  const std::string low_text = to_lower(text.view());
  FUZZ_CHECK(glob_match(pattern.view(), text.view(), true) == fuzz::plain_match(low_pattern, low_text));
  return 0;
}
