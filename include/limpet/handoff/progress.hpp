// Progress: how far the hand-overs of a shard have come. A value; counts only grow, and begin at 0 with the
// process.
#pragma once

#include <array>
#include <cstdint>

namespace limpet::handoff {

struct Progress {
  // ---- Slots, now ----
  std::uint64_t to_give = 0;  // should be another's, those on their way included
  std::uint64_t giving = 0;
  std::uint64_t receiving = 0;

  // ---- Since the start ----
  std::uint64_t given_total = 0;
  std::uint64_t received_total = 0;
  std::uint64_t failed_total = 0;    // tries
  std::uint64_t sessions_total = 0;  // given
  std::uint64_t bytes_total = 0;     // of what was given
  std::uint64_t sent_total = 0;      // bytes, those of tries that failed and of slots on their way included
  std::uint64_t took_ms_total = 0;   // from begin to end, in sum over the slots given
  std::uint64_t held_ms_total = 0;   // commands waited so long, in sum over the slots given
  std::uint64_t held_ms_max = 0;     // and for one

  // Why the last try came to nothing, cut and ended by 0; empty: one has gone well since.
  std::array<char, 160> last_failure{};
};

}  // namespace limpet::handoff
