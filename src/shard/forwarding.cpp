#include "forwarding.hpp"

#include <algorithm>
#include <limpet/peer/held.hpp>
#include <limpet/resp/value.hpp>
#include <string>
#include <utility>

namespace limpet::shard {

using clients::Client;
using forward::Forwarder;
using forward::Origin;
using peer::Outcome;

// ---- Answers ----

bool Forwarding::take_reply(const peer::Frame& frame) {
  const auto outcome = static_cast<std::uint8_t>(frame.bits & ~peer::kMore);
  if (outcome > static_cast<std::uint8_t>(Outcome::in_doubt)) return false;
  const bool done = outcome == static_cast<std::uint8_t>(Outcome::done);
  // A node's word is not taken for it that a reply is a reply: clients get it as it is.
  if (done && !resp::is_one_value(frame.body, {.bytes_max = kFrameBytesMax})) {
    const Origin* const origin = forwarder_.origin_of(frame.id);
    if (origin == nullptr || origin->kind != Origin::Kind::handoff) return false;
  }
  answered(frame.id, static_cast<Outcome>(outcome), frame.body);
  return true;
}

void Forwarding::answered(std::uint64_t id, Outcome outcome, std::string_view body) {
  const auto known = forwarder_.answered(id, outcome, now_);
  if (!known) return;  // its time ran out before
  if (known->nobody_owned) return tried_in_vain(*known, body);
  if (outcome == Outcome::in_doubt && known->was_read) {
    // Of a read nothing is in doubt: it has no reply.
    return delivery_.deliver(known->origin, Outcome::unavailable,
                             "BUSY" + std::string(body.substr(std::min(body.size(), body.find(' ')))), 0,
                             known->charged);
  }
  delivery_.deliver(known->origin, outcome, body, 0, known->charged);
}

// Whoever was asked does not own the slot, and may have said who does.
void Forwarding::tried_in_vain(const Forwarder::Answered& answered, std::string_view body) {
  const Origin& origin = answered.origin;
  if (origin.is_entry() && clients_.find(origin.stream) == nullptr) forwarder_.gone(origin.stream);
  if (!ownership_.moves_slots()) return;
  peer::NotMe said;
  if (answered.slot != forward::kNoSlot && peer::read_not_me(body, said) && said.term != Term{}) {
    const auto node = links_.view().find(said.node);
    if (node) (void)ownership_.hears_of(*node, answered.slot, said.term, now_);
  }
  if (!origin.is_entry()) serving_.reroute(answered.slot);
}

// ---- What the Forwarder wants ----

void Forwarding::retry() {
  const bool moves = ownership_.moves_slots();
  const auto route = [&](Slot slot) {
    return moves ? ownership_.owner_route(slot) : ownership_.slots().route(slot);
  };
  forwarder_.retry(route, now_);
}

void Forwarding::drain() {
  for (const Forwarder::Action& action : std::exchange(forwarder_.actions(), {})) carry_out(action);
  // Who waited for those that were passed on, and are answered, goes on.
  while (forwarder_.relays().has_drained()) {
    for (const Slot slot : forwarder_.relays().take_drained()) serving_.reroute(slot);
  }
}

void Forwarding::carry_out(const Forwarder::Action& action) {
  using Kind = Forwarder::Action::Kind;
  switch (action.kind) {
    case Kind::wake:
      if (Client* const client = clients_.find(action.origin.stream)) clients_.wake(*client);
      return;
    case Kind::dial:
      return linking_.dial(action.target.index);
    case Kind::end:
      return delivery_.deliver(action.origin, action.outcome, sending_.why_ended(action), 0, action.charged);
    case Kind::serve:
      delivery_.give_back(action.origin, action.charged);
      return serving_.serve_kept(action.origin, action.slot, action.body.view());
  }
}

}  // namespace limpet::shard
