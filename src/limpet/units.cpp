#include "units.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace limpet::client {

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  auto number = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; number >= 1000 && unit + 1 < kUnits.size(); ++unit) number /= 1000;
  return fmt::format("{:.{}f} {}", number, unit == 0 ? 0 : 1, kUnits[unit]);
}

// Rounded up, in the largest unit of which there are some.
std::string human_seconds(std::uint64_t seconds) {
  constexpr std::uint64_t kEnough = 120;
  if (seconds < kEnough) return fmt::format("{} s", seconds);
  const std::uint64_t minutes = (seconds + 59) / 60;
  if (minutes < kEnough) return fmt::format("{} min", minutes);
  return fmt::format("{} h", (minutes + 59) / 60);
}

}  // namespace limpet::client
