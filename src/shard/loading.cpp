// Slots that are not loaded yet.
//
// At a start the sessions come from the disk slot by slot, while commands come already. One for a slot that
// is there runs at once. One for another slot waits, has it loaded before others, and is told -LOADING if
// that takes too long. A client waits as a whole, so that its commands keep their order; a request of another
// shard or node is put aside until its slot is there. Those for a slot that is on its way between two nodes
// wait in the same way.
#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/number.hpp>
#include <utility>

#include "core.hpp"

namespace limpet::shard {

// Shorter than what an entry node waits for another: it is better told that nothing has happened.
std::int64_t Core::loading_patience() const {
  return std::min(kLoadingWaitMs, tunables_.forward_timeout_ms / 2);
}

std::string Core::why_unserved(Slot slot) const {
  const std::string here = why_not_served(ownership_, slot);
  if (!here.empty()) return here;
  const std::string name = "slot " + std::to_string(slot);
  if (forwarder_.relays().contains(slot)) return "TRYAGAIN the owner of " + name + " is changing";
  const Owner& known = ownership_.known().shown(slot);
  if (known.known() && known.node != config_.self) {
    if (links_.at(known.node).verdict() != Link::Verdict::send)
      return linking_.why_unreachable(known.node, slot);
    return "CLUSTERDOWN " + name + " is not served: others know that node " + view_->nodes[known.node].name +
           " holds it, and it does not say so; `limpet cluster status` says more";
  }
  const std::string why =
      ownership_.moves_slots() ? ownership_.first_slots().about_unowned(*view_, nodes()) : std::string();
  return "CLUSTERDOWN " + name + " is held by no node yet" + (why.empty() ? "" : ": " + why);
}

std::string Core::why_not_whole() const {
  if (ownership_.slots().loading() > 0) {
    return "LOADING " + std::to_string(ownership_.slots().loading()) +
           " slots are not loaded yet; try again in a moment";
  }
  if (ownership_.slots().damaged() > 0) {
    return "MISCONF " + std::to_string(ownership_.slots().damaged()) +
           " slots are damaged on the disk of this node and not served; its log says what to do";
  }
  return {};
}

// ---- Waiting ----

void Core::want(Slot slot) {
  if (waiters_.want(slot) && ownership_.slots().is_loading(slot)) effects_.wanted.push_back(slot);
}

std::optional<Slot> Core::first_missing(const std::vector<Slot>& slots) {
  std::optional<Slot> first;
  for (const Slot slot : slots) {
    if (ownership_.slots().route(slot).kind != Route::Kind::wait) continue;
    if (!first || ownership_.slots().is_damaged(slot)) first = slot;
    if (!ownership_.slots().is_damaged(slot))
      want(slot);  // so that they come together, not one after the other
  }
  return first;
}

bool Core::wait_for_slot(Client& client, Slot slot) {
  using Verdict = clients::SlotWait::Verdict;
  const ownership::SlotTable& slots = ownership_.slots();
  Verdict verdict = Verdict::over;
  if (slots.is_damaged(slot)) {
    client.wait.give_up();
  } else {
    verdict = client.wait.wait(slot, slots.is_loading(slot), loading_patience(), now_);
  }
  if (verdict == Verdict::over) {
    ++counters_.forward_errors;
    reply_error(client, why_unserved(slot));
    return true;
  }
  if (verdict == Verdict::begins) {
    want(slot);
    waiters_.add(slot, client.id);
  }
  return false;
}

void Core::park(const Origin& origin, Slot slot, std::uint8_t hops, std::string_view body) {
  if (ownership_.slots().is_damaged(slot) || !waiters_.has_room(body.size())) {
    deliver(origin, Outcome::unavailable, why_unserved(slot));
    return;
  }
  want(slot);
  forward::Parked parked;
  parked.origin = origin;
  parked.hops = hops;
  parked.until_ms = now_.steady_ms + loading_patience();
  parked.body.append(body);
  parked.charged = charge(origin, sizeof parked + body.size());
  waiters_.park(slot, std::move(parked));
}

void Core::tick_loading() {
  const auto until = [this](StreamId id) -> std::optional<std::int64_t> {
    const Client* client = clients_.find(id);
    return client != nullptr ? std::optional(client->wait.until_ms()) : std::nullopt;
  };
  for (const forward::Waiters::Expired& each : waiters_.expire(until, now_)) {
    if (Client* client = each.client ? clients_.find(*each.client) : nullptr) {
      client->wait.ran_out();
      clients_.wake(*client);
    } else if (!each.client) {
      give_back(each.request.origin, each.request.charged);
      deliver(each.request.origin, Outcome::unavailable, why_unserved(each.slot));
    }
  }
}

// ---- Loading ----

void Core::take_load(const LoadPiece& piece) {
  std::string_view bytes = piece.bytes.view();
  for (const LoadPiece::Step& step : piece.steps) {
    const std::string_view effects = bytes.substr(0, step.bytes);
    bytes.remove_prefix(step.bytes);
    if (ownership_.slots().is_damaged(step.slot)) continue;
    const Result<void> done = engine_.load(step.slot, effects, now_);
    if (!done) {
      slot_damaged(step.slot, done.error().text);
    } else if (step.end == LoadPiece::End::damaged) {
      slot_damaged(step.slot, {});
    } else if (step.end == LoadPiece::End::whole) {
      slot_loaded(step);
    }
  }
}

void Core::slot_loaded(const LoadPiece::Step& step) {
  const Slot slot = step.slot;
  if (journal::Writer* const journal = engine_.feed().journal())
    journal->set_sequence(slot, step.changes, step.version);
  engine_.store().resume_reclaim(slot);
  ownership_.loaded(slot);
}

void Core::slot_damaged(Slot slot, const std::string& why) {
  if (!why.empty()) {
    note(Note::Level::error, "slot " + std::to_string(slot) + " cannot be loaded, and is not served: " + why);
  }
  engine_.store().resume_reclaim(slot);
  ownership_.damaged(slot);
  wake_waiters(slot);
}

void Core::wake_waiters(Slot slot) {
  const forward::Waiters::Waiting waiting = waiters_.take(slot);
  for (const forward::Parked& parked : waiting.requests) {
    give_back(parked.origin, parked.charged);
    serve_kept(parked.origin, slot, ownership_.slots().route(slot), parked.body.view());
  }
  for (const StreamId id : waiting.clients) {
    Client* client = clients_.find(id);
    if (client != nullptr && client->wait.came(slot)) clients_.wake(*client);
  }
}

// Those that the others wait for, as this shard has passed them on before.
void Core::serve_returned(Slot slot) {
  const auto came_back = [&](const forward::Parked& parked) {
    return forwarder_.relays().came_back(slot, parked.hops);
  };
  for (const forward::Parked& parked : waiters_.take_some(slot, came_back)) {
    give_back(parked.origin, parked.charged);
    serve_kept(parked.origin, slot, ownership_.owner_route(slot), parked.body.view());
  }
}

void Core::serve_kept(const Origin& origin, Slot slot, Route route, std::string_view body) {
  peer::Request request;
  std::vector<std::string_view> args;
  LIMPET_ASSERT(peer::read_request(body, request, args));
  serve_slot(origin, slot, route, request, command::find(args[0]), args, body);
}

}  // namespace limpet::shard
