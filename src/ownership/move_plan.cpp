#include <limpet/ownership/move_plan.hpp>

namespace limpet::ownership {

using cluster::NodeIndex;

void MovePlan::changed(const cluster::View& before, const cluster::View& after) {
  if (after.epoch != before.epoch) came_back_.clear();
  for (NodeIndex node = 0; node < before.nodes.size(); ++node) {
    if (before.nodes[node].leaving && !after.nodes[node].leaving) came_back_.insert(node);
  }
}

handoff::HandOverView MovePlan::of(const cluster::View& view) const {
  handoff::HandOverView plan;
  plan.epoch = view.epoch;
  plan.owners.resize(kSlots);
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    const NodeIndex owner = view.owner(static_cast<Slot>(slot));
    const bool nobody = owner == ring::kNobody || (owner != self_ && view.nodes[owner].leaving);
    plan.owners[slot] = nobody ? handoff::kNobody : owner;
  }
  for (const cluster::Node& node : view.nodes) {
    const auto member = static_cast<handoff::Member>(plan.names.size());
    plan.names.push_back(node.name);
    plan.causes.emplace(member, cause(view, member));
  }
  return plan;
}

std::string MovePlan::cause(const cluster::View& view, NodeIndex node) const {
  const cluster::Node& me = view.nodes[self_];
  const std::string file = "epoch " + std::to_string(view.epoch) + " of the cluster file";
  if (me.leaving) return "this node leaves";
  if (!me.listed) return file + ", which does not name this node";
  if (came_back_.contains(node)) return "it is back";
  if (me.state == cluster::NodeState::up) return file;
  return file + ", where this node is " + std::string(name_of(me.state));
}

}  // namespace limpet::ownership
