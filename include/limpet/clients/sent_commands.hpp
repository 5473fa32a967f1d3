// SentCommands: what is remembered of the commands that a client has sent: the last one, and for WAIT which
// slots were written.
//
// Owned by its client, on the thread of the shard.
#pragma once

#include <limpet/base/slot.hpp>
#include <limpet/base/slot_set.hpp>
#include <limpet/clients/written_slots.hpp>
#include <limpet/command/command.hpp>
#include <memory>

namespace limpet::clients {

class SentCommands {
 public:
  void sent(const command::Spec& spec) { last_ = &spec; }
  // Null: none.
  [[nodiscard]] const command::Spec* last() const { return last_; }

  // It was a write to the slot, which has followers; to all of them.
  void wrote(Slot slot) { slots().add(slot); }
  void wrote_all() { slots().add_all(); }
  // Where it has written; all, if nowhere.
  [[nodiscard]] SlotSet written() const { return written_ ? written_->slots() : SlotSet::all(); }

 private:
  WrittenSlots& slots() {
    if (!written_) written_ = std::make_unique<WrittenSlots>();
    return *written_;
  }

  const command::Spec* last_ = nullptr;
  std::unique_ptr<WrittenSlots> written_;  // null: nothing that has followers
};

}  // namespace limpet::clients
