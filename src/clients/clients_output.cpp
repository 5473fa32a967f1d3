// What clients are owed: in the order of their requests, not before it is safe, and not for ever.
#include <limpet/clients/clients.hpp>
#include <utility>

namespace limpet::clients {

namespace {
// How many buffers of idle clients are kept.
constexpr std::size_t kSpareBuffers = 64;
}  // namespace

void Clients::begin_output(Client& client) {
  in_turn_ = &client;
  if (!client.backlog && client.out.size() < kOutputPauseBytes) return;
  if (!client.backlog) client.backlog = std::make_unique<Backlog>();
  client.backlog->open(client.out);
}

void Clients::end_output(Client& client) {
  in_turn_ = nullptr;
  if (!client.backlog) return;
  client.backlog->close(client.out);
  if (client.backlog->empty()) client.backlog.reset();
}

// A pipeline's replies come from several shards and nodes in turn. Each write costs more than a dozen
// commands, so those that have come wait for the next ones.
void Clients::output_changed(Client& client, Lsn safe) {
  if (&client == in_turn_) return;
  const bool hold = !client.replies.empty() && !client.out.empty() && client.out.size() < kHeldBytesMax &&
                    !client.ending && !client.aborted && !client.backlog;
  client.held = hold || client.gate.is_shut(safe);
  if (hold && client.gate.list_for_tick()) held_.push_back(client.id);
  account(client);
  dirty_.mark(client, client.id);
}

void Clients::complete(Client& client, Place* place, Lsn safe, Now now) {
  // It may have its turn, or another one may.
  const Client* const in_turn = in_turn_;
  if (in_turn != &client) begin_output(client);
  lend_buffer(client.out);
  client.replies.complete(place, places_, client.out);
  if (in_turn != &client) end_output(client);
  in_turn_ = in_turn;
  const std::size_t behind = client.backlog ? client.backlog->bytes() : 0;
  if (client.out.size() + behind + client.replies.bytes() > kOutputBytesMax) {
    warn("client " + client.origin.address + " does not read its replies: closed", now);
    client.out.release();
    client.backlog.reset();
    end(client, safe);
    client.broken = client.finished = true;
    return;
  }
  if (client.turn.is_stalled()) wake(client);
  if (client.ending) client.finished = client.replies.empty();
  output_changed(client, safe);
}

// ---- When it may leave ----

void Clients::gate(Client& client, Lsn lsn) {
  client.gate.raise(lsn);
  if (client.gate.list_for_safety()) gated_.push_back(client.id);
}

void Clients::release(Lsn safe) {
  for (const StreamId id : std::exchange(gated_, {})) {
    Client* const client = find(id);
    if (client == nullptr) continue;
    if (client->gate.is_shut(safe)) {
      gated_.push_back(id);
      continue;
    }
    client->gate.safe();
    output_changed(*client, safe);
    // First the replies leave: with those of its next commands they would have to wait again.
    if (client->turn.is_stalled() && client->out.empty()) wake(*client);
  }
}

void Clients::abort_gated(Lsn up_to) {
  for (const StreamId id : std::exchange(gated_, {})) {
    Client* const client = find(id);
    if (client == nullptr) continue;
    client->gate.first() <= up_to ? dirty_.abort(*client, client->id) : gated_.push_back(id);
  }
}

void Clients::tick_held(Lsn safe) {
  for (const StreamId id : std::exchange(held_, {})) {
    Client* const client = find(id);
    if (client == nullptr) continue;
    client->gate.ticked();
    client->held = client->held && client->gate.is_shut(safe);
    if (!client->held) dirty_.mark(*client, client->id);
  }
}

// ---- Buffers ----

void Clients::written(Client& client, std::size_t bytes, Now now) {
  client.out.consume(bytes);
  client.last_used_ms = now.steady_ms;
  if (client.out.empty()) take_buffer(client.out);
  if (client.backlog) {
    client.backlog->next(client.out);
    if (client.backlog->empty()) client.backlog.reset();
  }
  account(client);
  if (client.turn.is_stalled()) wake(client);
}

void Clients::lend_buffer(Bytes& out) {
  if (out.capacity() > 0 || spare_.empty()) return;
  out = std::move(spare_.back());
  spare_.pop_back();
}

// What is idle owns no buffer.
void Clients::take_buffer(Bytes& out) {
  if (out.capacity() == 0) return;
  if (spare_.size() < kSpareBuffers && out.capacity() <= kSpareBytesMax) spare_.push_back(std::move(out));
  out.release();
}

}  // namespace limpet::clients
