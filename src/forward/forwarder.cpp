#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/forward/forwarder.hpp>
#include <set>
#include <utility>

namespace limpet::forward {

using ownership::Route;
using peer::FrameType;
using peer::Outcome;

namespace {

// A frame that concerns no slot says 0.
Slot on_wire(Slot slot) { return slot == kNoSlot ? Slot{0} : slot; }

Target target_of(const Pending& pending) { return {pending.to_sibling, pending.target}; }

}  // namespace

// ---- Sending ----

bool Forwarder::has_room(Target target, std::uint32_t large_reply, StreamId client) {
  UnderWay& way = traffic(target);
  bool room = way.requests < kLinkRequestsMax && way.has_room_for(large_reply);
  if (target.is_sibling) {
    // With nothing under way there would be nobody to wake the client; and then there is room.
    if (way.requests == 0) return true;
    room = room && transport_.backlog(target) < kLinkBytesMax;
  } else {
    const Transport::State state = transport_.state(target);
    if (state == Transport::State::fails) return true;
    const ToNode& to = nodes_[target.index];
    room = room && way.requests + to.waiting.size() < kLinkRequestsMax && to.waiting_bytes < kLinkBytesMax &&
           transport_.backlog(target) < kLinkBytesMax;
  }
  if (!room) way.stalled.push_back(client);
  return room;
}

void Forwarder::submit(const Command& command, Transport::State state, std::int64_t deadline_ms) {
  LIMPET_ASSERT(state != Transport::State::fails);
  Pending& pending = pending_.add(deadline_ms);
  pending.sequence = ++sequence_;
  if (command.client_is_there && command.write) last_writes_[command.origin.stream] = pending.sequence;
  pending.large_reply = command.large_reply;
  pending.to_sibling = command.target.is_sibling;
  pending.write = command.write;
  pending.hops = command.hops;
  pending.relayed = command.hops > 0;
  pending.target = command.target.index;
  pending.slot = command.slot;
  pending.origin = command.origin;
  pending.charged = command.charged;
  // Later commands of others' clients are not to overtake it.
  pending.in_relay_order =
      slots_move_ && !command.origin.is_entry() && !command.target.is_sibling && command.slot != kNoSlot;
  if (pending.in_relay_order) relays_.began(pending.slot, pending.hops, pending.target);
  if (command.target.is_sibling) {
    ++counts_.to_siblings;
    return send(pending, command.body, FrameType::request);
  }
  ++counts_.to_nodes;
  ++node(command.target.index).total;
  const bool waits = state == Transport::State::waits;
  pending.can_resend = waits || command.body.size() <= kRetainBytesMax;
  if (pending.can_resend) pending.request.append(command.body);
  if (!waits) return send(pending, command.body, FrameType::request);
  node(pending.target).waiting_bytes += command.body.size();
  wait_for_link(pending);
}

void Forwarder::ask(Target target, Slot slot, const Origin& origin, std::string_view body,
                    std::int64_t deadline_ms) {
  Pending& pending = pending_.add(deadline_ms);
  pending.to_sibling = target.is_sibling;
  pending.relayed = target.is_sibling;  // from a node to the shard of the slot
  pending.target = target.index;
  pending.slot = slot;
  pending.origin = origin;
  if (!target.is_sibling) ++node(target.index).total;
  send(pending, body, FrameType::handoff);
}

void Forwarder::send(Pending& pending, std::string_view body, FrameType type) {
  const Target target = target_of(pending);
  pending.stream_end = Transport::kNotYet;
  const std::uint64_t end =
      transport_.send(target, {.type = type, .slot = on_wire(pending.slot), .id = pending.id, .body = body});
  if (end != Transport::kNotYet) pending.stream_end = end;  // else placed() has set it, or will
  pending.state = Pending::State::sent;
  UnderWay& way = traffic(target);
  ++way.requests;
  way.awaited_bytes += pending.large_reply;
}

void Forwarder::wait_for_link(Pending& pending) {
  node(pending.target).waiting.push_back(pending.id);
  actions_.push_back({.kind = Action::Kind::dial, .target = target_of(pending)});
}

void Forwarder::placed(std::uint64_t id, std::uint64_t end) {
  if (Pending* pending = pending_.find(id)) pending->stream_end = end;
}

// ---- Links come and go ----

void Forwarder::link_is_up(std::uint16_t index) {
  node(index).waiting_bytes = 0;
  for (const std::uint64_t id : std::exchange(node(index).waiting, {})) {
    if (Pending* pending = pending_.find(id)) send(*pending, pending->request.view(), FrameType::request);
  }
}

void Forwarder::fail_waiting(std::uint16_t index) {
  node(index).waiting_bytes = 0;
  for (const std::uint64_t id : std::exchange(node(index).waiting, {})) {
    if (Pending* pending = pending_.find(id)) end(*pending, Outcome::unavailable, Why::unreachable);
  }
  wake_all(node(index).traffic);
}

bool Forwarder::can_go_again(const Pending& pending, bool left,
                             const std::function<bool(StreamId)>& is_there) const {
  if (!pending.can_resend || pending.relayed || !pending.origin.is_entry()) return false;
  if (!left) return true;
  // A read that has left: once more, unless it would see a write that its client sent later.
  if (pending.retried || !is_there(pending.origin.stream)) return false;
  const auto written = last_writes_.find(pending.origin.stream);
  return written == last_writes_.end() || written->second < pending.sequence;
}

void Forwarder::link_is_lost(std::uint16_t index, std::uint64_t written,
                             const std::function<bool(StreamId)>& is_there) {
  std::vector<Pending*> again;
  std::vector<Pending*> in_doubt;
  std::vector<Pending*> undone;
  for (Pending* at = pending_.oldest(); at != nullptr; at = at->next) {
    Pending& pending = *at;
    if (pending.to_sibling || pending.target != index || pending.state != Pending::State::sent) continue;
    const bool left = pending.stream_end <= written;
    if (left && pending.write) {
      in_doubt.push_back(&pending);
      continue;
    }
    (can_go_again(pending, left, is_there) ? again : undone).push_back(&pending);
    pending.retried = pending.retried || left;
  }
  ToNode& to = node(index);
  to.traffic.requests = to.traffic.awaited_bytes = 0;
  // The order in which they were sent is the order in which they are sent again.
  for (Pending* const pending : again) {
    pending->state = Pending::State::waiting;
    to.waiting.push_back(pending->id);
    ++counts_.retries;
  }
  const auto end_all = [&](const std::vector<Pending*>& all, Outcome outcome, Why why) {
    for (Pending* const pending : all) {
      pending->state = Pending::State::waiting;  // its link counts nothing any more
      end(*pending, outcome, why);
    }
  };
  end_all(in_doubt, Outcome::in_doubt, Why::lost);
  end_all(undone, Outcome::unavailable, Why::unreachable);
}

// ---- Answers ----

void Forwarder::end(Pending& pending, Outcome outcome, Why why) {
  Action action{.kind = Action::Kind::end, .origin = pending.origin, .target = target_of(pending)};
  action.slot = pending.slot;
  action.outcome = outcome;
  action.why = why;
  action.charged = release(pending);
  pending_.erase(pending);
  actions_.push_back(std::move(action));
}

std::size_t Forwarder::release(Pending& pending) {
  const std::size_t charged = release_successors(pending);
  if (pending.state == Pending::State::bounced) unbounce(pending);
  leave_traffic(pending);
  return charged;
}

std::size_t Forwarder::release_successors(Pending& pending) {
  if (std::exchange(pending.in_relay_order, false)) relays_.ended(pending.slot, pending.hops);
  if (std::exchange(pending.came_back, false)) relays_.unbounced(pending.slot);
  return std::exchange(pending.charged, 0);
}

void Forwarder::leave_traffic(Pending& pending) {
  if (pending.state != Pending::State::sent) return;
  UnderWay& way = traffic(target_of(pending));
  LIMPET_ASSERT(way.requests > 0 && way.awaited_bytes >= pending.large_reply);
  --way.requests;
  way.awaited_bytes -= pending.large_reply;
  if (!way.stalled.empty() && way.half_free()) wake_all(way);
}

std::optional<Forwarder::Answered> Forwarder::answered(std::uint64_t id, Outcome outcome, Now now) {
  Pending* const pending = pending_.find(id);
  if (pending == nullptr) return std::nullopt;
  Answered answered{.origin = pending->origin, .slot = pending->slot};
  answered.was_read = !pending->write && !pending->relayed && pending->origin.is_entry();
  answered.nobody_owned = outcome == Outcome::not_mine && !pending->relayed && pending->can_resend;
  if (answered.nobody_owned) {
    leave_traffic(*pending);
    bounce(*pending, now);
    return answered;
  }
  answered.charged = release(*pending);
  pending_.erase(*pending);
  return answered;
}

const Origin* Forwarder::origin_of(std::uint64_t id) {
  const Pending* const pending = pending_.find(id);
  return pending != nullptr ? &pending->origin : nullptr;
}

// ---- Commands that nobody owned ----

void Forwarder::bounce(Pending& pending, Now now) {
  pending.state = Pending::State::bounced;
  pending.retry_ms = now.steady_ms + kBounceRetryMs;
  bounced_.push_back(pending.id);
  // Later commands for the slot must not overtake this one: when it is tried again it may come back once
  // more, and they not.
  if (pending.origin.is_entry()) {
    ++bounced_of_[pending.origin.stream];
    if (pending.slot != kNoSlot) overtaking_.may_come_back(pending.origin.stream, pending.slot);
  } else if (slots_move_ && !std::exchange(pending.came_back, true)) {
    relays_.bounced(pending.slot);
    if (std::exchange(pending.in_relay_order, false)) relays_.ended(pending.slot, pending.hops);
  }
}

void Forwarder::unbounce(const Pending& pending) {
  if (!pending.origin.is_entry()) return;
  const auto found = bounced_of_.find(pending.origin.stream);
  if (found == bounced_of_.end() || --found->second > 0) return;
  bounced_of_.erase(found);
  wake(pending.origin.stream);
}

// To whoever owns the slot by now.
void Forwarder::try_again(Pending& pending, const std::function<Route(Slot)>& route, Now now) {
  const Route way = pending.slot == kNoSlot ? Route{Route::Kind::peer, pending.target} : route(pending.slot);
  switch (way.kind) {
    case Route::Kind::wait:
    case Route::Kind::refuse:
      pending.retry_ms = now.steady_ms + kBounceRetryMs;
      bounced_.push_back(pending.id);
      return;
    case Route::Kind::here: {
      Action action{.kind = Action::Kind::serve, .origin = pending.origin};
      action.slot = pending.slot;
      action.body = std::move(pending.request);
      action.charged = release(pending);
      pending_.erase(pending);
      actions_.push_back(std::move(action));
      return;
    }
    case Route::Kind::sibling:
    case Route::Kind::peer:
      break;
  }
  ++counts_.retries;
  unbounce(pending);
  pending.to_sibling = way.kind == Route::Kind::sibling;
  pending.target = way.target;
  pending.state = Pending::State::waiting;
  switch (transport_.state(target_of(pending))) {
    case Transport::State::sends:
      return send(pending, pending.request.view(), FrameType::request);
    case Transport::State::waits:
      return wait_for_link(pending);
    case Transport::State::fails:
      return end(pending, Outcome::unavailable, Why::unreachable);
  }
}

// In the order in which they came. One that is to wait holds back those behind it.
void Forwarder::retry(const std::function<Route(Slot)>& route, Now now) {
  if (bounced_.empty()) return;
  using Asker = std::pair<StreamId, Slot>;  // a client of this shard, or all of the other shards
  const auto asker_of = [](const Pending& pending) { return Asker{pending.origin.stream, pending.slot}; };
  std::set<Asker> waiting;
  for (const Pending* at = pending_.oldest(); at != nullptr; at = at->next) {
    const Pending& pending = *at;
    const bool counts = !pending.relayed && pending.origin.kind != Origin::Kind::handoff;
    if (counts && pending.state != Pending::State::bounced) waiting.insert(asker_of(pending));
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> bounced;
  for (const std::uint64_t id : std::exchange(bounced_, {})) {
    const Pending* pending = pending_.find(id);
    if (pending != nullptr && pending->state == Pending::State::bounced)
      bounced.emplace_back(pending->sequence, id);
  }
  std::sort(bounced.begin(), bounced.end());
  for (const auto& [sequence, id] : bounced) {
    Pending& pending = *pending_.find(id);
    const Asker asker = asker_of(pending);
    if (pending.retry_ms > now.steady_ms || waiting.contains(asker)) {
      waiting.insert(asker);
      bounced_.push_back(id);
    } else {
      try_again(pending, route, now);
    }
  }
}

// ---- Time ----

void Forwarder::expire(Now now) {
  while (Pending* const oldest = pending_.oldest()) {
    Pending& pending = *oldest;
    if (pending.deadline_ms > now.steady_ms) break;
    const bool bounced = pending.state == Pending::State::bounced;
    // A frame that waits in a buffer still may leave, so a write that was handed to the link is in doubt.
    const bool in_doubt = pending.state == Pending::State::sent && pending.write;
    end(pending, in_doubt ? Outcome::in_doubt : Outcome::unavailable,
        bounced ? Why::unowned : Why::timed_out);
  }
  overtaking_.gave_up(now.steady_ms);
}

// ---- Clients ----

void Forwarder::all_answered(StreamId client) {
  overtaking_.all_answered(client);
  if (!last_writes_.empty()) last_writes_.erase(client);
}

void Forwarder::gone(StreamId client) {
  all_answered(client);
  if (!bounced_of_.empty()) bounced_of_.erase(client);
}

std::size_t Forwarder::abandon(StreamId client) {
  std::size_t charged = 0;
  for (Pending* at = pending_.oldest(); at != nullptr; at = at->next) {
    Pending& pending = *at;
    if (pending.origin.stream != client || pending.state != Pending::State::sent) continue;
    pending.can_resend = false;
    pending.request.release();
    charged += std::exchange(pending.charged, 0);
  }
  return charged;
}

void Forwarder::wake(StreamId client) {
  Action action{.kind = Action::Kind::wake};
  action.origin.stream = client;
  actions_.push_back(std::move(action));
}

void Forwarder::wake_all(UnderWay& traffic) {
  for (const StreamId client : std::exchange(traffic.stalled, {})) wake(client);
}

// ---- To see ----

std::size_t Forwarder::unanswered(std::uint16_t index) const {
  return index < nodes_.size() ? nodes_[index].traffic.requests : 0;
}

std::uint64_t Forwarder::sent_total(std::uint16_t index) const {
  return index < nodes_.size() ? nodes_[index].total : 0;
}

}  // namespace limpet::forward
