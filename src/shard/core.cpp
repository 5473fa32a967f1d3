// Streams come and go, time passes, the node stops.
#include "core.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/text.hpp>

namespace limpet::shard {

namespace {

ownership::OwnershipConfig ownership_of(const ShardConfig& config, const ShardTunables& tunables) {
  return {.self = config.self,
          .shards = config.shards,
          .shard = config.index,
          .loads = config.loads,
          .handoff = config.handoff,
          .handover_rate = tunables.handover_rate};
}

}  // namespace

Core::Core(ShardConfig config, ShardTunables tunables, Now now)
    : config_(std::move(config)),
      view_(config_.view),
      tunables_(std::move(tunables)),
      now_(now),
      clients_(config_.shards, config_.index, memory_, effects_.dirty),
      random_(config_.random_seed),
      engine_({.table_seed = config_.table_seed, .journal = config_.journal, .ticks_ns = config_.ticks_ns}),
      ownership_(ownership_of(config_, tunables_), view_, engine_.store(),
                 numbering_of(engine_.feed().journal()), now),
      links_(config_.self, view_, frames_of_links(), effects_.dirty),
      peers_(config_.self, view_, frames_of_peers(), memory_, effects_.dirty, turns_),
      siblings_(config_.shards, config_.index),
      forwarder_(ways_, config_.handoff.has_value()),
      telling_(config_, ownership_, links_, peers_, siblings_, effects_, now_),
      linking_(config_, links_, peers_, telling_, ownership_, forwarder_, effects_, random_, now_) {
  memory_.set_bound(tunables_.client_bytes_max);
  links_.set_secrets(tunables_.secret);
  peers_.set_secrets(tunables_.secret);
  engine_.set_memory({.max = tunables_.memory_max, .evict = tunables_.evict_when_full});
  for (unsigned at = config_.index; config_.loads && at < kSlots; at += config_.shards)
    engine_.store().suspend_reclaim(static_cast<Slot>(at));
  if (ownership_.moves_slots()) ownership_.go_on(nodes(), now_);
  telling_.begin();
  settle();
}

void Core::note(Note::Level level, std::string text) {
  effects_.notes.push_back({level, std::move(text), {}, {}});
}

Core::~Core() = default;

// ---- Finding and touching ----

Stream* Core::stream(StreamId id) {
  switch (id.kind) {
    case StreamKind::client:
      return clients_.find(id);
    case StreamKind::link:
      return links_.stream(id);
    case StreamKind::peer:
      return peers_.stream(id);
  }
  return nullptr;
}

// ---- Opening ----

StreamId Core::client_opened(const ClientOrigin& origin) {
  Client& client = clients_.open(origin, tunables_.password.empty(), now_);
  ++counters_.connections_received;
  if (draining_) clients_.end(client, safe());
  return client.id;
}

// ---- Bytes ----

void Core::received(StreamId id, std::string_view bytes) {
  switch (id.kind) {
    case StreamKind::client:
      if (Client* client = clients_.find(id)) client_bytes(*client, bytes);
      return;
    case StreamKind::link:
      return link_bytes(id, bytes);
    case StreamKind::peer:
      return peer_bytes(id, bytes);
  }
}

void Core::written(StreamId id, std::size_t bytes) {
  switch (id.kind) {
    case StreamKind::client:
      if (Client* client = clients_.find(id)) {
        counters_.net_output_bytes += bytes;
        clients_.written(*client, bytes, now_);
      }
      return;
    case StreamKind::link:
      return linking_.written(id, bytes);
    case StreamKind::peer:
      return peers_.written(id, bytes);
  }
}

// ---- Closing ----

bool Core::ended(StreamId id) {
  Client* client = id.kind == StreamKind::client ? clients_.find(id) : nullptr;
  if (client == nullptr || (client->replies.empty() && client->out.empty())) return false;
  clients_.end(*client, safe());
  return true;
}

void Core::drop_client(StreamId id) {
  Client* client = clients_.find(id);
  if (client == nullptr) return;
  forwarder_.gone(id);
  const bool much_under_way = client->memory.charged >= kOrphanBytes;
  clients_.close(*client);
  if (much_under_way) forget_work_for(id);
}

void Core::closed(StreamId id, std::string_view reason) {
  switch (id.kind) {
    case StreamKind::client:
      drop_client(id);
      return;
    case StreamKind::link:
      linking_.closed(id, reason, [this](StreamId of) { return clients_.find(of) != nullptr; });
      return;
    case StreamKind::peer:
      telling_.gone(id);
      return peers_.closed(id);
  }
}

// ---- Time ----

void Core::tick() {
  tick_pending();
  linking_.tick_links();
  linking_.tick_peers();
  clients_.tick(tunables_.password.empty(), tunables_.idle_timeout_ms, safe(), now_);
  drain_clients();
  tick_loading();
  engine_.store().reclaim(now_.unix_ms, kExpireStepsPerTick);
  engine_.feed().end_command();
  tick_snapshot();
  tick_handovers();
  figures_.note_counts();
}

void Core::tick_pending() {
  forwarder_.expire(now_);
  settle();
  const bool moves = ownership_.moves_slots();
  const auto route = [&](Slot slot) {
    return moves ? ownership_.owner_route(slot) : ownership_.slots().route(slot);
  };
  forwarder_.retry(route, now_);
  settle();
  gathers_.tick();
  settle();
}

// ---- Settling ----

bool Core::is_quiet() {
  return forwarder_.actions().empty() && !forwarder_.relays().has_drained() && !gathers_.has_work() &&
         ownership_.actions().empty() && !hand_overs_have_work();
}

void Core::settle() {
  while (!is_quiet()) {
    for (forward::Forwarder::Action& action : std::exchange(forwarder_.actions(), {})) carry_out(action);
    run_gathers();
    reroute_drained();
    drain_ownership();
    work_off();
  }
}

void Core::end_event() {
  settle();
  // Whoever is woken may wake others; each goes on with what it has, and stops again where it has to.
  while (Client* const client = clients_.next_woken()) take_turn(*client, {});
  if (memory_.exhausted()) clients_.shed(now_);
  drain_clients();
  settle();
  if (ownership_.moves_slots() && ownership_.moves().can_copy()) effects_.again = true;
  clients_.trim();
  trim(scratch_);
  trim(served_reply_);
  trim(passed_on_body_);
}

void Core::reload(ShardTunables tunables) {
  tunables_ = std::move(tunables);
  links_.set_secrets(tunables_.secret);
  peers_.set_secrets(tunables_.secret);
  engine_.set_memory({.max = tunables_.memory_max, .evict = tunables_.evict_when_full});
  memory_.set_bound(tunables_.client_bytes_max);
  if (ownership_.moves_slots()) ownership_.moves().set_rate(tunables_.handover_rate, now_);
}

// ---- Stopping ----

void Core::drain() {
  if (std::exchange(draining_, true)) return;
  if (ownership_.moves_slots()) {
    ownership_.moves().stop(now_);
  }
  links_.drain();
  peers_.drain();
  // Whole commands that a client has sent and that had to wait are answered still.
  clients_.each([&](Client& client) {
    client.reading = false;
    if (!client.turn.is_stalled()) clients_.end(client, safe());
  });
}

bool Core::drained() {
  // Nobody waits for a hand-over.
  const bool quiet = clients_.size() == 0 && forwarder_.under_way() == questions_.size() && gated_.empty() &&
                     waiters_.none_parked();
  return quiet && peers_.idle() && siblings_.idle();
}

}  // namespace limpet::shard
