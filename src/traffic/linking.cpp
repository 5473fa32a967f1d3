#include <limpet/traffic/linking.hpp>
#include <utility>

namespace limpet::traffic {

// ---- Links ----

void Linking::connected(StreamId link) {
  if (links_.stream(link) != nullptr) links_.connected(link, greeting(), now_);
}

void Linking::up(NodeIndex node) {
  drain_links();
  telling_.compare_files(node);
  telling_.ask(node);
  forwarder_.link_is_up(node);
}

void Linking::written(StreamId link, std::size_t bytes) {
  const auto drained = links_.written(link, bytes);
  drain_links();
  if (drained) forwarder_.has_drained({false, *drained});
}

std::optional<NodeIndex> Linking::closed(StreamId link, std::string_view reason,
                                         const std::function<bool(StreamId)>& is_there) {
  drain_links();
  const auto lost = links_.closed(link, reason, now_, random_);
  if (!lost) return std::nullopt;
  forwarder_.link_is_lost(lost->node, lost->written, is_there);
  drain_links();
  if (lost->fail_waiting || links_.draining()) forwarder_.fail_waiting(lost->node);
  forwarder_.has_drained({false, lost->node});
  dial_if_worthwhile(lost->node);
  return lost->node;
}

void Linking::tick_links() {
  for (NodeIndex node = 0; node < links_.size(); ++node) links_.tick(node, owns_slots(node), now_, random_);
  drain_links();
}

void Linking::drain_links() {
  if (links_.actions().empty()) return;
  const links::Links::Actions actions = std::exchange(links_.actions(), {});
  for (const links::Lanes::Sent& sent : actions.placed) forwarder_.placed(sent.id, sent.end);
  effects_.dials.insert(effects_.dials.end(), actions.dials.begin(), actions.dials.end());
  for (const links::Links::Line& line : actions.lines) {
    Note& said = effects_.notes.emplace_back(Note{line.level, line.text, {}, {}});
    if (line.up) said.link = LinkNote{links_.name_of(line.node), shard_, *line.up};
  }
  for (const NodeIndex node : actions.fail_waiting) forwarder_.fail_waiting(node);
}

// ---- Dialling ----

void Linking::dial(NodeIndex node) {
  links_.dial(node, now_, random_);
  drain_links();
}

void Linking::seen_alive(NodeIndex node) {
  if (links_.seen_alive(node)) dial_if_worthwhile(node);
}

// ---- Peers ----

StreamId Linking::opened(const std::string& address) {
  const StreamId id = peers_.opened(address, now_);
  drain_peers();
  return id;
}

void Linking::greet(StreamId peer) { peers_.greet(peer, greeting()); }

void Linking::admitted(StreamId peer) {
  if (const auto node = peers_.node_of(peer)) seen_alive(*node);
  telling_.introduce(peer);
}

void Linking::tick_peers() {
  peers_.tick(now_);
  drain_peers();
}

void Linking::drain_peers() {
  links::Peers::Actions& actions = peers_.actions();
  for (std::string& text : std::exchange(actions.warnings, {}))
    effects_.notes.push_back({Note::Level::warning, std::move(text), {}, {}});
  for (const links::Peers::Foreign& foreign : std::exchange(actions.foreign, {}))
    links_.said_foreign(foreign.node, foreign.why);
}

// ---- To see ----

std::string Linking::why_unreachable(NodeIndex node, Slot slot) const {
  const cluster::Node& about = links_.view().nodes[node];
  const std::string holds =
      slot == forward::kNoSlot ? "" : ", which holds slot " + std::to_string(slot) + ",";
  return "CLUSTERDOWN node " + about.name + " (" + (about.peer ? about.peer->text() : "no address") + ")" +
         holds + " cannot be reached: " + links_.at(node).why(now_);
}

}  // namespace limpet::traffic
