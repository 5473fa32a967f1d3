// What the fuzz targets share: their entry point, a check that stops the process, and ways to take an input
// apart.
//
// A target calls the pure rooms alone and keeps nothing between inputs, unless it says so. The same program
// runs under libFuzzer, which makes the inputs up, and with replay.cpp, which reads them from files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limpet/base/hash.hpp>
#include <string>
#include <string_view>
#include <vector>

// Called for each input; the name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace limpet::fuzz {

[[noreturn]] inline void broken(const char* claim, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
  std::abort();
}

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A copy with nothing behind it, so that AddressSanitizer sees whoever reads on.
class Exact {
 public:
  explicit Exact(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

// SplitMix64, seeded with the input: chance that is the same whenever the input is.
class Random {
 public:
  explicit Random(std::string_view input) : state_(hash64(input)) {}
  // REQUIRES: bound > 0.
  std::size_t below(std::size_t bound) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>((z ^ (z >> 31)) % bound);
  }

 private:
  std::uint64_t state_;
};

// Takes an input apart from its front. Behind its end there are zeros and nothing.
class Reader {
 public:
  explicit Reader(std::string_view input) : rest_(input) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  std::string_view take(std::size_t count) {
    const std::string_view front = rest_.substr(0, count);
    rest_.remove_prefix(front.size());
    return front;
  }
  unsigned byte() {
    const std::string_view front = take(1);
    return front.empty() ? 0 : static_cast<unsigned char>(front[0]);
  }
  // Small ones are a byte; a byte from 248 on says in how many bytes behind it a larger one stands.
  std::uint64_t number() {
    const unsigned first = byte();
    if (first < 0xf8) return first;
    std::uint64_t number = 0;
    for (unsigned i = 0; i < first - 0xf7; ++i) number |= std::uint64_t{byte()} << (8 * i);
    return number;
  }

 private:
  std::string_view rest_;
};

[[nodiscard]] inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t length = text.find('\n');
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
  }
  return lines;
}

// A command as clients send it.
template <class Words>
[[nodiscard]] std::string array_of(const Words& words) {
  std::string text = '*' + std::to_string(words.size()) + "\r\n";
  for (const auto& word : words) {
    text += '$' + std::to_string(word.size()) + "\r\n";
    text += word;
    text += "\r\n";
  }
  return text;
}

}  // namespace limpet::fuzz

// What a target claims. Checked in every build.
#define FUZZ_CHECK(claim) \
  (static_cast<bool>(claim) ? void(0) : ::limpet::fuzz::broken(#claim, __FILE__, __LINE__))
