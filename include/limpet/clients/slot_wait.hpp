// SlotWait: for how long the next command of a client waits for a slot that is not served just now.
//
// Who has waited in vain a moment ago does not wait again for each of its commands, but for another slot that
// is on its way between nodes: that takes some milliseconds. Times are steady, in ms.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <utility>

namespace limpet::clients {

class SlotWait {
 public:
  enum class Verdict : std::uint8_t {
    begins,   // to wait: it is to be woken when the slot is there, and at until_ms()
    goes_on,  // it waits for this slot already
    over,     // it has waited long enough: its command ends with an error
  };

  // Its next command is for this slot. `loads`: the slot comes from the disk, as all slots of a start do.
  [[nodiscard]] Verdict wait(Slot slot, bool loads, std::int64_t patience_ms, Now now) {
    const bool waited =
        until_ms_ != 0 && now.steady_ms >= until_ms_ && now.steady_ms < until_ms_ + patience_ms;
    if (waited && (loads || in_vain_for_ == slot)) {
      give_up();
      return Verdict::over;
    }
    if (slot_ == slot) return Verdict::goes_on;
    slot_ = slot;
    until_ms_ = now.steady_ms + (waited ? std::min(kLaterWaitMs, patience_ms) : patience_ms);
    return Verdict::begins;
  }
  // It is of no use to wait for it.
  void give_up() { slot_ = kSlots; }
  // The slot is there. False: it does not wait for that one.
  [[nodiscard]] bool came(Slot slot) {
    if (slot_ != slot) return false;
    slot_ = kSlots;
    until_ms_ = 0;
    return true;
  }
  // The time is up.
  void ran_out() { in_vain_for_ = std::exchange(slot_, Slot{kSlots}); }

  [[nodiscard]] std::int64_t until_ms() const { return until_ms_; }

 private:
  Slot slot_ = kSlots;         // kSlots: it waits for none
  Slot in_vain_for_ = kSlots;  // last
  std::int64_t until_ms_ = 0;  // 0: it has not waited yet
};

}  // namespace limpet::clients
