// Chance from the operating system, for seeds and nonces.
#pragma once

#include <cstdint>
#include <random>

namespace limpet::node {

[[nodiscard]] inline std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace limpet::node
