// MovePlan: what the hand-overs of a node are to aim at, and why, from one cluster file to the next.
//
// Owned by a shard, on its thread.
#pragma once

#include <limpet/cluster/view.hpp>
#include <limpet/handoff/hand_overs.hpp>
#include <set>
#include <string>

namespace limpet::ownership {

class MovePlan {
 public:
  explicit MovePlan(cluster::NodeIndex self) : self_(self) {}

  // `after` has taken the place of `before`. Nodes keep their numbers.
  void changed(const cluster::View& before, const cluster::View& after);
  // Who is to own each slot; where all are leaving, slots stay where they are.
  [[nodiscard]] handoff::HandOverView of(const cluster::View& view) const;

 private:
  // Why a slot that this node owns is to go to that one, for the log.
  [[nodiscard]] std::string cause(const cluster::View& view, cluster::NodeIndex node) const;

  cluster::NodeIndex self_;
  std::set<cluster::NodeIndex> came_back_;  // in this epoch: they were leaving before
};

}  // namespace limpet::ownership
