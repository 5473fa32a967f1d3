#include <algorithm>
#include <limpet/cluster/line.hpp>
#include <limpet/cluster/view.hpp>

namespace limpet::cluster {

namespace {

std::vector<PlannedNode> planned_nodes(const View& view) {
  const std::vector<std::uint32_t> slots = view.slots_per_node();
  std::vector<PlannedNode> nodes;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) nodes.push_back({view.nodes[i].name, slots[i]});
  return nodes;
}

// By slot, the nodes that follow it.
std::vector<std::vector<NodeIndex>> all_followers(const View& view) {
  std::vector<std::vector<NodeIndex>> followers(kSlots);
  each_line(view, 0, 1, [&](Slot slot, const std::vector<NodeIndex>& line) {
    followers[slot] = followers_in(view, line, view.owner(slot));
  });
  return followers;
}

void count_copies(const View& before, const View& after, Plan& plan) {
  const auto had = all_followers(before);
  const auto have = all_followers(after);
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    for (const NodeIndex node : had[slot]) ++plan.before[node].copies;
    for (const NodeIndex node : have[slot]) {
      ++plan.after[node].copies;
      const std::optional<NodeIndex> same = before.find(after.nodes[node].name);
      const bool is_there = same && (before.owner(static_cast<Slot>(slot)) == *same ||
                                     std::find(had[slot].begin(), had[slot].end(), *same) != had[slot].end());
      plan.made_copies += is_there ? 0U : 1U;
    }
  }
}

// By name, as indexes mean different nodes in different views. Empty if nobody owns the slot.
std::string_view owner_name(const View& view, Slot slot) {
  const NodeIndex owner = view.owner(slot);
  return owner == ring::kNobody ? std::string_view() : std::string_view(view.nodes[owner].name);
}

}  // namespace

Plan plan(const View& before, const View& after) {
  Plan plan;
  plan.before = planned_nodes(before);
  plan.after = planned_nodes(after);
  for (unsigned number = 0; number < kSlots; ++number) {
    const auto slot = static_cast<Slot>(number);
    if (owner_name(before, slot) != owner_name(after, slot)) ++plan.moved_slots;
  }
  // Whatever a node has above what it will have must leave it, and nothing else needs to move.
  for (const PlannedNode& node : plan.before) {
    const std::optional<NodeIndex> stays = after.find(node.name);
    const std::uint32_t keeps = stays ? plan.after[*stays].slots : 0;
    plan.least_possible += node.slots - std::min(node.slots, keeps);
  }
  count_copies(before, after, plan);
  return plan;
}

bool Plan::has_copies() const {
  const auto some = [](const PlannedNode& node) { return node.copies > 0; };
  return std::any_of(before.begin(), before.end(), some) || std::any_of(after.begin(), after.end(), some);
}

}  // namespace limpet::cluster
