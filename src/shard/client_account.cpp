// What is kept for clients, here and under way, and who pays when it is too much.
#include "core.hpp"

namespace limpet::shard {

using Whose = ClientMemory::Whose;

// ---- Counting ----

void Core::account(Peer& peer) {
  memory_.count(Whose::node, peer.memory, peer.lanes.waiting() + peer.assembler.bytes());
  ease(peer);
}

std::size_t Core::charge(const Origin& origin, std::size_t bytes) {
  if (origin.stream.kind == StreamKind::peer) {
    Peer* peer = find_peer(origin.stream);
    if (peer == nullptr) return 0;
    memory_.charge(Whose::node, peer->memory, bytes);
    return bytes;
  }
  Client* client = clients_.find(origin.stream);
  if (client == nullptr) return 0;
  memory_.charge(Whose::client, client->memory, bytes);
  return bytes;
}

void Core::give_back(const Origin& origin, std::size_t charged) {
  if (charged == 0) return;
  if (origin.stream.kind == StreamKind::peer) {
    Peer* peer = find_peer(origin.stream);
    memory_.give_back(Whose::node, peer != nullptr ? &peer->memory : nullptr, charged);
    if (peer != nullptr) ease(*peer);
    return;
  }
  Client* client = clients_.find(origin.stream);
  memory_.give_back(Whose::client, client != nullptr ? &client->memory : nullptr, charged);
}

// ---- Nodes ----

// One whose requests are not taken any more has large replies coming still, to those that were taken before
// anybody knew.
bool Core::has_its_fill(const Peer& peer) const {
  return peer.lanes.waiting() > std::max(2 * memory_.share(peers_.size()), kReplyBytesMax);
}

void Core::ease(Peer& peer) {
  if (!peer.stalled || peer.kept() > memory_.share(peers_.size()) / 2) return;
  peer.stalled = false;
  yield(peer);
}

// ---- Clients that go ----

// Commands that are under way for a client that is gone go on, but nobody wants what they say, or them once
// more.
void Core::forget_work_for(StreamId client) {
  gathers_.gone(client);
  run_gathers();
  give_back({.stream = client}, forwarder_.abandon(client));
}

void Core::drain_clients() {
  for (std::string& text : std::exchange(clients_.warnings(), {}))
    note(Note::Level::warning, std::move(text));
  for (const StreamId id : std::exchange(clients_.given_up(), {})) forget_work_for(id);
}

}  // namespace limpet::shard
