// OwnSlots: what an owner that is followed has to be asked of its slots.
//
// Implemented by whoever counts their changes, on the shard's thread.
#pragma once

#include <limpet/base/last_change.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <limpet/journal/version.hpp>

namespace limpet::replica {

class OwnSlots {
 public:
  // At which it is owned.
  [[nodiscard]] virtual Term term(Slot slot) const = 0;
  // Of its last change.
  [[nodiscard]] virtual LastChange last(Slot slot) const = 0;
  [[nodiscard]] virtual journal::SlotVersion version(Slot slot) const = 0;

 protected:
  ~OwnSlots() = default;
};

}  // namespace limpet::replica
