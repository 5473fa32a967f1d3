// What is kept for clients, here and under way, and who pays when it is too much.
#include "core.hpp"

namespace limpet::shard {

using Whose = ClientMemory::Whose;

// ---- Counting ----

std::size_t Core::charge(const Origin& origin, std::size_t bytes) {
  if (origin.stream.kind == StreamKind::peer) {
    return peers_.charge(origin.stream, bytes);
  }
  Client* client = clients_.find(origin.stream);
  if (client == nullptr) return 0;
  memory_.charge(Whose::client, client->memory, bytes);
  return bytes;
}

void Core::give_back(const Origin& origin, std::size_t charged) {
  if (charged == 0) return;
  if (origin.stream.kind == StreamKind::peer) {
    return peers_.give_back(origin.stream, charged);
  }
  Client* client = clients_.find(origin.stream);
  memory_.give_back(Whose::client, client != nullptr ? &client->memory : nullptr, charged);
}

// ---- Clients that go ----

// Commands that are under way for a client that is gone go on, but nobody wants what they say, or them once
// more.
void Core::forget_work_for(StreamId client) {
  gathers_.gone(client);
  give_back({.stream = client}, forwarder_.abandon(client));
}

void Core::drain_clients() {
  for (std::string& text : std::exchange(clients_.warnings(), {}))
    note(Note::Level::warning, std::move(text));
  for (const StreamId id : std::exchange(clients_.given_up(), {})) forget_work_for(id);
}

}  // namespace limpet::shard
