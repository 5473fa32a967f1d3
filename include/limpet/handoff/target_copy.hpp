// TargetCopy: what the node that is to get a slot has of it already, as whoever sends it changes knows.
//
// Onto a copy that has all that was changed so far no session is handed over: its owner goes on sending it
// the changes until the slot is frozen, and says then how far they went. The target compares, and refuses if
// it has come no further or elsewhere; so what is asked here decides how a hand-over begins, and not what it
// promises.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/slot.hpp>
#include <limpet/handoff/title.hpp>

namespace limpet::handoff {

enum class TargetCopy : std::uint8_t {
  none,    // nothing that would be of use
  coming,  // it has most of it, and will have all before long, or is not counted on any more
  there,
};

using AskTargetCopy = std::function<TargetCopy(Slot, Member)>;

}  // namespace limpet::handoff
