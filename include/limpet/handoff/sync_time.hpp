// SyncTime: how long it takes on this node until something is on the disk, as far as it has been seen of
// late.
//
// What a slot may be frozen for follows from it: on a slow disk every one is frozen for longer, and giving
// each up for that would mean that nothing ever moves. It rises at once and falls slowly.
//
// Owned by the hand-overs of a shard. It reads no clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limpet/base/limits.hpp>

namespace limpet::handoff {

class SyncTime {
 public:
  void took(std::int64_t ms) {
    constexpr std::int64_t kForgets = 8;  // times, roughly
    expected_ms_ = std::max({ms, expected_ms_ - (expected_ms_ + kForgets - 1) / kForgets, std::int64_t{0}});
  }
  [[nodiscard]] std::int64_t expected_ms() const { return expected_ms_; }

 private:
  std::int64_t expected_ms_ = 0;
};

// How long a slot may be frozen, if the other node says that it takes so long there. Nobody makes it wait for
// ever.
[[nodiscard]] inline std::int64_t frozen_limit_ms(std::uint64_t their_sync_ms) {
  const std::uint64_t most = kHandoffFrozenMaxMs / kHandoffFrozenSyncs;
  const auto limit = static_cast<std::int64_t>(std::min(their_sync_ms, most)) * kHandoffFrozenSyncs;
  return std::max(limit, kHandoffFrozenMs);
}

}  // namespace limpet::handoff
