// Window: how many slots a shard gives away at a time.
//
// More at a time are given away faster, until they make each other wait: for the disk, or for a processor
// that serves clients, too. So the window grows while slots are frozen briefly and is halved once one was
// frozen for too long, as a sender's window does in a network: additive increase, multiplicative decrease
// (Chiu and Jain, 1989), by delay as in TCP Vegas. What is too long depends on the least of late, as a slow
// disk freezes every slot for longer and is no reason to give one after the other.
//
// Where clients are served meanwhile, a slot takes its turn with them, and one that waits for no disk gains
// nothing by company: there are no more at a time than it is frozen for milliseconds at least.
//
// Owned by the hand-overs of a shard. It reads no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <limpet/base/limits.hpp>

namespace limpet::handoff {

class Window {
 public:
  [[nodiscard]] std::size_t size() const;
  // Does the shard serve clients, too?
  void set_serving(bool serving) { serving_ = serving; }
  // A slot was given away, and was frozen for so long.
  void given(std::uint64_t held_ms);

 private:
  void learn_least(std::uint64_t held_ms);
  [[nodiscard]] bool too_long(std::uint64_t held_ms) const;

  bool serving_ = false;
  std::size_t size_ = kHandoversFirst;
  std::size_t well_ = 0;  // given since it last changed, none of them too slowly
  std::size_t stale_samples_ =
      0;  // so many were under way when it was halved: their delays say nothing of the new size
  // How long a slot is frozen at least; forgotten slowly.
  std::uint64_t least_us_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace limpet::handoff
