// Commands on their way to another shard or node: what the Forwarder (forward/forwarder.hpp) needs and wants,
// and where answers go.
#include <algorithm>
#include <limpet/peer/held.hpp>

#include "core.hpp"

namespace limpet::shard {

using forward::Forwarder;
using forward::Target;

namespace {

constexpr std::string_view kNotAnswered = " did not answer within the forward time-out";

Target target_of(Route route) { return {route.kind == Route::Kind::sibling, route.target}; }

}  // namespace

// ---- Sending ----

bool Core::has_room(Route route, Client& client) {
  const bool goes_on = route.kind == Route::Kind::sibling || route.kind == Route::Kind::peer;
  return !goes_on || forwarder_.has_room(target_of(route), client.replies.next_may_have(), client.id);
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
  const Target target = target_of(route);
  if (forwarder_.fails(target)) {
    deliver(origin, Outcome::unavailable, linking_.why_unreachable(route.target, slot));
    return;
  }
  const Client* const client = origin.is_entry() ? clients_.find(origin.stream) : nullptr;
  forwarder_.submit({.target = target,
                     .slot = slot,
                     .origin = origin,
                     .body = body,
                     .write = write,
                     .client_is_there = client != nullptr,
                     .hops = hops,
                     .large_reply = client != nullptr ? client->replies.next_may_have() : 0,
                     .charged = charge(origin, sizeof(Pending) + sizeof(Place) + body.size())},
                    now_.steady_ms + tunables_.forward_timeout_ms);
}

// ---- What it wants ----

void Core::carry_out(Forwarder::Action& action) {
  using Kind = Forwarder::Action::Kind;
  switch (action.kind) {
    case Kind::wake:
      if (Client* client = clients_.find(action.origin.stream)) clients_.wake(*client);
      return;
    case Kind::dial:
      return linking_.dial(action.target.index);
    case Kind::end:
      give_back(action.origin, action.charged);
      return deliver(action.origin, action.outcome, why_ended(action));
    case Kind::serve:
      give_back(action.origin, action.charged);
      return serve_kept(action.origin, action.slot, ownership_.owner_route(action.slot), action.body.view());
  }
}

std::string Core::why_ended(const Forwarder::Action& action) const {
  const auto who = [&] {
    return action.target.is_sibling ? "shard " + std::to_string(action.target.index)
                                    : "node " + view_->nodes[action.target.index].name;
  };
  const bool in_doubt = action.outcome == Outcome::in_doubt;
  switch (action.why) {
    case Forwarder::Why::unreachable:
      return linking_.why_unreachable(action.target.index, action.slot);
    case Forwarder::Why::lost:
      return "INDOUBT the connection to " + who() + " was lost; the command may have been executed";
    case Forwarder::Why::unowned:
      return "TRYAGAIN no node says that slot " + std::to_string(action.slot) +
             " is its own: the nodes run different cluster files";
    case Forwarder::Why::timed_out:
      break;
  }
  return (in_doubt ? "INDOUBT " : "CLUSTERDOWN ") + who() + std::string(kNotAnswered) +
         (in_doubt ? "; the command may have been executed" : "");
}

// ---- Answers ----

void Core::answered(std::uint64_t id, Outcome outcome, std::string_view body) {
  const auto known = forwarder_.answered(id, outcome, now_);
  if (!known) return;  // its time ran out before
  if (known->nobody_owned) return tried_in_vain(*known, body);
  give_back(known->origin, known->charged);
  if (outcome == Outcome::in_doubt && known->was_read) {
    // Of a read nothing is in doubt: it has no reply.
    return deliver(known->origin, Outcome::unavailable,
                   "BUSY" + std::string(body.substr(std::min(body.size(), body.find(' ')))));
  }
  deliver(known->origin, outcome, body);
}

// Whoever was asked does not own the slot, and may have said who does.
void Core::tried_in_vain(const Forwarder::Answered& answered, std::string_view body) {
  const Origin& origin = answered.origin;
  if (origin.is_entry() && clients_.find(origin.stream) == nullptr) forwarder_.gone(origin.stream);
  peer::NotMe said;
  if (ownership_.moves_slots() && answered.slot != kNoSlot && peer::read_not_me(body, said) &&
      said.term != Term{}) {
    const auto node = view_->find(said.node);
    if (node) (void)ownership_.hears_of(*node, answered.slot, said.term, now_);
  }
  if (!origin.is_entry() && ownership_.moves_slots()) update_route(answered.slot);
}

// Who waited for those that were passed on, and are answered, goes on.
void Core::reroute_drained() {
  while (forwarder_.relays().has_drained()) {
    for (const Slot slot : forwarder_.relays().take_drained()) update_route(slot);
  }
}

// ---- To whoever asked ----

void Core::deliver(const Origin& origin, Outcome outcome, std::string_view body, std::uint64_t needs) {
  if (needs > safe()) return defer_reply(origin, outcome, body, needs);
  delivered_count_ += body.size();
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
      siblings_.send(origin.sibling, {.type = FrameType::reply,
                                      .bits = static_cast<std::uint8_t>(outcome),
                                      .id = origin.id,
                                      .body = body});
      return;
    case Origin::Kind::peer:
      return peers_.reply(origin.stream, origin.id, outcome, body);
  }
}

void Core::deliver_to_client(const Origin& origin, Outcome outcome, std::string_view body) {
  Client* client = clients_.find(origin.stream);
  if (client == nullptr || client->broken) return;
  if (outcome == Outcome::done) {
    origin.place->reply.append(body);
  } else {
    ++(outcome == Outcome::in_doubt ? counters_.forward_indoubt : counters_.forward_errors);
    ++counters_.error_replies;
    ReplyWriter(origin.place->reply, client->version)
        .error(outcome == Outcome::not_mine ? "TRYAGAIN the owner of this slot is changing" : body);
  }
  clients_.complete(*client, origin.place, safe(), now_);
  drain_clients();
  if (!client->broken && client->replies.awaited() == 0) forwarder_.all_answered(client->id);
}

}  // namespace limpet::shard
