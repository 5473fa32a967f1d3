// Dice: chance by seed. The same seed gives the same run everywhere.
#pragma once

#include <cstdint>

namespace limpet::crash {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  // REQUIRES: count > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t count) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % count;
  }
  [[nodiscard]] bool one_in(std::uint64_t count) { return below(count) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace limpet::crash
