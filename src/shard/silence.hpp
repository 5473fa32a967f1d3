// Silence: which nodes do not answer now, and how many slots are out of reach for it.
#pragma once

#include <cstddef>
#include <limpet/base/slot.hpp>
#include <limpet/cluster/view.hpp>
#include <memory>
#include <vector>

#include "holders.hpp"
#include "link.hpp"

namespace limpet::shard {

class Silence {
 public:
  // `links`: by node, null for this one.
  explicit Silence(const std::vector<std::unique_ptr<Link>>& links) {
    silent_.reserve(links.size());
    for (const std::unique_ptr<Link>& link : links) {
      silent_.push_back(link && link->verdict() != Link::Verdict::send);
    }
  }

  [[nodiscard]] bool of(cluster::NodeIndex node) const { return node < silent_.size() && silent_[node]; }

  // Nobody who answers serves this slot, as far as this shard knows: its holder is silent, or, where nobody
  // is known to hold it, the node that is to.
  [[nodiscard]] bool of(Slot slot, const Holders& holders, const cluster::View& view) const {
    const Holder& holder = holders.of(slot);
    return of(holder.term != Term{} ? holder.node : view.owner(slot));
  }

 private:
  std::vector<bool> silent_;  // by node
};

}  // namespace limpet::shard
