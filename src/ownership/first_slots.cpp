#include <algorithm>
#include <limpet/ownership/first_slots.hpp>

namespace limpet::ownership {

namespace {

constexpr const char* kNobodyKnows =
    "no data directory in use knows of a holder: if there is a newer one of some node, start that node with "
    "it; else drain one node, stop it, write state = \"down\" for it, and claim it: what nobody holds begins "
    "empty";

std::string why_empty(const std::string& me) {
  return "node " + me +
         " has a data directory that knows of no slot: if what it held is lost, `limpet cluster claim " + me +
         "` at another node lets its slots begin empty";
}

std::string way_out(const cluster::Node& node) {
  const bool is_gone = !node.listed || node.state == cluster::NodeState::down;
  return "the holder may be node " + node.name +
         ", which is not heard: start it, or, if it and its disk are lost, " +
         (is_gone ? "" : "write state = \"down\" for it, and ") + "`limpet cluster claim " + node.name +
         "` lets what it held begin empty";
}

}  // namespace

FirstSlots::FirstSlots(const HandoffConfig& config)
    : founding_(config.founding),
      boots_(config.boots),
      new_cluster_(config.new_cluster),
      was_fresh_(config.founding->fresh()) {}

bool FirstSlots::take(const cluster::View& view, const NodeDirectory& nodes,
                      const std::function<bool(NodeIndex)>& has_heard) {
  if (!open_) return false;
  why_not_ = why_not(view, nodes, has_heard);
  if (!why_not_.empty() || !founding_->claim(Founding::id_of(view.placement_digest))) return false;
  open_ = false;
  return true;
}

bool FirstSlots::has_begun(const cluster::View& view) const {
  return founding_->claimed() == Founding::id_of(view.placement_digest);
}

std::string FirstSlots::why_elsewhere(const std::string& me) const {
  if (is_fresh()) return why_empty(me);
  return "node " + me +
         " has run with another data directory, which may have held them: start it with that; or, if that is "
         "lost, drain it, stop it, write state = \"down\" for it, and `limpet cluster claim " +
         me + "` lets them begin empty";
}

std::string FirstSlots::why_not(const cluster::View& view, const NodeDirectory& nodes,
                                const std::function<bool(NodeIndex)>& has_heard) const {
  const std::uint64_t mine = Founding::id_of(view.placement_digest);
  const std::uint64_t claimed = founding_->claimed();
  if (claimed != 0 && claimed != mine) return "this node took its first slots by another cluster file";
  const std::string& me = view.nodes[nodes.self()].name;
  bool begun = claimed == mine;
  bool others_hold = false;
  for (NodeIndex node = 0; node < nodes.size(); ++node) {
    if (nodes.is_self(node) || !view.nodes[node].listed) continue;
    const std::string name = "node " + view.nodes[node].name;
    const NodeRow& row = nodes.row(node);
    if (!row.informed || !has_heard(node)) return name + " has not been heard of: " + row.why_not;
    if (!row.runs(view)) {
      return name + " runs another cluster file (epoch " + std::to_string(row.says.epoch) + ")";
    }
    if (row.says.founded != mine && (row.says.founded != 0 || !row.says.fresh)) {
      return name + " took its first slots by another cluster file" +
             (is_fresh() ? "; " + why_empty(me) : "");
    }
    begun = begun || row.says.founded == mine;
    others_hold = others_hold || row.says.founded != 0 || !row.says.fresh;
  }
  // It may have held slots by this file already, with another disk.
  if (others_hold && claimed == 0 && boots_ && boots_->ran_elsewhere()) return why_elsewhere(me);
  // A file may replace all nodes of the one before, of which new ones know nothing.
  if (!begun && view.epoch != 1 && !new_cluster_) {
    return "all nodes of this file are new, but its epoch is not 1, so nodes of an earlier file may hold "
           "slots; if there are none, start the nodes with --new-cluster";
  }
  return {};
}

std::string FirstSlots::about_unowned(const cluster::View& view, const NodeDirectory& nodes) const {
  bool held_before = !is_fresh();
  std::vector<NodeIndex> unheard;
  for (NodeIndex node = 0; node < nodes.size(); ++node) {
    if (nodes.is_self(node)) continue;
    const NodeRow& row = nodes.row(node);
    held_before = held_before || (row.informed && !row.says.fresh);
    if (!row.informed) unheard.push_back(node);
  }
  if (!held_before) return why_not_;
  // That this node took its first slots by another file is so after each edit, and no reason to do anything.
  const std::uint64_t claimed = founding_->claimed();
  const bool by_another = claimed != 0 && !has_begun(view);
  std::string text = by_another ? "" : why_not_;
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  for (const NodeIndex node : unheard) add(way_out(view.nodes[node]));
  const bool waits = claimed != 0 ? !by_another : is_fresh();  // and takes them, or is claimed itself
  if (unheard.empty() && !waits) add(kNobodyKnows);
  return text;
}

}  // namespace limpet::ownership
