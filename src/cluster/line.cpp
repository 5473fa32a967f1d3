#include <limpet/cluster/line.hpp>

#include "finish.hpp"

namespace limpet::cluster {

void each_line(const View& view, Slot first, unsigned step,
               const std::function<void(Slot, const std::vector<NodeIndex>&)>& visit) {
  const std::size_t most = view.copies.followers > 0 ? view.copies.followers + std::size_t{1} : 0;
  std::vector<NodeIndex> line;
  const auto add = [&](NodeIndex node) {
    const bool fits = view.nodes[node].listed && view.nodes[node].state == NodeState::up;
    if (fits && line.size() < most) line.push_back(node);
  };
  if (most == 0) {
    for (unsigned slot = first; slot < kSlots; slot += step) visit(static_cast<Slot>(slot), line);
    return;
  }
  ring::each_followers(ring_members(view.nodes), view.home, view.nodes.size(), first, step,
                       [&](Slot slot, const std::vector<NodeIndex>& behind) {
                         line.clear();
                         if (view.home[slot] != ring::kNobody) add(view.home[slot]);
                         for (const NodeIndex node : behind) add(node);
                         visit(slot, line);
                       });
}

std::vector<NodeIndex> followers_in(const View& view, const std::vector<NodeIndex>& line, NodeIndex owner) {
  std::vector<NodeIndex> followers = line;
  std::erase(followers, owner);
  if (followers.size() > view.copies.followers) followers.resize(view.copies.followers);
  return followers;
}

std::string names_of(const View& view, const std::vector<NodeIndex>& nodes) {
  std::string names;
  for (const NodeIndex node : nodes) names += (names.empty() ? "" : " ") + view.nodes[node].name;
  return names;
}

std::string follower_names(const View& view, Slot slot, NodeIndex owner) {
  std::string names;
  each_line(view, slot, kSlots, [&](Slot, const std::vector<NodeIndex>& line) {
    names = names_of(view, followers_in(view, line, owner));
  });
  return names;
}

}  // namespace limpet::cluster
