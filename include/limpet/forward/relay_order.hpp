// RelayOrder: by slot, the commands of other shards' and other nodes' clients that this shard has passed on
// to another node, and that have no answer yet.
//
// Those that come later may belong to the same clients, and must not overtake them: they go the same way as
// long as there is one, and else wait until those before them are answered. Those that were passed on come
// back where the slot does, with more hops behind them than when they left: they wait for none of the others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/ownership/route.hpp>
#include <limpet/ring/ring.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

namespace limpet::forward {

using ring::NodeIndex;

class RelayOrder {
 public:
  // One that came with so many hops is passed on, or is to be tried again. What began ends, once.
  void began(Slot slot, std::uint8_t hops, NodeIndex to);
  void ended(Slot slot, std::uint8_t hops);
  void bounced(Slot slot) { ++slots_[slot].bounced; }
  void unbounced(Slot slot);

  [[nodiscard]] bool empty() const { return slots_.empty(); }
  [[nodiscard]] bool contains(Slot slot) const { return slots_.contains(slot); }
  // May one that comes now go this way?
  [[nodiscard]] bool lets_pass(Slot slot, ownership::Route way) const;
  // Has one that comes with so many hops been passed on before?
  [[nodiscard]] bool came_back(Slot slot, std::uint8_t hops) const;
  // The slots of which fewer are left since the last call.
  [[nodiscard]] std::vector<Slot> take_drained() { return std::exchange(drained_, {}); }
  [[nodiscard]] bool has_drained() const { return !drained_.empty(); }

 private:
  struct Ways {
    NodeIndex to = 0;
    bool several = false;                                     // some went elsewhere
    std::array<std::size_t, kFollowHopsMax + 1> under_way{};  // commands, by the hops with which they came
    std::size_t bounced = 0;                                  // that nobody owned at first

    [[nodiscard]] std::size_t most_hops() const;  // 0: none is under way
    [[nodiscard]] bool none() const;
  };

  std::unordered_map<Slot, Ways> slots_;
  std::vector<Slot> drained_;
};

}  // namespace limpet::forward
