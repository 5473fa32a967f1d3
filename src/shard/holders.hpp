// Holders: which node holds each slot, as far as one shard has heard. Of two that say so the one with the
// higher term is right.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <limpet/cluster/view.hpp>
#include <vector>

namespace limpet::shard {

struct Holder {
  cluster::NodeIndex node = ring::kNobody;
  Term term{};  // without a cession: nothing is known
};

class Holders {
 public:
  Holders() : by_slot_(kSlots) {}

  [[nodiscard]] const Holder& of(Slot slot) const { return by_slot_[slot]; }
  [[nodiscard]] std::size_t held_by(cluster::NodeIndex node) const {
    return node < counts_.size() ? counts_[node] : 0;
  }
  // False: that is known, or older than what is.
  bool learn(Slot slot, const Holder& holder) {
    Holder& now = by_slot_[slot];
    if (holder.term <= now.term) return false;
    if (now.term != Term{}) --counts_[now.node];
    if (counts_.size() <= holder.node) counts_.resize(holder.node + std::size_t{1});
    ++counts_[holder.node];
    now = holder;
    return true;
  }

 private:
  std::vector<Holder> by_slot_;
  std::vector<std::size_t> counts_;  // by node
};

}  // namespace limpet::shard
