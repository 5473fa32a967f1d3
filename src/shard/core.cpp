// Streams come and go, time passes, the node stops.
#include "core.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/text.hpp>

namespace limpet::shard {

namespace {

template <class T>
typename Slab<T>::Name slab_name(StreamId id) {
  return {id.index, id.generation};
}

template <class Name>
StreamId stream_id(StreamKind kind, Name name) {
  return {kind, name.index, name.generation};
}

constexpr links::FrameTypes from_peers() {
  links::FrameTypes types;
  for (const FrameType type : {FrameType::request, FrameType::handoff, FrameType::ask}) types.add(type);
  return types;
}

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
      forwarder_(ways_, config_.handoff.has_value()),
      peers_(config_.self, view_, from_peers(), memory_, effects_.dirty, turns_),
      siblings_(config_.shards, config_.index),
      greeter_(config_.self, config_.version) {
  memory_.set_bound(tunables_.client_bytes_max);
  peers_.set_secrets(tunables_.secret);
  engine_.set_memory({.max = tunables_.memory_max, .evict = tunables_.evict_when_full});
  add_links();
  for (unsigned at = config_.index; config_.loads && at < kSlots; at += config_.shards)
    engine_.store().suspend_reclaim(static_cast<Slot>(at));
  if (ownership_.moves_slots()) ownership_.go_on(nodes(), now_);
  neighbours_.told = ownership_.standing();
  settle();
}

// One to each node that is known, but this one.
void Core::add_links() {
  while (links_.size() < view_->nodes.size()) {
    const auto node = static_cast<NodeIndex>(links_.size());
    links_.push_back(node == config_.self ? nullptr : std::make_unique<Link>(node));
  }
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
      return link_streams_.find(slab_name<LinkStream>(id));
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

StreamId Core::peer_opened(const std::string& address) {
  const StreamId id = peers_.opened(address, now_);
  drain_peers();
  return id;
}

void Core::dial(Link& link) {
  const auto& address = view_->nodes[link.node()].peer;
  if (!address) {
    link.lost("its address is not known", now_, random_.next());
    return fail_waiting(link);
  }
  auto [name, stream] = link_streams_.emplace(link.node());
  const StreamId id = stream_id(StreamKind::link, name);
  link.dialing(id, stream, now_);
  effects_.dials.push_back({id, link.node(), *address});
}

void Core::dial_goes_on(StreamId id, std::string_view doing, std::int64_t ms) {
  if (LinkStream* stream = link_streams_.find(slab_name<LinkStream>(id)))
    link_to(stream->node).dial_goes_on(doing, ms, now_);
}

void Core::connected(StreamId id) {
  LinkStream* stream = link_streams_.find(slab_name<LinkStream>(id));
  if (stream == nullptr) return;
  Link& link = link_to(stream->node);
  link.connected(greeter_.make(*view_, ownership_.standing(), random_.next(), now_), now_);
  effects_.dirty.mark(*stream, id);
}

// ---- Bytes ----

void Core::received(StreamId id, std::string_view bytes) {
  switch (id.kind) {
    case StreamKind::client:
      if (Client* client = clients_.find(id)) client_bytes(*client, bytes);
      return;
    case StreamKind::link:
      if (LinkStream* stream = link_streams_.find(slab_name<LinkStream>(id))) link_bytes(*stream, id, bytes);
      return;
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
      if (LinkStream* stream = link_streams_.find(slab_name<LinkStream>(id))) {
        Link& link = link_to(stream->node);
        link.lanes().written(bytes);
        trim(stream->out);
        refill(link);
        if (link.lanes().waiting() < kLinkBytesMax / 2) {
          forwarder_.has_drained({false, link.node()});
        }
      }
      return;
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
      if (LinkStream* stream = link_streams_.find(slab_name<LinkStream>(id))) {
        Link& link = link_to(stream->node);
        link_lost(link, reason);
        link_streams_.erase(slab_name<LinkStream>(id));
        if (draining_) {
          fail_waiting(link);
        } else if (link.state() == LinkState::idle && worth_dialling(link)) {
          dial(link);
        }
      }
      return;
    case StreamKind::peer:
      telling_to_.erase(id);
      return peers_.closed(id);
  }
}

// ---- Siblings ----

void Core::from_sibling(unsigned sibling, std::string_view batch) {
  if (!siblings_.queue(sibling, batch)) take_batch(sibling, batch);
}

void Core::take_batch(unsigned sibling, std::string_view batch) {
  links::Siblings::Turn turn = siblings_.begin_turn(sibling, batch, links::Quantum(delivered_count_));
  while (const Frame* const frame = turn.next()) {
    prefetch_keys(turn.ahead());
    sibling_frame(sibling, *frame);
    settle();
  }
  if (turn.end()) effects_.again = true;
}

void Core::sibling_frame(unsigned sibling, const Frame& frame) {
  const Origin origin{
      .kind = Origin::Kind::sibling, .sibling = static_cast<std::uint16_t>(sibling), .id = frame.id};
  switch (frame.type) {
    case FrameType::reply:
      return answered(frame.id, static_cast<Outcome>(frame.bits), frame.body);
    case FrameType::holder:
      return ownership_.hears_shard(frame.body, now_);
    case FrameType::ask:
    case FrameType::words:
      return take_owning(sibling, frame);
    case FrameType::handoff:
      return take_question(origin, frame.slot, frame.body);
    default:
      break;
  }
  peer::Request request;
  LIMPET_ASSERT(frame.type == FrameType::request && peer::read_request(frame.body, request, frame_args_));
  serve(origin, frame.slot, request, frame_args_, frame.body);
}

void Core::take_batches() { siblings_.take_batches(effects_.batches); }

// ---- Time ----

void Core::tick() {
  tick_pending();
  tick_links();
  tick_peers();
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

void Core::tick_links() {
  for (const std::unique_ptr<Link>& link : links_) {
    if (!link) continue;
    const Link::Wish wish = link->tick(now_);
    if (wish == Link::Wish::dial && worth_dialling(*link)) dial(*link);
    if (wish == Link::Wish::fail_waiting) fail_waiting(*link);
    answer_goodbye(*link);
    LinkStream* stream = link_streams_.find(slab_name<LinkStream>(link->id()));
    if (stream == nullptr) continue;
    wish == Link::Wish::close ? effects_.dirty.abort(*stream, link->id())
                              : effects_.dirty.mark(*stream, link->id());
  }
}

void Core::tick_peers() {
  peers_.tick(now_);
  drain_peers();
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
  trim(reply_scratch_);
}

void Core::reload(ShardTunables tunables) {
  // Whoever was refused may not be any more.
  for (const std::unique_ptr<Link>& link : links_) {
    if (link && tunables.secret != tunables_.secret) link->seen_alive();
  }
  tunables_ = std::move(tunables);
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
