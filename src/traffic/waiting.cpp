#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/traffic/waiting.hpp>
#include <utility>

namespace limpet::traffic {

using clients::Client;
using forward::Parked;
using peer::Outcome;

// Shorter than what an entry node waits for another: it is better told that nothing has happened.
std::int64_t Waiting::patience_ms() const {
  return std::min(kLoadingWaitMs, tunables_.forward_timeout_ms / 2);
}

// ---- To wait ----

void Waiting::want(Slot slot) {
  if (waiters_.want(slot) && ownership_.slots().is_loading(slot)) wanted_.push_back(slot);
}

bool Waiting::wait(Client& client, Slot slot) {
  using Verdict = clients::SlotWait::Verdict;
  const ownership::SlotTable& slots = ownership_.slots();
  Verdict verdict = Verdict::over;
  if (slots.is_damaged(slot)) {
    client.wait.give_up();
  } else {
    verdict = client.wait.wait(slot, slots.is_loading(slot), patience_ms(), now_);
  }
  if (verdict == Verdict::over) {
    delivery_.refuse_unserved(client, dispatch_.why_unserved(slot));
    return true;
  }
  if (verdict == Verdict::begins) {
    want(slot);
    waiters_.add(slot, client.id);
  }
  return false;
}

std::optional<Slot> Waiting::first_missing(const std::vector<Slot>& slots) {
  std::optional<Slot> first;
  for (const Slot slot : slots) {
    if (!dispatch_.waits(slot)) continue;
    const bool damaged = ownership_.slots().is_damaged(slot);
    if (!first || damaged) first = slot;
    if (!damaged) want(slot);  // so that they come together, not one after the other
  }
  return first;
}

void Waiting::park(const forward::Origin& origin, Slot slot, std::uint8_t hops, std::string_view body) {
  if (ownership_.slots().is_damaged(slot) || !waiters_.has_room(body.size()))
    return delivery_.deliver(origin, Outcome::unavailable, dispatch_.why_unserved(slot));
  want(slot);
  Parked parked;
  parked.origin = origin;
  parked.hops = hops;
  parked.until_ms = now_.steady_ms + patience_ms();
  parked.body.append(body);
  parked.charged = delivery_.charge(origin, sizeof parked + body.size());
  waiters_.park(slot, std::move(parked));
}

// ---- To go on ----

void Waiting::wake(Slot slot, const std::vector<StreamId>& clients) {
  for (const StreamId id : clients) {
    Client* const client = clients_.find(id);
    if (client != nullptr && client->wait.came(slot)) clients_.wake(*client);
  }
}

std::vector<Parked> Waiting::take_returned(Slot slot) {
  return waiters_.take_some(
      slot, [&](const Parked& parked) { return forwarder_.relays().came_back(slot, parked.hops); });
}

void Waiting::expire() {
  const auto until = [this](StreamId id) -> std::optional<std::int64_t> {
    const Client* const client = clients_.find(id);
    return client != nullptr ? std::optional(client->wait.until_ms()) : std::nullopt;
  };
  for (const forward::Waiters::Expired& each : waiters_.expire(until, now_)) {
    if (Client* const client = each.client ? clients_.find(*each.client) : nullptr) {
      client->wait.ran_out();
      clients_.wake(*client);
    } else if (!each.client) {
      delivery_.deliver(each.request.origin, Outcome::unavailable, dispatch_.why_unserved(each.slot), 0,
                        each.request.charged);
    }
  }
}

}  // namespace limpet::traffic
