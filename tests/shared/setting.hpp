// Settings of a test run, from the environment: how many seeds, and which.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace limpet {

[[nodiscard]] inline std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace limpet
