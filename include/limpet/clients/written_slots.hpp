// WrittenSlots: which slots a client has written, for WAIT: a list of them while they are few, and a bit for
// each from then on.
//
// Owned by its client.
#pragma once

#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/slot_set.hpp>
#include <memory>
#include <vector>

namespace limpet::clients {

class WrittenSlots {
 public:
  void add(Slot slot) {
    if (many_) return many_->add(slot);
    if (std::find(few_.begin(), few_.end(), slot) != few_.end()) return;
    few_.push_back(slot);
    if (few_.size() > kWrittenSlotsListed) set_many(slots());
  }
  void add_all() { set_many(SlotSet::all()); }
  [[nodiscard]] SlotSet slots() const {
    if (many_) return *many_;
    SlotSet set;
    for (const Slot slot : few_) set.add(slot);
    return set;
  }

 private:
  void set_many(const SlotSet& slots) {
    many_ = std::make_unique<SlotSet>(slots);
    few_ = {};
  }

  std::vector<Slot> few_;
  std::unique_ptr<SlotSet> many_;
};

}  // namespace limpet::clients
