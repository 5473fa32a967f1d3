#include <limpet/base/limits.hpp>
#include <limpet/ownership/reasons.hpp>
#include <limpet/traffic/dispatch.hpp>
#include <limpet/traffic/nodes.hpp>

namespace limpet::traffic {

using links::Link;
using ownership::Route;

Decision Dispatch::of(Route route) {
  switch (route.kind) {
    case Route::Kind::here:
      return {Decision::Kind::run, {}};
    case Route::Kind::sibling:
      return {Decision::Kind::forward, {true, route.target}};
    case Route::Kind::peer:
      return {Decision::Kind::forward, {false, route.target}};
    case Route::Kind::wait:
      return {Decision::Kind::wait, {}};
    case Route::Kind::refuse:
      break;
  }
  return {};
}

// ---- Of one command ----

Decision Dispatch::decide(const clients::Client& client, Slot slot) {
  if (would_overtake(client, slot)) return {Decision::Kind::stall, {}};
  const Decision decision = decide(slot);
  if (decision.kind != Decision::Kind::forward || sending_.has_room(decision.target, client)) return decision;
  return {Decision::Kind::stall, {}};
}

Decision Dispatch::decide_for_request(Slot slot, std::uint8_t hops) const {
  const forward::RelayOrder& relays = forwarder_.relays();
  const bool returned = !relays.empty() && relays.came_back(slot, hops);
  return returned ? decide_for_returned(slot) : decide(slot);
}

bool Dispatch::would_overtake(const clients::Client& client, const command::Spec& spec,
                              command::Args args) const {
  if (spec.first_key == 0 || client.replies.empty()) return false;
  const auto step = static_cast<std::size_t>(spec.key_step);
  for (auto at = static_cast<std::size_t>(spec.first_key); at <= spec.last_key_of(args.size()); at += step) {
    if (forwarder_.overtaking().holds_back(client.id, slot_of(args[at]))) return true;
  }
  return false;
}

bool Dispatch::others_in_slot(const command::Spec& spec, command::Args args, Slot slot) {
  const auto step = static_cast<std::size_t>(spec.key_step);
  for (std::size_t at = spec.route_key() + step; at <= spec.last_key_of(args.size()); at += step) {
    if (slot_of(args[at]) != slot) return false;
  }
  return true;
}

// Whoever has given the slot away knows a later holder, who has it or has given it away, too. Terms rise on
// the way, so it ends.
bool Dispatch::may_pass_on(Slot slot, std::uint8_t hops) const {
  return hops < kHopsMax || (hops < kFollowHopsMax && was_given_away(ownership_, slot));
}

// ---- Of one that concerns several slots ----

bool Dispatch::has_room(Slot slot, const clients::Client& client) {
  const Decision decision = decide(slot);
  return decision.kind != Decision::Kind::forward || sending_.has_room(decision.target, client);
}

std::string Dispatch::out_of_reach(const std::vector<Slot>& slots) const {
  for (const Slot slot : slots) {
    const Decision decision = decide(slot);
    if (decision.kind == Decision::Kind::refuse) return why_refused(slot);
    if (decision.kind != Decision::Kind::forward || decision.target.is_sibling) continue;
    const Link& link = links_.at(decision.target.index);
    if (link.verdict() == Link::Verdict::fail) return linking_.why_unreachable(link.node(), slot);
  }
  return {};
}

std::string Dispatch::why_not_all(bool write) const {
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    const Decision decision = decide(slot);
    if (decision.kind == Decision::Kind::refuse) return why_refused(slot);
    if (!write || decision.kind != Decision::Kind::forward || decision.target.is_sibling) continue;
    const Link& link = links_.at(decision.target.index);
    if (link.verdict() != Link::Verdict::fail) continue;
    return "CLUSTERDOWN node " + view_->nodes[link.node()].name + " cannot be reached: " + link.why(now_);
  }
  return {};
}

cluster::NodeIndex Dispatch::server_of(Slot slot) const {
  const Decision decision = decide(slot);
  const bool is_elsewhere = decision.kind == Decision::Kind::forward && !decision.target.is_sibling;
  return is_elsewhere ? decision.target.index : config_.self;
}

bool Dispatch::is_nobodys(Slot slot) const {
  return decide(slot).kind == Decision::Kind::refuse || is_unfounded(ownership_, slot);
}

// ---- What changes ----

Route Dispatch::effective_route(Slot slot) const {
  const Route way = ownership_.owner_route(slot);
  const forward::RelayOrder& relays = forwarder_.relays();
  if (relays.empty() || way.kind == Route::Kind::refuse || relays.lets_pass(slot, way)) return way;
  return {Route::Kind::wait, static_cast<std::uint16_t>(config_.index)};
}

Dispatch::Update Dispatch::update(Slot slot) {
  const Route after = effective_route(slot);
  const Route before = ownership_.set_route(slot, after);
  const bool waits = after.kind == Route::Kind::wait;
  Update update{.returned = waits && ownership_.owner_route(slot).kind != Route::Kind::wait};
  if (before == after) return update;
  // An earlier command of a client may be on its way to where the slot was.
  if (before.kind == Route::Kind::peer || after.kind == Route::Kind::peer) forwarder_.rerouted(slot);
  update.all = !waits;
  return update;
}

// ---- For people ----

std::string Dispatch::why_refused(Slot slot) const {
  const std::string name = "slot " + std::to_string(slot);
  if (cannot_know(ownership_, slot)) {
    return "CLUSTERDOWN " + name +
           " is not served: whose it is cannot be known; the log of this node says more";
  }
  return "CLUSTERDOWN no node of the cluster file holds " + name;
}

std::string Dispatch::why_unserved(Slot slot) const {
  const std::string here = why_not_served(ownership_, slot);
  if (!here.empty()) return here;
  const std::string name = "slot " + std::to_string(slot);
  if (forwarder_.relays().contains(slot)) return "TRYAGAIN the owner of " + name + " is changing";
  const ownership::Owner& known = ownership_.known().shown(slot);
  if (known.known() && known.node != config_.self) {
    const Link& link = links_.at(known.node);
    if (link.verdict() != Link::Verdict::send) return linking_.why_unreachable(link.node(), slot);
    return "CLUSTERDOWN " + name + " is not served: others know that node " + view_->nodes[known.node].name +
           " holds it, and it does not say so; `limpet cluster status` says more";
  }
  const std::string why = ownership_.moves_slots()
                              ? ownership_.first_slots().about_unowned(*view_, directory_of(links_, now_))
                              : std::string();
  return "CLUSTERDOWN " + name + " is held by no node yet" + (why.empty() ? "" : ": " + why);
}

std::string Dispatch::why_missing(Slot slot, bool out_of_time) const {
  const Decision decision = decide(slot);
  if (decision.kind == Decision::Kind::refuse) return why_refused(slot);
  const bool unheld = is_unfounded(ownership_, slot);
  if (!unheld && !out_of_time) return {};
  if (unheld || decision.kind == Decision::Kind::wait) return why_unserved(slot);
  return "TRYAGAIN slot " + std::to_string(slot) +
         " was on its way between nodes for too long, or no node takes it for its own";
}

std::string Dispatch::why_not_whole() const {
  const ownership::SlotTable& slots = ownership_.slots();
  if (slots.loading() > 0) {
    return "LOADING " + std::to_string(slots.loading()) + " slots are not loaded yet; try again in a moment";
  }
  if (slots.damaged() > 0) {
    return "MISCONF " + std::to_string(slots.damaged()) +
           " slots are damaged on the disk of this node and not served; its log says what to do";
  }
  return {};
}

}  // namespace limpet::traffic
