#include <algorithm>
#include <limpet/clients/clients.hpp>
#include <utility>

namespace limpet::clients {

namespace {

// Is it owed so much that its next commands wait? While all clients together have room that is a lot: many
// write a long pipeline before they read.
bool is_owed_enough(const Client& client, const ClientMemory& memory) {
  if (!client.authenticated) return true;
  return client.out.size() + (client.backlog ? client.backlog->bytes() : 0) >= memory.allowance();
}

}  // namespace

Clients::~Clients() {
  each([&](Client& client) { client.replies.clear(places_); });
}

// ---- They come and go ----

Client& Clients::open(const ClientOrigin& origin, bool authenticated, Now now) {
  auto [name, client] = slab_.emplace();
  client.id = {StreamKind::client, name.index, name.generation};
  client.number = ++numbered_ * shards_ + shard_;
  client.origin = origin;
  client.opened_ms = client.last_used_ms = now.steady_ms;
  client.authenticated = authenticated;
  return client;
}

void Clients::end(Client& client, Lsn safe) {
  client.ending = true;
  client.reading = false;
  client.finished = client.replies.empty();
  client.held = client.gate.is_shut(safe);
  dirty_.mark(client, client.id);
}

void Clients::close(Client& client) {
  client.replies.clear(places_);
  memory_.close(ClientMemory::Whose::client, client.memory);
  slab_.erase({client.id.index, client.id.generation});
}

// ---- What they send ----

bool Clients::may_take_more(const Client& client) const {
  if (client.replies.has_barrier()) return false;
  const std::size_t pause = client.authenticated ? kOutputPauseBytes : kUnauthOutputPauseBytes;
  if ((client.out.size() >= pause || client.backlog) && is_owed_enough(client, memory_)) return false;
  if (client.replies.empty()) return true;
  return client.replies.bytes() < kOutputPauseBytes &&
         client.replies.awaited() < (client.replies.largest() == 0 ? kFirstPlacesMax : kReplyPlacesMax) &&
         client.replies.awaited() * client.replies.largest() <= kAwaitedBytes;
}

Client* Clients::take_woken() {
  while (next_woken_ < woken_.size()) {
    Client* const client = find(woken_[next_woken_++]);
    if (client == nullptr) continue;
    client->turn.dequeue();
    if (!client->ending && client->turn.is_stalled()) return client;
  }
  woken_.clear();
  next_woken_ = 0;
  return nullptr;
}

// ---- What is kept ----

void Clients::account(Client& client) {
  memory_.count(ClientMemory::Whose::client, client.memory,
                client.input.capacity() + client.out.capacity() + client.replies.bytes() +
                    (client.backlog ? client.backlog->capacity() : 0));
}

void Clients::warn(std::string text, Now now) {
  if (auto line = notes_.take(std::move(text), now)) warnings_.push_back(std::move(*line));
}

}  // namespace limpet::clients
