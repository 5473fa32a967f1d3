// Route: where a command for a slot is to be executed, as one shard of one node sees it.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>

namespace limpet::ownership {

struct Route {
  enum class Kind : std::uint8_t {
    here,     // this shard owns the slot
    sibling,  // another shard of this node does: target is its index
    peer,     // another node does: target is its index in the view
    wait,     // this shard does, or is about to, but does not serve it now
    refuse,   // nobody does, or nobody can know who
  };
  Kind kind = Kind::refuse;
  std::uint16_t target = 0;

  friend bool operator==(const Route&, const Route&) = default;
};

// The shard that has `slot` on a node of `shards` shards. REQUIRES: shards > 0.
[[nodiscard]] constexpr unsigned shard_of(Slot slot, unsigned shards) { return slot % shards; }

}  // namespace limpet::ownership
