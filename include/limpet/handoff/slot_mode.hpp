// SlotMode: what a shard does with the commands for one of its slots, as far as hand-overs go.
#pragma once

#include <cstdint>

namespace limpet::handoff {

enum class SlotMode : std::uint8_t {
  serving,  // the slot is this shard's, and its commands are executed
  frozen,   // they wait
  moved,    // it is another's: they go there
  unknown,  // whose it is cannot be known before the next start
};

}  // namespace limpet::handoff
