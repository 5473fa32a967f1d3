// Random: a sequence of numbers that follows from its seed alone (SplitMix64): it spreads dials and makes
// nonces' first halves and picks keys, the same in every run of a simulation. Not for secrets.
#pragma once

#include <cstdint>

namespace limpet {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace limpet
