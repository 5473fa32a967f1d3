// Who holds which slot: what nodes and shards tell each other of it, and where commands go by that.
//
// A slot of this shard is served here while its title is this node's. Any other goes to whoever is known to
// hold it, and as long as nobody is, to the node that the cluster file gives it to. Each shard hears of the
// slots of other nodes over its own links, and of those of its node from its siblings.
#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/peer/held.hpp>
#include <utility>

#include "core.hpp"

namespace limpet::shard {

// ---- Where commands go ----

// The way to its owner.
Route Core::way_to(Slot slot) const {
  const Owner& owner = known_.heard(slot);
  return slots_.owner_route(slot, owner.known() ? owner.node : view_->owner(slot),
                            owned_.owners && owned_.owners->begins(slot));
}

// The same, but for a slot of which commands went another way before: those that come later wait for them.
Route Core::place_of(Slot slot) const {
  const Route way = way_to(slot);
  if (passed_on_.empty() || way.kind == Route::Kind::refuse || passed_on_.lets_pass(slot, way)) return way;
  return {Route::Kind::wait, static_cast<std::uint16_t>(config_.index)};
}

// Whoever has given the slot away knows a later holder, who has it or has given it away, too. Terms rise on
// the way, so it ends.
bool Core::may_pass_on(Slot slot, std::uint8_t hops) const {
  if (hops < kHopsMax) return true;
  return hops < kFollowHopsMax && handovers_ && slots_.is_own(slot) &&
         handovers_->title(slot).title.kind == handoff::Title::Kind::ceded;
}

void Core::place(Slot slot) {
  const Route after = place_of(slot);
  const Route before = slots_.set_route(slot, after);
  if (after.kind == Route::Kind::wait && way_to(slot).kind != Route::Kind::wait) serve_returned(slot);
  if (before == after) return;
  if (before.kind == Route::Kind::peer || after.kind == Route::Kind::peer) {
    // An earlier command of a client may be on its way to where the slot was.
    overtaking_.rerouted(slot, pending_.latest_deadline_ms());
  }
  if (after.kind != Route::Kind::wait) wake_waiters(slot);
}

// Whether the slot is this node's will be known at its next start.
bool Core::cannot_know(Slot slot) const {
  return handovers_ && slots_.is_own(slot) && slots_.mode(slot) == SlotMode::unknown;
}

std::string Core::why_refused(Slot slot) const {
  const std::string name = "slot " + std::to_string(slot);
  if (cannot_know(slot)) {
    return "CLUSTERDOWN " + name +
           " is not served: whose it is cannot be known; the log of this node says more";
  }
  return "CLUSTERDOWN no node of the cluster file holds " + name;
}

// ---- Hearing ----

void Core::seen_alive(NodeIndex node) {
  Link* const link = links_[node].get();
  if (link != nullptr && link->seen_alive() && worth_dialling(*link)) dial(*link);
}

// True: that is news.
bool Core::learn(Slot slot, const Owner& holder) {
  const bool own = slots_.is_own(slot) && holder.node != config_.self;
  if (own && handoff::owns(handovers_->title(slot))) return false;  // owning.cpp says whose it is
  if (!known_.learn(slot, holder)) return false;
  seen_alive(holder.node);  // it could not have become the holder otherwise
  if (own) handovers_->overtaken(slot, holder.term, now_);
  place(slot);
  work_off();
  return true;
}

// From a sibling.
void Core::take_holders(std::string_view body) {
  peer::HolderOf said;
  while (peer::take_holder(body, said)) {
    if (said.node >= view_->nodes.size()) {
      owned_.unplaced.push_back(said);  // until the view that knows that node has come
      continue;
    }
    // The sibling whose slot it is says so, and knows whether it is this node's.
    const Owner holder{said.node, said.term};
    const bool was_own =
        known_.heard(said.slot).node == config_.self && known_.heard(said.slot).term != Term{};
    if (was_own && said.node != config_.self) {
      known_.put(said.slot, holder);
      place(said.slot);
    } else {
      learn(said.slot, holder);
    }
  }
}

// A node that proves the secret is believed what it says of itself, unless it cannot be.
bool Core::can_be_true(Term term, NodeIndex node) {
  if (can_be(term, now_.unix_ms)) return true;
  const std::string text = "node " + view_->nodes[node].name + " says that slots are held at term " +
                           text_of(term) +
                           ", years ahead of the clock here, and is not believed: set the clocks of both";
  if (const auto line = owned_.term_notes.take(text, now_)) note(Note::Level::error, *line);
  return false;
}

// ---- Telling ----

void Core::tell_siblings() {
  if (to_tell_siblings_.empty()) return;
  Bytes body;
  for (const Slot slot : to_tell_siblings_) {
    const Owner& holder = known_.heard(slot);
    peer::append_holder(body, {.slot = slot, .node = holder.node, .term = holder.term});
  }
  to_tell_siblings_.clear();
  for (unsigned shard = 0; shard < siblings_.size(); ++shard) {
    if (shard == config_.index) continue;
    peer::append_frame(siblings_[shard].batch, {.type = FrameType::holder, .body = body.view()});
  }
}

peer::Standing Core::standing() const {
  return {.epoch = view_->epoch,
          .content_digest = view_->content_digest,
          .placement_digest = view_->placement_digest,
          .founded = config_.handoff ? config_.handoff->founding->claimed() : 0,
          .boot = config_.handoff ? config_.handoff->boot : 0,
          .fresh = config_.handoff && config_.handoff->founding->fresh(),
          .leaving = view_->nodes[config_.self].leaving,
          .leave_changes = view_->nodes[config_.self].leave_changes};
}

void Core::tell_news(Peer& peer) {
  Bytes body;
  peer::append_standing(body, standing());
  append_le(body, standing().leave_changes);
  append_le(body, neighbours_.told_sessions);
  peer.lanes.send({.type = FrameType::news, .body = body.view()});
  refill(peer);
}

namespace {
// What nodes tell each other of their sessions is for people to read, so it may be so old.
constexpr std::int64_t kTellSessionsMs = 1'000;
}  // namespace

// To other nodes what has changed, and to other threads of this one how it is with the other nodes.
void Core::tell_news_of_change() {
  std::vector<Manner> others;
  for (const std::unique_ptr<Link>& link : links_) {
    if (!link) continue;
    const cluster::Node& node = view_->nodes[link->node()];
    const bool expected = node.listed && node.state != cluster::NodeState::down && !node.leaving;
    if (expected || link->manner() == Manner::linked) others.push_back(link->manner());
  }
  Company* const company = config_.handoff->company.get();
  Neighbours& told = neighbours_;
  if (company != nullptr)
    company->tell(config_.index, engine_.store().stats().sessions, told.contact.judge(others, now_));
  const peer::Standing now = standing();
  const bool count = company != nullptr && now_.steady_ms - told.told_sessions_ms >= kTellSessionsMs;
  const std::uint64_t sessions = count ? company->sessions() : told.told_sessions;
  if (count) told.told_sessions_ms = now_.steady_ms;
  const bool same = std::exchange(told.told_sessions, sessions) == sessions;
  if (std::exchange(told.told, now) == now && same) return;
  peers_.each([&](auto, Peer& peer) {
    if (peer.answered) tell_news(peer);
  });
}

// ---- The first holders ----

// REQUIRES: its disk is fresh.
std::string Core::why_empty() const {
  const std::string& me = view_->nodes[config_.self].name;
  return "node " + me +
         " has a data directory that knows of no slot: if what it held is lost, `limpet cluster claim " + me +
         "` at another node lets its slots begin empty";
}

// Why the slots that nobody holds cannot be claimed; empty: they can.
std::string Core::why_not_founded() const {
  const std::uint64_t mine = Founding::id_of(view_->placement_digest);
  const std::uint64_t claimed = config_.handoff->founding->claimed();
  if (claimed != 0 && claimed != mine) return "this node took its first slots by another cluster file";
  bool begun = claimed == mine;
  bool others_hold = false;
  for (const std::unique_ptr<Link>& link : links_) {
    if (!link || !view_->nodes[link->node()].listed) continue;
    const std::string name = "node " + view_->nodes[link->node()].name;
    if (!link->informed() || !owned_.owners->has_heard(link->node()))
      return name + " has not been heard of: " + link->why(now_);
    const peer::Standing& theirs = link->theirs();
    if (theirs.epoch != view_->epoch || theirs.placement_digest != view_->placement_digest) {
      return name + " runs another cluster file (epoch " + std::to_string(theirs.epoch) + ")";
    }
    if (theirs.founded != mine && (theirs.founded != 0 || !theirs.fresh)) {
      return name + " took its first slots by another cluster file" +
             (config_.handoff->founding->fresh() ? "; " + why_empty() : "");
    }
    begun = begun || theirs.founded == mine;
    others_hold = others_hold || theirs.founded != 0 || !theirs.fresh;
  }
  // It may have held slots by this file already, with another disk.
  const std::shared_ptr<const Boots>& boots = config_.handoff->boots;
  if (others_hold && claimed == 0 && boots && boots->ran_elsewhere()) {
    const std::string& me = view_->nodes[config_.self].name;
    return config_.handoff->founding->fresh()
               ? why_empty()
               : "node " + me +
                     " has run with another data directory, which may have held them: start it with that; "
                     "or, if that is lost, drain it, stop it, write state = \"down\" for it, and `limpet "
                     "cluster claim " +
                     me + "` lets them begin empty";
  }
  // A file may replace all nodes of the one before, of which new ones know nothing.
  if (!begun && view_->epoch != 1 && !config_.handoff->new_cluster) {
    return "all nodes of this file are new, but its epoch is not 1, so nodes of an earlier file may hold "
           "slots; "
           "if there are none, start the nodes with --new-cluster";
  }
  return {};
}

// The node has begun to claim its first slots by this placement, and may not have got to this one.
bool Core::may_be_claimed(Slot slot) const {
  return handovers_->title(slot) == handoff::SlotTitle{} && view_->home[slot] == config_.self &&
         known_.latest(slot).term == Term{} &&
         config_.handoff->founding->claimed() == Founding::id_of(view_->placement_digest);
}

// Slots of this shard that the view gives to this node, and of which nobody is known to hold them.
void Core::try_to_claim() {
  if (!may_claim_) return;
  why_unheld_ = why_not_founded();
  if (!why_unheld_.empty()) return;
  if (!config_.handoff->founding->claim(Founding::id_of(view_->placement_digest))) return;
  may_claim_ = false;
  std::size_t claimed = 0;
  for (unsigned at = config_.index; at < kSlots; at += config_.shards) {
    const auto slot = static_cast<Slot>(at);
    const bool unheld = known_.latest(slot).term == Term{};
    if (view_->home[slot] == config_.self && unheld && handovers_->claim(slot)) ++claimed;
  }
  if (claimed > 0) {
    note(Note::Level::info, "shard " + std::to_string(config_.index) + " takes its first " +
                                std::to_string(claimed) + " slots: all nodes run this cluster file");
  }
  work_off();
}

}  // namespace limpet::shard
