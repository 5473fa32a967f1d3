#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/cluster/members.hpp>
#include <utility>

namespace limpet::cluster {

void Members::know(const Node& node) {
  const auto found =
      std::find_if(known_.begin(), known_.end(), [&](const Node& known) { return known.name == node.name; });
  found != known_.end() ? void(*found = node) : known_.push_back(node);
  if (std::find(names_.begin(), names_.end(), node.name) == names_.end()) names_.push_back(node.name);
}

Result<void> Members::set_file(View file) {
  const auto fresh =
      static_cast<std::size_t>(std::count_if(file.nodes.begin(), file.nodes.end(), [this](const Node& node) {
        return std::find(names_.begin(), names_.end(), node.name) == names_.end();
      }));
  if (names_.size() + fresh > kMembersMax) {
    return fail(Code::refused, "this cluster has had more than " + std::to_string(kMembersMax) + " nodes");
  }
  file_ = std::move(file);
  for (const Node& node : file_.nodes) know(node);
  return {};
}

bool Members::introduce(std::string_view name, const Address& client, const Address& peer) {
  const auto found =
      std::find_if(known_.begin(), known_.end(), [&](const Node& known) { return known.name == name; });
  if (file_.find(name) || (found != known_.end() && found->peer == peer)) return false;
  const bool numbered = std::find(names_.begin(), names_.end(), name) != names_.end();
  if (!numbered && names_.size() >= kMembersMax) return false;
  Node node;
  node.name = name;
  node.client = client;
  node.peer = peer;
  know(node);
  return true;
}

}  // namespace limpet::cluster
