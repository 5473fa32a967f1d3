// The only place where limpet reads the clocks for a shard.
#pragma once

#include <chrono>
#include <limpet/base/time.hpp>

namespace limpet::net {

inline Now read_clocks() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  const auto system = std::chrono::system_clock::now().time_since_epoch();
  return {duration_cast<milliseconds>(steady).count(), duration_cast<milliseconds>(system).count()};
}

}  // namespace limpet::net
