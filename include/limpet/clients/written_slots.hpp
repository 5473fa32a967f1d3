// WrittenSlots: which slots a client has written, for WAIT: a few, or too many to be told apart.
//
// Owned by its client; value semantics.
#pragma once

#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/slot_set.hpp>
#include <vector>

namespace limpet::clients {

class WrittenSlots {
 public:
  void add(Slot slot) {
    const auto at = std::lower_bound(slots_.begin(), slots_.end(), slot);
    if (all_ || (at != slots_.end() && *at == slot)) return;
    slots_.size() < kWrittenSlotsMax ? void(slots_.insert(at, slot)) : add_all();
  }
  void add_all() {
    all_ = true;
    slots_ = {};
  }
  [[nodiscard]] SlotSet slots() const {
    if (all_) return SlotSet::all();
    SlotSet set;
    for (const Slot slot : slots_) set.add(slot);
    return set;
  }

 private:
  std::vector<Slot> slots_;  // in order
  bool all_ = false;
};

}  // namespace limpet::clients
