#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/cluster/view.hpp>

#include "finish.hpp"

namespace limpet::cluster {

std::string_view name_of(Durability durability) {
  switch (durability) {
    case Durability::none:
      return "none";
    case Durability::interval:
      return "interval";
    case Durability::always:
      return "always";
  }
  LIMPET_ASSERT(false);
}

std::string_view name_of(NodeState state) {
  switch (state) {
    case NodeState::up:
      return "up";
    case NodeState::draining:
      return "draining";
    case NodeState::down:
      return "down";
  }
  LIMPET_ASSERT(false);
}

std::optional<NodeIndex> View::find(std::string_view node_name) const {
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [&](const Node& node) { return node.name == node_name; });
  if (found == nodes.end()) return std::nullopt;
  return static_cast<NodeIndex>(found - nodes.begin());
}

std::vector<std::uint32_t> View::slots_per_node() const {
  std::vector<std::uint32_t> slots(nodes.size(), 0);
  for (const NodeIndex node : placement) {
    if (node != ring::kNobody) ++slots[node];
  }
  return slots;
}

View single_node(const Address& client, Durability durability) {
  View view;
  view.epoch = 1;
  view.name = "limpet";
  view.durability = durability;
  Node node;
  node.name = "limpet";
  node.client = client;
  view.nodes.push_back(std::move(node));
  finish(view);
  return view;
}

Result<void> check_successor(const View& now, const View& next, std::string_view file) {
  const std::string who(file);
  const std::string epoch = std::to_string(next.epoch);
  const std::string in_force = std::to_string(now.epoch);
  if (next.name != now.name) {
    return fail(Code::bad_config, who + " is of cluster '" + next.name + "', this node belongs to '" +
                                      now.name + "'; a running node does not change its cluster");
  }
  if (next.epoch < now.epoch) {
    return fail(Code::bad_config, who + " has epoch " + epoch + ", older than " + in_force +
                                      " in force; give this node the newest file, or, to go back to an "
                                      "earlier content, raise the epoch above " +
                                      in_force);
  }
  if (next.epoch == now.epoch && next.content_digest != now.content_digest) {
    return fail(Code::bad_config,
                who + " has epoch " + epoch + ", but epoch " + epoch +
                    " is in force with other content; give this node the file of the others, or raise the "
                    "epoch, as at every edit of [cluster] or [[node]]");
  }
  return {};
}

}  // namespace limpet::cluster
