#include <limpet/ownership/reasons.hpp>

namespace limpet::ownership {

bool was_given_away(const Ownership& ownership, Slot slot) {
  return ownership.moves_slots() && ownership.slots().is_own(slot) &&
         ownership.moves().title(slot).title.kind == handoff::Title::Kind::ceded;
}

bool cannot_know(const Ownership& ownership, Slot slot) {
  const SlotTable& slots = ownership.slots();
  return ownership.moves_slots() && slots.is_own(slot) && slots.mode(slot) == SlotMode::unknown;
}

bool is_unfounded(const Ownership& ownership, Slot slot) {
  return ownership.is_unconfirmed(slot) && !ownership.first_slots().why_not().empty();
}

bool is_starting(const Ownership& ownership) {
  return ownership.moves_slots() && ownership.starts().begins();
}

std::size_t forgotten(const Ownership& ownership) {
  return ownership.moves_slots() ? ownership.starts().forgotten().size() : 0;
}

bool all_reported(const cluster::View& view, NodeIndex self, const handoff::Owners& starts) {
  for (NodeIndex node = 0; node < view.nodes.size(); ++node) {
    const cluster::Node& other = view.nodes[node];
    const bool counts = node != self && other.listed && other.state != cluster::NodeState::down;
    if (counts && !starts.has_heard(node)) return false;
  }
  return true;
}

// ---- For people ----

std::string why_not_served(const Ownership& ownership, Slot slot) {
  const SlotTable& slots = ownership.slots();
  if (slots.is_damaged(slot)) {
    return "MISCONF slot " + std::to_string(slot) +
           " is damaged on the disk of this node and not served; its log says what to do";
  }
  const std::string name = "slot " + std::to_string(slot);
  if (slots.is_loading(slot)) return "LOADING " + name + " is not loaded yet; try again in a moment";
  if (slots.mode(slot) == SlotMode::frozen) {
    return "TRYAGAIN " + name + " is on its way from node to node; try again in a moment";
  }
  if (!ownership.moves_slots()) return {};
  if (ownership.starts().begins(slot)) {
    return "LOADING " + name +
           " is not served yet: this node has just started, and asks the others whose it is; try again in a "
           "moment";
  }
  if (!ownership.starts().forgotten().contains(slot)) return {};
  const std::string& me = ownership.name();
  return "CLUSTERDOWN " + name + " is not served: node " + me +
         (ownership.first_slots().is_fresh() ? " held it, and its data directory knows of no slot; if what "
                                               "it held is lost, `limpet cluster claim " +
                                                   me + "` at another node lets its slots begin empty"
                                             : " held it later than its data directory knows of: that is an "
                                               "old copy; `limpet cluster status` says what to do");
}

std::string about_forgotten(const std::map<Slot, Term>& forgotten, const std::string& me, bool is_fresh) {
  return std::to_string(forgotten.size()) + " slots, among them slot " +
         std::to_string(forgotten.begin()->first) + ", were held by this node" +
         (is_fresh ? ", and its data directory knows of no slot: it was empty, or without titles. Nobody "
                     "serves them; stop this node and start it with the newest directory that there is of "
                     "it, or, if what it held is lost, let them begin empty: `limpet cluster claim " +
                         me + "` at another node"
                   : " later than its data directory knows of: it is an old copy. Nobody serves them; stop "
                     "this node and start it with the newest directory that there is of it. If that is lost, "
                     "and to keep what this node serves: drain it, stop it, write state = \"down\" for it, "
                     "and `limpet cluster claim " +
                         me + "` at another node lets them begin empty");
}

}  // namespace limpet::ownership
