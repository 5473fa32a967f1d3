// WriteVeto: whoever may have reasons of his own to refuse writes to a slot.
//
// Implemented by a user of the engine, on its thread; it outlives the engine's use of it.
#pragma once

#include <limpet/base/slot.hpp>
#include <optional>
#include <string>

namespace limpet::engine {

class WriteVeto {
 public:
  // Why a write to the slot is refused; to any slot at all, where none is named. Empty: it is not.
  [[nodiscard]] virtual std::string why_not(std::optional<Slot> slot) const = 0;

 protected:
  ~WriteVeto() = default;
};

}  // namespace limpet::engine
