// Pace: how much of the slots that a shard gives away may be copied by now, where an operator has set a rate.
//
// The copying pays for every byte that goes out. What commands change meanwhile is sent in any case, and is
// taken off what may be copied after it, but never more than half of it: so a slot that is changed all the
// time gets over, too. A step of the copying may take more than there is; then the next one waits for longer.
// Over any time no more is copied than the rate allows, what a moment (kPaceBurstMs) allows, and one step.
//
// Owned by the hand-overs of a shard. It reads no clock.
#pragma once

#include <cstdint>
#include <limits>
#include <limpet/base/time.hpp>

namespace limpet::handoff {

class Pace {
 public:
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  // In bytes per second; 0: without a limit. It counts from now on.
  void set_rate(std::uint64_t rate, Now now);
  // Time has passed.
  void go_on(Now now);
  // So many bytes may be copied now.
  [[nodiscard]] std::uint64_t room() const;
  // They were; or they were changed, and are sent.
  void copied(std::uint64_t bytes);
  void changed(std::uint64_t bytes);

 private:
  std::int64_t rate_ = 0;
  std::int64_t at_ms_ = 0;
  // In thousandths of a byte.
  std::int64_t room_ = 0;     // below zero: a step has taken more than there was
  std::int64_t changes_ = 0;  // that the copying has not made room for yet
};

}  // namespace limpet::handoff
