// Router: where a command for a slot is to be executed, as one shard of one node sees it.
//
// A Router is a value, built from a view and owned by the shard that asks it, which tells it what slots of
// its own are not served for now, and where slots are that do not live where the view wants them. Asking
// costs one load from a table of 32 KiB. A receiver of a forwarded command asks its own router too: what
// counts is whether *it* says "here", never whether the sender's whole ring is the same.
#pragma once

#include <array>
#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/cluster/view.hpp>

namespace limpet::route {

using cluster::NodeIndex;

struct Route {
  enum class Kind : std::uint8_t {
    here,     // this shard holds the slot
    sibling,  // another shard of this node does: target is its index
    peer,     // another node does: target is its index in the view
    wait,     // this shard does, or is about to, but does not serve it now
    refuse,   // nobody does, or nobody can know who
  };
  Kind kind = Kind::refuse;
  std::uint16_t target = 0;

  friend bool operator==(const Route&, const Route&) = default;
};

// The shard that holds `slot` on a node of `shards` shards. REQUIRES: shards > 0.
[[nodiscard]] constexpr unsigned shard_of(Slot slot, unsigned shards) { return slot % shards; }

class Router {
 public:
  // What shard `shard` of node `self` is to do. REQUIRES: self is a node of the view; shard < shards <=
  // kShardsMax.
  Router(const cluster::View& view, NodeIndex self, unsigned shards, unsigned shard);

  // REQUIRES: slot < kSlots.
  [[nodiscard]] Route route(Slot slot) const {
    const std::uint16_t word = words_[slot];
    return {static_cast<Route::Kind>(word >> kTargetBits), static_cast<std::uint16_t>(word & kTargetMask)};
  }
  [[nodiscard]] bool is_here(Slot slot) const { return words_[slot] == here_; }

  // A slot of this shard is not served for now, and is again; slots of others stay as they are.
  void hold_back(Slot slot);
  void serve(Slot slot);
  // Where it is to go from now on. False: it went there before.
  bool set(Slot slot, Route route);

 private:
  // A word is the kind in the upper three bits and the target in the other thirteen.
  static constexpr unsigned kTargetBits = 13;
  static constexpr std::uint16_t kTargetMask = (1u << kTargetBits) - 1;
  static std::uint16_t pack(Route route);

  std::uint16_t here_ = 0;
  std::uint16_t wait_ = 0;
  std::array<std::uint16_t, kSlots> words_{};
};

}  // namespace limpet::route
