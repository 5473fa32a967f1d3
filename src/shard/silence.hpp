// Silence: which nodes do not answer now, and how many slots are out of reach for it.
#pragma once

#include <cstddef>
#include <limpet/base/slot.hpp>
#include <limpet/cluster/view.hpp>
#include <memory>
#include <vector>

#include "link.hpp"
#include "names.hpp"

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

  // Nobody who answers serves a slot of this holder, as far as this shard knows: it is silent, or, where
  // nobody is known to hold the slot, the node that it is placed on.
  [[nodiscard]] bool of(const Owner& holder, cluster::NodeIndex placed) const {
    return of(holder.term != Term{} ? holder.node : placed);
  }

 private:
  std::vector<bool> silent_;  // by node
};

}  // namespace limpet::shard
