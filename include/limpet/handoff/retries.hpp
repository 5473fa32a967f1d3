// Retries: when a slot that could not be handed over is tried again, and who has to wait until then.
//
// What failed for the other node's sake (it could not be reached, it has not read the file yet) makes all
// slots that go there wait; what failed for the slot's own makes that slot wait, and no other. Both wait
// twice as long each time, up to a bound, and several that fail for one reason at the same moment count once.
//
// Owned by the hand-overs of a shard. It reads no clock.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/handoff/title.hpp>
#include <map>

namespace limpet::handoff {

class Retries {
 public:
  // May the slot be offered to that node?
  [[nodiscard]] bool may(Member to, Slot slot, Now now) const;
  // A try came to nothing. True: it is the first of those that failed together.
  bool node_failed(Member to, Slot slot, Now now);
  bool slot_failed(Slot slot, Now now) { return charge(slots_[slot], now) && charge(notes_, now); }
  void went_well(Member to, Slot slot);
  // There is another cluster file: what failed by the last one may go well by this.
  void forget_slots() { slots_.clear(); }

 private:
  struct Wait {
    std::int64_t until_ms = 0;
    std::int64_t backoff_ms = 0;
  };
  static bool charge(Wait& wait, Now now);

  std::map<Member, Wait> nodes_;
  std::map<Slot, Wait> slots_;
  Wait notes_;  // slots that fail by themselves are no reason for as many lines in the log
};

}  // namespace limpet::handoff
