#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/ownership/slot_table.hpp>
#include <utility>

namespace limpet::ownership {

static_assert(kNodesMax <= 1u << 13 && kShardsMax <= 1u << 13, "a target fits its part of a word");

std::uint16_t SlotTable::pack(Route route) {
  LIMPET_ASSERT(route.target <= kTargetMask);
  return static_cast<std::uint16_t>((static_cast<unsigned>(route.kind) << kTargetBits) | route.target);
}

SlotTable::SlotTable(const cluster::View& view, NodeIndex self, unsigned shards, unsigned shard)
    : self_(self),
      shards_(shards),
      shard_(shard),
      here_(pack({Route::Kind::here, static_cast<std::uint16_t>(shard)})),
      modes_(kSlots, SlotMode::moved),
      loading_(kSlots),
      damaged_(kSlots) {
  LIMPET_ASSERT(self < view.nodes.size());
  LIMPET_ASSERT(shard < shards && shards <= kShardsMax);
  words_.fill(pack({Route::Kind::refuse, 0}));
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    if (is_own(slot) && view.owner(slot) == self) modes_[slot] = SlotMode::serving;
    set_route(slot, owner_route(slot, view.owner(slot), false));
  }
}

Route SlotTable::set_route(Slot slot, Route route) {
  const Route before = this->route(slot);
  words_[slot] = pack(route);
  served_ += (route.kind == Route::Kind::here ? 1U : 0U) - (before.kind == Route::Kind::here ? 1U : 0U);
  return before;
}

Route SlotTable::owner_route(Slot slot, NodeIndex owner, bool undecided) const {
  const auto here = static_cast<std::uint16_t>(shard_);
  const bool own = is_own(slot);
  if (own) {
    switch (modes_[slot]) {
      case SlotMode::serving: {
        const bool waits = undecided || loading_[slot] || damaged_[slot];
        return {waits ? Route::Kind::wait : Route::Kind::here, here};
      }
      case SlotMode::frozen:
        return {Route::Kind::wait, here};
      case SlotMode::unknown:
        return {Route::Kind::refuse, 0};
      case SlotMode::moved:
        break;
    }
  }
  if (owner == ring::kNobody) return {Route::Kind::refuse, 0};
  if (owner != self_) return {Route::Kind::peer, owner};
  // Nobody owns it yet: this node is to.
  if (own) return {Route::Kind::wait, here};
  return {Route::Kind::sibling, static_cast<std::uint16_t>(shard_of(slot, shards_))};
}

void SlotTable::begin_load(Slot slot) {
  LIMPET_ASSERT(is_own(slot) && !loading_[slot]);
  loading_[slot] = true;
  ++loading_count_;
}

void SlotTable::end_load(Slot slot) {
  LIMPET_ASSERT(loading_[slot]);
  loading_[slot] = false;
  --loading_count_;
}

void SlotTable::damage(Slot slot) {
  end_load(slot);
  damaged_[slot] = true;
  ++damaged_count_;
}

}  // namespace limpet::ownership
