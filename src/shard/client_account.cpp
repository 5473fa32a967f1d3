// What is kept for clients, here and under way, and who pays when it is too much.
#include "core.hpp"

namespace limpet::shard {

using Whose = ClientMemory::Whose;

// ---- Counting ----

void Core::account(Client& client) {
  memory_.count(Whose::client, client.memory,
                client.input.capacity() + client.out.capacity() + client.replies.bytes() +
                    (client.backlog ? client.backlog->capacity() : 0));
}

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
  Client* client = find_client(origin.stream);
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
  Client* client = find_client(origin.stream);
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

// ---- Replies that are not read ----

void Core::open_backlog(Client& client) {
  if (!client.backlog) client.backlog = std::make_unique<Backlog>();
  client.backlog->open(client.out);
}

void Core::close_backlog(Client& client) {
  client.backlog->close(client.out);
  if (client.backlog->empty()) client.backlog.reset();
}

void Core::take_from_backlog(Client& client) {
  client.backlog->next(client.out);
  if (client.backlog->empty()) client.backlog.reset();
}

// ---- Too much ----

// Closed at once, and nothing is kept for it any more.
void Core::give_up_on(Client& client, const std::string& why) {
  const std::string text = "client " + client.origin.address + " " + why + ": closed";
  if (const auto line = client_notes_.take(text, now_)) note(Note::Level::warning, *line);
  client.ending = client.broken = true;
  client.out.release();
  client.input.release();
  client.backlog.reset();
  client.replies.clear(places_);
  account(client);
  if (client.memory.charged > 0) forget_work_for(client.id);
  effects_.dirty.abort(client, client.id);
}

// Commands that are under way for a client that is gone go on, but nobody wants what they say, or them once
// more.
void Core::forget_work_for(StreamId client) {
  gathers_.gone(client);
  run_gathers();
  give_back({.stream = client}, forwarder_.abandon(client));
}

// All clients together have too much: those with the most pay.
void Core::shed_clients() {
  std::vector<Client*> clients;
  clients_.each([&](auto, Client& client) {
    if (!client.aborted && client.memory.kept() > 0) clients.push_back(&client);
  });
  for (Client* client : memory_.who_pays(std::move(clients))) {
    give_up_on(*client, "has " + std::to_string(client->memory.kept()) +
                            " bytes of requests and replies under way, and all clients together more than "
                            "client-memory");
  }
}

}  // namespace limpet::shard
