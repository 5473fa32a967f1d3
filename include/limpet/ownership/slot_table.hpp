// SlotTable: of every slot, where its commands go; of the slots of this shard, whether they are loaded,
// damaged, frozen or moved away.
//
// Owned by a shard, on its thread. It begins with what the view says and is told of everything that changes.
// The route of a slot is one load from a table of 32 KiB; it is what set_route() said last, so that whoever
// knows more than this table (commands that must not be overtaken) can make one wait that could be served. A
// receiver of a forwarded command asks its own table too: what counts is whether *it* says "here", never
// whether the sender's whole table is the same.
#pragma once

#include <array>
#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/handoff/slot_mode.hpp>
#include <limpet/ownership/route.hpp>
#include <vector>

namespace limpet::ownership {

using cluster::NodeIndex;
using handoff::SlotMode;

class SlotTable {
 public:
  // What shard `shard` of node `self` is to do while slots are where the view places them. REQUIRES: self is
  // a node of the view; shard < shards <= kShardsMax.
  SlotTable(const cluster::View& view, NodeIndex self, unsigned shards, unsigned shard);

  // ---- Where commands go. REQUIRES: slot < kSlots. ----
  [[nodiscard]] Route route(Slot slot) const {
    const std::uint16_t word = words_[slot];
    return {static_cast<Route::Kind>(word >> kTargetBits), static_cast<std::uint16_t>(word & kTargetMask)};
  }
  [[nodiscard]] bool is_here(Slot slot) const { return words_[slot] == here_; }
  // Where it is to go from now on. Returns where it went before.
  Route set_route(Slot slot, Route route);
  // How many are here.
  [[nodiscard]] unsigned served() const { return served_; }

  // The way to the owner, if that is this node. `undecided`: it has the title, and may have to give it up.
  [[nodiscard]] Route owner_route(Slot slot, NodeIndex owner, bool undecided) const;

  // ---- The slots of this shard ----
  [[nodiscard]] bool is_own(Slot slot) const { return shard_of(slot, shards_) == shard_; }
  template <class Visit>
  void each_own(Visit visit) const {
    for (unsigned at = shard_; at < kSlots; at += shards_) visit(static_cast<Slot>(at));
  }
  [[nodiscard]] SlotMode mode(Slot slot) const { return modes_[slot]; }
  void set_mode(Slot slot, SlotMode mode) { modes_[slot] = mode; }

  // Its sessions are on the disk, and have to be loaded before it is served; they are; they cannot be.
  void begin_load(Slot slot);
  void end_load(Slot slot);
  void damage(Slot slot);
  [[nodiscard]] bool is_loading(Slot slot) const { return loading_count_ > 0 && loading_[slot]; }
  [[nodiscard]] bool is_damaged(Slot slot) const { return damaged_count_ > 0 && damaged_[slot]; }
  [[nodiscard]] unsigned loading() const { return loading_count_; }
  [[nodiscard]] unsigned damaged() const { return damaged_count_; }

 private:
  // A word is the kind in the upper three bits and the target in the other thirteen.
  static constexpr unsigned kTargetBits = 13;
  static constexpr std::uint16_t kTargetMask = (1u << kTargetBits) - 1;
  static std::uint16_t pack(Route route);

  NodeIndex self_;
  unsigned shards_;
  unsigned shard_;
  std::uint16_t here_;
  unsigned served_ = 0;
  std::array<std::uint16_t, kSlots> words_{};
  std::vector<SlotMode> modes_;
  std::vector<bool> loading_;
  std::vector<bool> damaged_;
  unsigned loading_count_ = 0;
  unsigned damaged_count_ = 0;
};

}  // namespace limpet::ownership
