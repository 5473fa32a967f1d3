#include "unheld.hpp"

#include <algorithm>

namespace limpet::shard {

namespace {

constexpr const char* kNobodyKnows =
    "no data directory in use knows of a holder: if there is a newer one of some node, start that node with "
    "it; else drain one node, stop it, write state = \"down\" for it, and claim it: what nobody holds "
    "begins empty";

// Nodes that have not said since they were last reached what they hold.
std::vector<const cluster::Node*> unheard(const cluster::View& view,
                                          const std::vector<std::unique_ptr<Link>>& links) {
  std::vector<const cluster::Node*> nodes;
  for (const std::unique_ptr<Link>& link : links) {
    if (link && !link->informed()) nodes.push_back(&view.nodes[link->node()]);
  }
  return nodes;
}

std::string way_out(const cluster::Node& node) {
  const bool is_gone = !node.listed || node.state == cluster::NodeState::down;
  return "the holder may be node " + node.name +
         ", which is not heard: start it, or, if it and its disk are lost, " +
         (is_gone ? "" : "write state = \"down\" for it, and ") + "`limpet cluster claim " + node.name +
         "` lets what it held begin empty";
}

}  // namespace

std::string about_unheld(const std::string& why_not_founded, const Founding& founding,
                         const cluster::View& view, const std::vector<std::unique_ptr<Link>>& links) {
  const bool held_before =
      !founding.fresh() || std::any_of(links.begin(), links.end(), [](const std::unique_ptr<Link>& link) {
        return link && link->informed() && !link->theirs().fresh;
      });
  if (!held_before) return why_not_founded;
  // That this node took its first slots by another file is so after each edit, and no reason to do anything.
  const std::uint64_t claimed = founding.claimed();
  const bool by_another = claimed != 0 && claimed != Founding::id_of(view.placement_digest);
  std::string text = by_another ? "" : why_not_founded;
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  const std::vector<const cluster::Node*> silent = unheard(view, links);
  for (const cluster::Node* node : silent) add(way_out(*node));
  const bool waits = claimed != 0 ? !by_another : founding.fresh();  // and claims them, or is claimed itself
  if (silent.empty() && !waits) add(kNobodyKnows);
  return text;
}

}  // namespace limpet::shard
