// Commands that were sent on: their sending, their answers, time-outs and second tries.
//
// The rules, and why:
//   - What did not leave this node, and a read, may be sent again: nothing can happen twice.
//   - A write that left and whose answer did not come is never sent again: its client is told -INDOUBT.
//   - Only the node where the client is tries again; one on the way passes on what it learnt.
//   - A read is not sent again if a later write of the same client to the same slot has left: it would see
//   the future.
#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/peer/held.hpp>

#include "core.hpp"

namespace limpet::shard {

namespace {

constexpr std::string_view kNoRoomForReply =
    "INDOUBT there is no room for its reply: too many for clients of the same node wait to be sent";
constexpr std::string_view kNotAnswered = " did not answer within the forward time-out";

// A frame that concerns no slot says 0.
Slot on_wire(Slot slot) { return slot == kNoSlot ? Slot{0} : slot; }

bool is_entry(const Origin& origin) {
  return origin.kind == Origin::Kind::client || origin.kind == Origin::Kind::gather;
}

}  // namespace

std::string Core::unreachable(const Link& link, Slot slot) const {
  const cluster::Node& node = view_->nodes[link.node()];
  const std::string holds = slot == kNoSlot ? "" : ", which holds slot " + std::to_string(slot) + ",";
  return "CLUSTERDOWN node " + node.name + " (" + (node.peer ? node.peer->text() : "no address") + ")" +
         holds + " cannot be reached: " + link.why(now_);
}

// ---- Sending ----

bool Core::has_room(Route route, Client& client) {
  if (route.kind == Route::Kind::sibling) {
    Sibling& sibling = siblings_[route.target];
    Traffic& traffic = sibling.traffic;
    // With nothing under way there would be nobody to wake the client; and then there is room.
    if (traffic.requests == 0) return true;
    if (traffic.requests < kLinkRequestsMax && sibling.batch.size() < kLinkBytesMax &&
        traffic.has_room_for(large_reply(client)))
      return true;
    traffic.stalled.push_back(client.id);
    return false;
  }
  if (route.kind != Route::Kind::peer) return true;
  Link& link = link_to(route.target);
  if (link.verdict() == Link::Verdict::fail) return true;
  const bool full = link.traffic.requests + link.waiting.size() >= kLinkRequestsMax ||
                    link.waiting_bytes >= kLinkBytesMax ||
                    (link.up() && link.lanes().waiting() >= kLinkBytesMax) ||
                    !link.traffic.has_room_for(large_reply(client));
  if (full) link.traffic.stalled.push_back(client.id);
  return !full;
}

peer::Request Core::first_hop(Reach reach, resp::Version version, bool authenticated) const {
  return {.epoch = view_->epoch,
          .hops = 1,
          .version = static_cast<std::uint8_t>(version),
          .authenticated = authenticated,
          .reach = reach};
}

void Core::forward(Route route, Slot slot, Origin origin, const peer::Request& request, Args args,
                   bool write) {
  // On the way to a sibling it has not left the node yet.
  peer::Request first = request;
  if (route.kind == Route::Kind::sibling) first.hops = 0;
  scratch_.clear();
  peer::append_request(scratch_, first, args);
  forward_bytes(route, slot, origin, scratch_.view(), write, 0);
}

void Core::forward_bytes(Route route, Slot slot, Origin origin, std::string_view body, bool write,
                         std::uint8_t hops) {
  Link* link = route.kind == Route::Kind::peer ? &link_to(route.target) : nullptr;
  if (link != nullptr && link->verdict() == Link::Verdict::fail) {
    deliver(origin, Outcome::unavailable, unreachable(*link, slot));
    return;
  }
  auto [id, pending] = pending_.add(now_.steady_ms + tunables_.forward_timeout_ms);
  pending.number = ++forwards_numbered_;
  if (Client* client = is_entry(origin) ? find_client(origin.stream) : nullptr) {
    if (write) client->last_write = pending.number;
    pending.large_reply = large_reply(*client);
  }
  pending.to_sibling = link == nullptr;
  pending.write = write;
  pending.hops = hops;
  pending.relayed = hops > 0;
  pending.target = route.target;
  pending.slot = slot;
  pending.origin = origin;
  pending.charged = charge(origin, sizeof pending + sizeof(Place) + body.size());
  if (!is_entry(origin)) pass_on(pending);
  if (link == nullptr) {
    send_to_sibling(FrameType::request, id, pending, body);
    ++counters_.commands_to_siblings;
    return;
  }
  ++counters_.commands_forwarded;
  ++link->requests_total;
  const bool wait = link->verdict() == Link::Verdict::wait;
  pending.kept = wait || body.size() <= kRetainBytesMax;
  if (pending.kept) pending.request.append(body);
  if (!wait) {
    send_to_link(id, pending, body);
    return;
  }
  link->waiting.push_back(id);
  link->waiting_bytes += body.size();
  if (link->state() == LinkState::idle) dial(*link);
}

void Core::send_to_sibling(FrameType type, std::uint64_t id, Pending& pending, std::string_view body) {
  Sibling& sibling = siblings_[pending.target];
  peer::append_frame(sibling.batch, {.type = type, .slot = on_wire(pending.slot), .id = id, .body = body});
  sent(pending, sibling.traffic);
}

void Core::send_to_link(std::uint64_t id, Pending& pending, std::string_view body) {
  Link& link = link_to(pending.target);
  pending.end =
      link.lanes().send({.type = FrameType::request, .slot = on_wire(pending.slot), .id = id, .body = body});
  sent(pending, link.traffic);
  refill(link);
}

void Core::refill(Link& link) {
  for (const Lanes::Sent& sent : link.lanes().refill()) {
    if (Pending* pending = pending_.find(sent.id)) pending->end = sent.end;
  }
  if (Stream* out = stream(link.id())) touch(*out, link.id());
}

void Core::flush_waiting(Link& link) {
  link.waiting_bytes = 0;
  for (const std::uint64_t id : std::exchange(link.waiting, {})) {
    if (Pending* pending = pending_.find(id)) send_to_link(id, *pending, pending->request.view());
  }
}

void Core::fail_waiting(Link& link) {
  link.waiting_bytes = 0;
  for (const std::uint64_t id : std::exchange(link.waiting, {})) {
    Pending* pending = pending_.find(id);
    if (pending == nullptr) continue;
    const Origin origin = pending->origin;
    const std::string error = unreachable(link, pending->slot);
    let_later_go(*pending);
    pending_.erase(id);
    deliver(origin, Outcome::unavailable, error);
  }
  wake_all(link.traffic);
}

// ---- A link is gone ----

bool Core::may_send_again(const Pending& pending, bool left) {
  if (!pending.kept || pending.relayed || !is_entry(pending.origin)) return false;
  if (!left) return true;
  // A read that has left: once more, unless it would see a write that its client sent later.
  const Client* client = find_client(pending.origin.stream);
  return !pending.retried && client != nullptr && client->last_write < pending.number;
}

void Core::link_lost(Link& link, std::string_view reason) {
  const std::uint64_t written =
      link.state() >= LinkState::dialing && link.up() ? link.lanes().written_total() : 0;
  std::vector<std::uint64_t> again;
  std::vector<std::uint64_t> in_doubt;
  std::vector<std::uint64_t> undone;
  for (std::uint64_t id = pending_.oldest(); id != 0; id = pending_.find(id)->next) {
    Pending& pending = *pending_.find(id);
    if (pending.to_sibling || pending.target != link.node() || pending.state != Pending::State::sent)
      continue;
    const bool left = pending.end <= written;
    if (left && pending.write) {
      in_doubt.push_back(id);
      continue;
    }
    (may_send_again(pending, left) ? again : undone).push_back(id);
    pending.retried = pending.retried || left;
  }
  link.traffic.requests = link.traffic.awaited_bytes = 0;
  link.lost(reason, now_, random());
  const std::string& peer_name = view_->nodes[link.node()].name;
  effects_.notes.push_back({link.manner() == Manner::refuses ? Note::Level::error : Note::Level::warning,
                            "link to node " + peer_name + " is down: " + link.why(now_),
                            {},
                            LinkNote{.node = peer_name, .shard = config_.index}});

  // The order in which they were sent is the order in which they are sent again.
  for (const std::uint64_t id : again) {
    pending_.find(id)->state = Pending::State::waiting;
    link.waiting.push_back(id);
    ++counters_.forward_retries;
  }
  const auto answer_all = [&](const std::vector<std::uint64_t>& ids, Outcome outcome, auto text_for) {
    for (const std::uint64_t id : ids) {
      Pending& pending = *pending_.find(id);
      const Origin origin = pending.origin;
      const std::string text = text_for(pending);
      let_later_go(pending);
      pending_.erase(id);
      deliver(origin, outcome, text);
    }
  };
  const std::string& name = peer_name;
  answer_all(in_doubt, Outcome::in_doubt, [&](const Pending&) {
    return "INDOUBT the connection to node " + name + " was lost; the command may have been executed";
  });
  answer_all(undone, Outcome::unavailable,
             [&](const Pending& pending) { return unreachable(link, pending.slot); });
  if (link.verdict() != Link::Verdict::wait) fail_waiting(link);
  wake_all(link.traffic);
}

// ---- Answers ----

void Core::sent(Pending& pending, Traffic& traffic) {
  pending.state = Pending::State::sent;
  ++traffic.requests;
  traffic.awaited_bytes += pending.large_reply;
}

// The command is no longer under way.
void Core::release(Pending& pending) {
  let_later_go(pending);
  if (pending.state == Pending::State::bounced) unbounce(pending);
  leave_traffic(pending);
}

void Core::leave_traffic(Pending& pending) {
  if (pending.state != Pending::State::sent) return;
  Traffic& traffic = pending.to_sibling ? siblings_[pending.target].traffic : link_to(pending.target).traffic;
  LIMPET_ASSERT(traffic.requests > 0 && traffic.awaited_bytes >= pending.large_reply);
  --traffic.requests;
  traffic.awaited_bytes -= pending.large_reply;
  if (!traffic.stalled.empty() && traffic.half_free()) wake_all(traffic);
}

void Core::answered(std::uint64_t id, Outcome outcome, std::string_view body) {
  Pending* pending = pending_.find(id);
  if (pending == nullptr) return;  // its time ran out before
  if (outcome == Outcome::not_mine && !pending->relayed && pending->kept) {
    leave_traffic(*pending);
    bounce(id, *pending, body);
    return;
  }
  release(*pending);
  const Origin origin = pending->origin;
  const bool may_have_run = pending->write || pending->relayed || !is_entry(origin);
  pending_.erase(id);
  if (outcome == Outcome::in_doubt && !may_have_run) {
    // Of a read nothing is in doubt: it has no reply.
    return deliver(origin, Outcome::unavailable,
                   "BUSY" + std::string(body.substr(std::min(body.size(), body.find(' ')))));
  }
  deliver(origin, outcome, body);
}

// ---- Commands that nobody owned ----

void Core::bounce(std::uint64_t id, Pending& pending, std::string_view body) {
  peer::NotMe said;
  if (ownership_.moves_slots() && pending.slot != kNoSlot && peer::read_not_me(body, said) &&
      said.term != Term{}) {
    const auto node = view_->find(said.node);
    if (node && ownership_.hears_of(*node, pending.slot, said.term, now_)) work_off();
  }
  pending.state = Pending::State::bounced;
  pending.retry_ms = now_.steady_ms + kBounceRetryMs;
  bounced_.push_back(id);
  // Later commands for the slot must not overtake this one: when it is tried again it may come back once
  // more, and they not.
  if (is_entry(pending.origin)) {
    Client* client = find_client(pending.origin.stream);
    if (client == nullptr) return;
    ++client->bounced;
    if (pending.slot != kNoSlot) overtaking_.may_come_back(client->id, pending.slot);
  } else if (ownership_.moves_slots() && !std::exchange(pending.came_back, true)) {
    passed_on_.bounced(pending.slot);
    if (std::exchange(pending.passed_on, false)) passed_on_.ended(pending.slot, pending.hops);
    place(pending.slot);
  }
}

void Core::unbounce(Pending& pending) {
  Client* client = is_entry(pending.origin) ? find_client(pending.origin.stream) : nullptr;
  if (client == nullptr || client->bounced == 0) return;
  if (--client->bounced == 0 && client->stalled) wake(*client);
}

// ---- Commands of others' clients ----

// Later ones are not to overtake it.
void Core::pass_on(Pending& pending) {
  pending.passed_on = ownership_.moves_slots() && !pending.to_sibling && pending.slot != kNoSlot;
  if (pending.passed_on) passed_on_.began(pending.slot, pending.hops, pending.target);
}

// It has its answer, or gets it now: what must not overtake it may go.
void Core::let_later_go(Pending& pending) {
  give_back(pending.origin, std::exchange(pending.charged, 0));
  if (std::exchange(pending.passed_on, false)) passed_on_.ended(pending.slot, pending.hops);
  if (std::exchange(pending.came_back, false)) passed_on_.unbounced(pending.slot);
}

// Who waited for those that were passed on, and are answered, goes on.
void Core::place_eased() {
  while (passed_on_.has_eased()) {
    for (const Slot slot : passed_on_.take_eased()) place(slot);
  }
}

// To whoever holds the slot by now.
void Core::try_again(std::uint64_t id, Pending& pending) {
  const Slot slot = pending.slot;
  const Route route = slot == kNoSlot            ? Route{Route::Kind::peer, pending.target}
                      : ownership_.moves_slots() ? ownership_.owner_route(slot)
                                                 : ownership_.slots().route(slot);
  switch (route.kind) {
    case Route::Kind::wait:
    case Route::Kind::refuse:
      pending.retry_ms = now_.steady_ms + kBounceRetryMs;
      bounced_.push_back(id);
      return;
    case Route::Kind::here: {
      const Bytes body = std::move(pending.request);
      const Origin origin = pending.origin;
      release(pending);
      pending_.erase(id);
      return serve_kept(origin, slot, route, body.view());
    }
    case Route::Kind::sibling:
    case Route::Kind::peer:
      break;
  }
  ++counters_.forward_retries;
  unbounce(pending);
  pending.to_sibling = route.kind == Route::Kind::sibling;
  pending.target = route.target;
  if (pending.to_sibling) {
    return send_to_sibling(FrameType::request, id, pending, pending.request.view());
  }
  Link& link = link_to(route.target);
  pending.state = Pending::State::waiting;
  switch (link.verdict()) {
    case Link::Verdict::send:
      return send_to_link(id, pending, pending.request.view());
    case Link::Verdict::wait:
      link.waiting.push_back(id);
      if (link.state() == LinkState::idle) dial(link);
      return;
    case Link::Verdict::fail: {
      const Origin origin = pending.origin;
      const std::string error = unreachable(link, slot);
      let_later_go(pending);
      pending_.erase(id);
      return deliver(origin, Outcome::unavailable, error);
    }
  }
}

// ---- Time-outs ----

void Core::out_of_time(std::uint64_t id, Pending& pending) {
  const Origin origin = pending.origin;
  const Pending::State state = pending.state;
  // A frame that waits in a buffer still may leave, so a write that was handed to the link is in doubt.
  const bool in_doubt = state == Pending::State::sent && pending.write;
  const std::string who = pending.to_sibling ? "shard " + std::to_string(pending.target)
                                             : "node " + view_->nodes[pending.target].name;
  const Slot slot = pending.slot;
  release(pending);
  pending_.erase(id);
  if (state == Pending::State::bounced) {
    deliver(origin, Outcome::unavailable,
            "TRYAGAIN no node says that slot " + std::to_string(slot) +
                " is its own: the nodes run different cluster files");
    return;
  }
  deliver(origin, in_doubt ? Outcome::in_doubt : Outcome::unavailable,
          (in_doubt ? "INDOUBT " : "CLUSTERDOWN ") + who + std::string(kNotAnswered) +
              (in_doubt ? "; the command may have been executed" : ""));
}

// ---- To whoever asked ----

void Core::deliver(const Origin& origin, Outcome outcome, std::string_view body, std::uint64_t needs) {
  if (needs > safe()) return hold(origin, outcome, body, needs);
  delivered_bytes_ += body.size();
  switch (origin.kind) {
    case Origin::Kind::nobody:
      return;
    case Origin::Kind::client:
      deliver_to_client(origin, outcome, body);
      return;
    case Origin::Kind::gather:
      part_done(origin, outcome, body);
      return;
    case Origin::Kind::handoff:
      take_answer(origin, outcome, body);
      return;
    case Origin::Kind::sibling:
      peer::append_frame(siblings_[origin.sibling].batch, {.type = FrameType::reply,
                                                           .bits = static_cast<std::uint8_t>(outcome),
                                                           .id = origin.id,
                                                           .body = body});
      return;
    case Origin::Kind::peer:
      if (Peer* peer = find_peer(origin.stream)) {
        --peer->in_flight;
        if (outcome == Outcome::done && body.size() > kFirstReplyBytes && has_its_fill(*peer)) {
          outcome = Outcome::in_doubt;
          body = kNoRoomForReply;
        }
        peer->lanes.send({.type = FrameType::reply,
                          .bits = static_cast<std::uint8_t>(outcome),
                          .id = origin.id,
                          .body = body});
        refill(*peer);
      }
      return;
  }
}

void Core::deliver_to_client(const Origin& origin, Outcome outcome, std::string_view body) {
  Client* client = find_client(origin.stream);
  if (client == nullptr || client->broken) return;
  // It may be in its turn, or another one may.
  const Client* const in_turn = writing_;
  if (in_turn != client) begin_writing(*client);
  client->largest_reply = std::max(client->largest_reply, body.size());
  if (outcome == Outcome::done) {
    origin.place->reply.append(body);
  } else {
    ++(outcome == Outcome::in_doubt ? counters_.forward_indoubt : counters_.forward_errors);
    ++counters_.error_replies;
    ReplyWriter(origin.place->reply, client->version)
        .error(outcome == Outcome::not_mine ? "TRYAGAIN the owner of this slot is changing" : body);
  }
  lend_buffer(client->out);
  client->replies.complete(origin.place, places_, client->out);
  if (in_turn != client) end_writing(*client);
  writing_ = in_turn;
  const std::size_t behind = client->backlog ? client->backlog->bytes() : 0;
  if (client->out.size() + behind + client->replies.bytes() > kOutputBytesMax) {
    const std::string text = "client " + client->origin.address + " does not read its replies: closed";
    if (const auto line = client_notes_.take(text, now_)) note(Note::Level::warning, *line);
    client->out.release();
    client->backlog.reset();
    end_client(*client);
    client->broken = client->finished = true;
    return;
  }
  if (client->replies.awaited() == 0) {
    client->barrier = false;
    overtaking_.all_answered(client->id);
  }
  if (client->stalled) wake(*client);
  if (client->ending) client->finished = client->replies.empty();
  touch_client(*client);
}

}  // namespace limpet::shard
