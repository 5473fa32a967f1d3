#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/cluster/members.hpp>
#include <utility>

#include "finish.hpp"

namespace limpet::cluster {

bool Members::numbered(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

const Node* Members::find(std::string_view name) const {
  const auto found =
      std::find_if(known_.begin(), known_.end(), [&](const Node& node) { return node.name == name; });
  return found != known_.end() ? &*found : nullptr;
}

void Members::know(const Node& node) {
  std::erase_if(known_, [&](const Node& known) { return known.name == node.name; });
  known_.push_back(node);
  if (!numbered(node.name)) names_.push_back(node.name);
}

Result<void> Members::set_file(View file) {
  const auto fresh = static_cast<std::size_t>(std::count_if(
      file.nodes.begin(), file.nodes.end(), [this](const Node& node) { return !numbered(node.name); }));
  if (names_.size() + fresh > kMembersMax) {
    return fail(Code::refused, "this cluster has had more than " + std::to_string(kMembersMax) + " nodes");
  }
  file_ = std::move(file);
  for (const Node& node : file_.nodes) know(node);
  return {};
}

// Whoever knows the secret may say any name, and a name is never forgotten: a file may add as many nodes as
// it likes, but not they themselves.
bool Members::may_add_guest() const {
  const auto unlisted = static_cast<std::size_t>(std::count_if(
      names_.begin(), names_.end(), [this](const std::string& name) { return !file_.find(name); }));
  return unlisted < kGuestsMax && names_.size() < kMembersMax;
}

bool Members::introduce(std::string_view name, const Address& client, const Address& peer) {
  const Node* const known = find(name);
  if (file_.find(name) || (known != nullptr && known->peer == peer)) return false;
  if (!numbered(name) && !may_add_guest()) return false;
  Node node;
  node.name = name;
  node.client = client;
  node.peer = peer;
  know(node);
  return true;
}

bool Members::told(std::string_view name, const LeaveWord& word) {
  auto known = leaving_.find(name);
  const bool unheard = known == leaving_.end();
  if (unheard) known = leaving_.emplace(name, LeaveWord{}).first;
  LeaveWord& last = known->second;
  // Each shard hears it over a link of its own, some of them late. Which of two boots is the later one their
  // numbers do not say: a data directory may be an old copy, or empty. So another boot than the last is
  // believed with the first word over a link. Should that come late, of a node that is gone by then, the same
  // shard makes its next link, to the one that is there, and hears a first word again.
  const bool late = word.boot == last.boot ? word.change <= last.change : !word.first;
  if (late && !unheard) return false;
  return std::exchange(last, word).leaving != word.leaving;
}

View Members::view() const {
  View view = file_;
  const auto take_word = [this](Node& node) {
    const auto told = leaving_.find(node.name);
    const LeaveWord word = told != leaving_.end() ? told->second : LeaveWord{};
    node.leaving = word.leaving;
    node.leave_changes = word.change;
  };
  for (Node& node : view.nodes) take_word(node);
  view.placement = place_present(view);
  const std::vector<Node> of_file = std::exchange(view.nodes, {});
  std::vector<NodeIndex> number_of(file_.nodes.size(), ring::kNobody);
  for (const std::string& name : names_) {
    const auto listed = file_.find(name);
    if (listed) number_of[*listed] = static_cast<NodeIndex>(view.nodes.size());
    const Node* const known = find(name);
    Node& node = view.nodes.emplace_back(listed ? of_file[*listed] : known != nullptr ? *known : Node{});
    node.name = name;
    node.listed = listed.has_value();
    // Also of one that this file does not name: the next may, and that it is back would not be noticed.
    take_word(node);
  }
  for (ring::Placement* placement : {&view.placement, &view.home}) {
    for (NodeIndex& owner : *placement) {
      if (owner == ring::kNobody) continue;
      owner = number_of[owner];
      LIMPET_ASSERT(owner != ring::kNobody);
    }
  }
  return view;
}

}  // namespace limpet::cluster
