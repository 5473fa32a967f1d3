#include <limpet/base/text.hpp>
#include <limpet/ownership/claim_rules.hpp>

namespace limpet::ownership {

namespace {

// Somebody who is in no file and holds slots still. A node that begins anew may not know of it.
std::string unlisted_holder(const cluster::View& view, const KnownOwners& owners) {
  for (NodeIndex node = 0; node < view.nodes.size(); ++node) {
    if (!view.nodes[node].listed && owners.heard_of(node) > 0) return view.nodes[node].name;
  }
  return {};
}

bool is_expected(const cluster::Node& node) { return node.listed && node.state != cluster::NodeState::down; }

// Only who has said what it holds and by which file it goes will not be robbed, and not claim the same.
std::string why_not_with(const cluster::View& view, const cluster::Node& other, const NodeRow& row) {
  if (!row.informed) return "node " + other.name + " has to be heard of first: " + row.why_not;
  if (row.runs(view)) return {};
  return "node " + other.name + " runs another cluster file (epoch " + std::to_string(row.says.epoch) + ")";
}

}  // namespace

bool begins_anew(const Ownership& ownership, const NodeDirectory& nodes, NodeIndex node) {
  if (nodes.is_self(node)) return ownership.begins_anew();
  const NodeRow& row = nodes.row(node);
  return row.informed && row.says.fresh;
}

std::string why_no_claim(const cluster::View& view, const NodeDirectory& nodes, const Ownership& ownership,
                         std::string_view name, bool asked) {
  if (!ownership.moves_slots()) return "this node is in no cluster";
  const auto gone = view.find(name);
  if (!gone) return "there is no node " + printable(name) + " in this cluster";
  const std::string who = "node " + view.nodes[*gone].name;
  const bool anew = begins_anew(ownership, nodes, *gone);
  if (nodes.is_self(*gone) && (asked || !anew)) return who + " is the one that answers here; ask another one";
  if (!anew && is_expected(view.nodes[*gone])) {
    return "by the cluster file " + who +
           " is to hold its slots itself; write state = \"down\" for it, or remove it, or start it with an "
           "empty data directory if it is to begin anew";
  }
  if (const std::string other = unlisted_holder(view, ownership.known());
      anew && asked && !other.empty() && other != name) {
    return "node " + other +
           ", which is in no cluster file, holds slots still: wait until it has given them away";
  }
  for (NodeIndex at = 0; at < nodes.size(); ++at) {
    if (nodes.is_self(at)) continue;
    if (at == *gone && !anew) {
      if (nodes.row(at).linked) return who + " answers; it gives its slots away by itself";
    } else if (is_expected(view.nodes[at])) {
      if (std::string why = why_not_with(view, view.nodes[at], nodes.row(at)); !why.empty()) return why;
    }
  }
  return {};
}

bool all_others_reported(const NodeDirectory& nodes, NodeIndex gone) {
  for (NodeIndex node = 0; node < nodes.size(); ++node) {
    if (!nodes.is_self(node) && node != gone && !nodes.row(node).informed) return false;
  }
  return true;
}

}  // namespace limpet::ownership
