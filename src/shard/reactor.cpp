#include "reactor.hpp"

#include <utility>

namespace limpet::shard {

using clients::Client;

namespace {

ownership::OwnershipConfig ownership_of(const ShardConfig& config, const ShardTunables& tunables) {
  return {.self = config.self,
          .shards = config.shards,
          .shard = config.index,
          .loads = config.loads,
          .may_follow = config.follow_log_bytes > 0,
          .handoff = config.handoff,
          .handover_rate = tunables.handover_rate};
}

}  // namespace

Reactor::Reactor(ShardConfig config, ShardTunables tunables, Now now)
    : config_(std::move(config)),
      view_(config_.view),
      tunables_(std::move(tunables)),
      now_(now),
      engine_({.table_seed = config_.table_seed, .journal = config_.journal, .ticks_ns = config_.ticks_ns}),
      ownership_(ownership_of(config_, tunables_), view_, engine_.store(),
                 numbering_of(engine_.feed().journal()), now),
      serving_(config_, tunables_, now_, engine_, ownership_, counters_, neighbours_, traffic_,
               commands_.parts()),
      forwarding_(now_, ownership_, clients_, neighbours_, traffic_, serving_),
      following_(config_, now_, effects_, engine_, ownership_, neighbours_, traffic_.delivery()),
      handing_over_(config_, now_, effects_, engine_, ownership_, neighbours_, traffic_, commands_.orders(),
                    serving_, following_),
      requests_(now_, engine_, ownership_, clients_, turns_, counters_, neighbours_.forwarder(), traffic_,
                commands_, following_.policy()),
      frames_(now_, ownership_, neighbours_, serving_, forwarding_, handing_over_, following_) {
  memory_.set_bound(tunables_.client_bytes_max);
  neighbours_.set_secrets(tunables_.secret);
  commands_.figures().set_copies(following_);
  engine_.set_memory({.max = tunables_.memory_max, .evict = tunables_.evict_when_full});
  ownership_.slots().each_own([&](Slot slot) {
    if (config_.loads) engine_.store().suspend_reclaim(slot);
  });
  if (ownership_.moves_slots()) ownership_.go_on(directory_of(neighbours_.links(), now_), now_);
  neighbours_.telling().begin();
  settle();
}

// ---- Settling ----

void Reactor::drain_machines() {
  do {
    forwarding_.drain();
    commands_.gathering().drain();
    handing_over_.drain();
  } while (has_work());
}

void Reactor::end_event() {
  settle();
  // Whoever is woken may wake others; each goes on with what it has, and stops again where it has to.
  while (Client* const client = clients_.next_woken()) {
    take_turn(*client, {});
    settle();
  }
  if (memory_.exhausted()) clients_.shed(now_);
  if (clients_.has_more_to_do()) {
    drain_clients();
    settle();
  }
  if (handing_over_.can_copy()) effects_.again = true;
  following_.end_event();
  // What it has let go may have left work for others.
  if (has_work() || clients_.has_woken()) effects_.again = true;
  clients_.trim();
  traffic_.sending().trim();
  serving_.trim();
}

// ---- Streams ----

Stream* Reactor::stream(StreamId id) {
  switch (id.kind) {
    case StreamKind::client:
      return clients_.find(id);
    case StreamKind::link:
      return neighbours_.links().stream(id);
    case StreamKind::peer:
      return neighbours_.peers().stream(id);
  }
  return nullptr;
}

StreamId Reactor::client_opened(const ClientOrigin& origin) {
  Client& client = clients_.open(origin, tunables_.password.empty(), now_);
  ++counters_.connections_received;
  if (neighbours_.draining()) clients_.end(client, traffic_.delivery().safe());
  return client.id;
}

void Reactor::received(StreamId id, std::string_view bytes) {
  switch (id.kind) {
    case StreamKind::client:
      if (Client* const client = clients_.find(id)) {
        counters_.net_input_bytes += bytes.size();
        client->last_used_ms = now_.steady_ms;
        if (!client->ending) take_turn(*client, bytes);
      }
      return;
    case StreamKind::link:
      return take_from_link(id, bytes);
    case StreamKind::peer:
      return take_from_peer(id, bytes);
  }
}

void Reactor::written(StreamId id, std::size_t bytes) {
  switch (id.kind) {
    case StreamKind::client:
      if (Client* const client = clients_.find(id)) {
        counters_.net_output_bytes += bytes;
        clients_.written(*client, bytes, now_);
      }
      return;
    case StreamKind::link:
      return neighbours_.linking().written(id, bytes);
    case StreamKind::peer:
      return neighbours_.peers().written(id, bytes);
  }
}

bool Reactor::ended(StreamId id) {
  Client* const client = clients_.find(id);
  if (client == nullptr || (client->replies.empty() && client->out.empty())) return false;
  clients_.end(*client, traffic_.delivery().safe());
  return true;
}

void Reactor::closed(StreamId id, std::string_view reason) {
  switch (id.kind) {
    case StreamKind::client:
      return drop_client(id);
    case StreamKind::link:
      if (const auto node = neighbours_.linking().closed(
              id, reason, [this](StreamId of) { return clients_.find(of) != nullptr; }))
        following_.link_is_lost(*node);
      return;
    case StreamKind::peer:
      neighbours_.telling().gone(id);
      return neighbours_.peers().closed(id);
  }
}

void Reactor::drop_client(StreamId id) {
  Client* const client = clients_.find(id);
  if (client == nullptr) return;
  neighbours_.forwarder().gone(id);
  const bool much_under_way = client->memory.charged >= kOrphanBytes;
  clients_.close(*client);
  if (much_under_way) forget_work_for(id);
}

void Reactor::forget_work_for(StreamId client) {
  gathers_.gone(client);
  traffic_.delivery().give_back({.stream = client}, neighbours_.forwarder().abandon(client));
}

void Reactor::drain_clients() {
  for (std::string& text : std::exchange(clients_.warnings(), {}))
    effects_.notes.push_back({Note::Level::warning, std::move(text), {}, {}});
  for (const StreamId id : std::exchange(clients_.given_up(), {})) forget_work_for(id);
}

// ---- Turns ----

// Takes requests of the client for as long as it may have them taken.
void Reactor::take_turn(Client& client, std::string_view bytes) {
  clients::Intake& intake = clients_.intake();
  clients_.begin_turn(client, bytes, traffic_.delivery().safe());
  while (intake.goes_on(client)) {
    requests_.read_ahead(client);
    while (requests_.take_read(client)) settle();
    intake.end_batch(client);
  }
  clients_.end_turn(client, neighbours_.draining(), traffic_.delivery().safe());
}

void Reactor::take_from_link(StreamId link, std::string_view bytes) {
  auto turn = neighbours_.links().begin_turn(link, bytes, now_);
  if (!turn) return;
  while (const links::Links::Heard* const heard = turn->next()) {
    if (heard->kind == links::Links::Heard::Kind::up) {
      neighbours_.linking().up(turn->node());
      following_.link_is_up(turn->node());
    } else if (!frames_.take_from_link(turn->node(), heard->frame)) {
      turn->refuse();
    }
    settle();
  }
  turn->end();
  neighbours_.linking().drain_links();
}

void Reactor::take_from_peer(StreamId peer, std::string_view bytes) {
  using Kind = links::Peers::Heard::Kind;
  auto turn =
      neighbours_.peers().begin_turn(peer, bytes, links::Quantum(traffic_.delivery().delivered()), now_);
  if (!turn) return;
  while (const links::Peers::Heard* const heard = turn->next()) {
    switch (heard->kind) {
      case Kind::greeted:
        neighbours_.linking().greet(peer);
        break;
      case Kind::admitted:
        neighbours_.linking().admitted(peer);
        break;
      case Kind::frame: {
        if (const std::string_view ahead = turn->ahead(); !ahead.empty()) serving_.prefetch(ahead);
        const std::string_view error = frames_.take_from_peer(peer, heard->frame);
        if (!error.empty()) turn->refuse(std::string(error));
        break;
      }
    }
    settle();
  }
  turn->end();
  neighbours_.linking().drain_peers();
}

void Reactor::from_sibling(unsigned sibling, std::string_view batch) {
  if (!neighbours_.siblings().queue(sibling, batch)) take_batch(sibling, batch);
}

void Reactor::take_batch(unsigned sibling, std::string_view batch) {
  links::Siblings::Turn turn =
      neighbours_.siblings().begin_turn(sibling, batch, links::Quantum(traffic_.delivery().delivered()));
  while (const peer::Frame* const frame = turn.next()) {
    if (const std::string_view ahead = turn.ahead(); !ahead.empty()) serving_.prefetch(ahead);
    frames_.take_from_sibling(sibling, *frame);
    settle();
  }
  if (turn.end()) effects_.again = true;
}

// A few at a time, each for a turn of its own: who has just come with little to ask is served in between.
void Reactor::go_on() {
  for (const StreamId id : turns_.take(kTurnYieldedMax)) {
    if (id.kind == StreamKind::peer && neighbours_.peers().resume(id)) take_from_peer(id, {});
    if (Client* const client = clients_.find(id)) {
      client->turn.resume_from_yield();
      clients_.wake(*client);
    }
  }
  for (unsigned shard = 0; shard < neighbours_.siblings().shards(); ++shard) {
    if (neighbours_.siblings().waits(shard)) take_batch(shard, {});
  }
  journaling_.go_on();
  handing_over_.go_on();
  following_.go_on();
}

// ---- Time ----

void Reactor::tick() {
  tick_pending();
  neighbours_.linking().tick_links();
  neighbours_.linking().tick_peers();
  clients_.tick(tunables_.password.empty(), tunables_.idle_timeout_ms, traffic_.delivery().safe(), now_);
  drain_clients();
  traffic_.waiting().expire();
  engine_.store().reclaim(now_.unix_ms, kExpireStepsPerTick);
  engine_.feed().end_command();
  journaling_.tick();
  handing_over_.tick();
  following_.tick();
  commands_.figures().note_counts();
}

void Reactor::tick_pending() {
  forwarding_.expire();
  settle();
  forwarding_.retry();
  settle();
  gathers_.tick();
  settle();
}

// ---- The journal ----

void Reactor::durable(std::uint64_t position) {
  engine_.durable(position);
  following_.durable(position);
  traffic_.delivery().release();
}

void Reactor::synced(std::uint64_t position) {
  engine_.durability().synced(position);
  handing_over_.synced();
  journaling_.synced(position);
}

// What waits is in memory and may be on the disk or not: nobody is told that it is.
void Reactor::journal_failed(const std::string& why) {
  engine_.durability().fail(why);
  handing_over_.journal_failed(why);
  traffic_.delivery().fail(why);
  engine_.durability().wait_no_more();
}

// ---- The life of the node ----

void Reactor::set_view(std::shared_ptr<const cluster::View> view) {
  view_ = std::move(view);
  gathers_.set_view(view_);
  ownership_.set_view(view_, now_);
  neighbours_.set_view(view_);
  handing_over_.follow_view();
  following_.follow_view();
}

void Reactor::ordered(std::uint64_t ticket, const Result<std::string>& outcome) {
  if (const auto answer = commands_.orders().done(ticket, outcome))
    traffic_.delivery().deliver(answer->origin, peer::Outcome::done, answer->reply.view());
}

void Reactor::reload(ShardTunables tunables) {
  tunables_ = std::move(tunables);
  neighbours_.set_secrets(tunables_.secret);
  engine_.set_memory({.max = tunables_.memory_max, .evict = tunables_.evict_when_full});
  memory_.set_bound(tunables_.client_bytes_max);
  if (ownership_.moves_slots()) ownership_.moves().set_rate(tunables_.handover_rate, now_);
}

void Reactor::drain() {
  if (neighbours_.draining()) return;
  handing_over_.stop();
  gathers_.stop();
  neighbours_.drain();
  // Whole commands that a client has sent and that had to wait are answered still.
  clients_.each([&](Client& client) {
    client.reading = false;
    if (!client.turn.is_stalled()) clients_.end(client, traffic_.delivery().safe());
  });
}

bool Reactor::drained() {
  // Nobody waits for a hand-over.
  const bool quiet = clients_.size() == 0 &&
                     neighbours_.forwarder().under_way() == handing_over_.open_questions() &&
                     traffic_.delivery().none_waits() && traffic_.waiting().none_parked();
  return quiet && neighbours_.idle();
}

}  // namespace limpet::shard
