// The door of the room: every event sets the time, does its work, and then goes on with those who waited for
// it.
#include "core.hpp"

namespace limpet::shard {

Shard::Shard(ShardConfig config, ShardTunables tunables, Now now)
    : core_(std::make_unique<Core>(std::move(config), std::move(tunables), now)) {}

Shard::~Shard() = default;

StreamId Shard::client_opened(const ClientOrigin& origin, Now now) {
  core_->set_now(now);
  return core_->client_opened(origin);
}

StreamId Shard::peer_opened(const std::string& address, Now now) {
  core_->set_now(now);
  return core_->peer_opened(address);
}

void Shard::dial_goes_on(StreamId link, std::string_view doing, std::int64_t ms, Now now) {
  core_->set_now(now);
  core_->dial_goes_on(link, doing, ms);
}
void Shard::connected(StreamId link, Now now) {
  core_->set_now(now);
  core_->connected(link);
}

void Shard::received(StreamId id, std::string_view bytes, Now now) {
  core_->set_now(now);
  core_->received(id, bytes);
  core_->end_event();
}

void Shard::written(StreamId id, std::size_t bytes, Now now) {
  core_->set_now(now);
  core_->written(id, bytes);
  core_->end_event();
}

bool Shard::ended(StreamId id, Now now) {
  core_->set_now(now);
  return core_->ended(id);
}

void Shard::closed(StreamId id, std::string_view reason, Now now) {
  core_->set_now(now);
  core_->closed(id, reason);
  core_->end_event();
}

Stream* Shard::stream(StreamId id) { return core_->stream(id); }

void Shard::from_sibling(unsigned sibling, std::string_view batch, Now now) {
  core_->set_now(now);
  core_->from_sibling(sibling, batch);
  core_->end_event();
}

void Shard::tick(Now now) {
  core_->set_now(now);
  core_->tick();
  core_->end_event();
}

void Shard::go_on(Now now) {
  core_->set_now(now);
  core_->go_on();
  core_->end_event();
}

Effects& Shard::effects() { return core_->effects(); }
void Shard::take_batches() { core_->take_batches(); }

void Shard::take_load(const LoadPiece& piece, Now now) {
  core_->set_now(now);
  core_->take_load(piece);
  core_->end_event();
}

void Shard::take_changes() { core_->take_changes(); }
void Shard::end_changes() { core_->end_changes(); }

void Shard::durable(std::uint64_t position, Now now) {
  core_->set_now(now);
  core_->durable(position);
  core_->end_event();
}

void Shard::synced(std::uint64_t position) { core_->synced(position); }
void Shard::journal_trouble(const std::string& why) { core_->journal_trouble(why); }

void Shard::journal_failed(const std::string& why, Now now) {
  core_->set_now(now);
  core_->journal_failed(why);
  core_->end_event();
}

void Shard::inherit(std::uint64_t journal_bytes) { core_->inherit(journal_bytes); }

void Shard::snapshot_written(std::size_t bytes, Now now) {
  core_->set_now(now);
  core_->snapshot_written(bytes);
}

void Shard::snapshot_done(std::uint64_t covers) { core_->snapshot_done(covers); }

void Shard::snapshot_failed(Now now) {
  core_->set_now(now);
  core_->snapshot_failed();
}

void Shard::set_view(std::shared_ptr<const cluster::View> view, Now now) {
  core_->set_now(now);
  core_->set_view(std::move(view));
  core_->end_event();
}

void Shard::titles_written(const std::vector<Slot>& slots, Now now) {
  core_->set_now(now);
  core_->titles_written(slots);
  core_->end_event();
}

void Shard::titles_failed(const std::vector<Slot>& slots, const std::string& why, Now now) {
  core_->set_now(now);
  core_->titles_failed(slots, why, false);
  core_->end_event();
}

void Shard::titles_without_room(const std::vector<Slot>& slots, const std::string& why, Now now) {
  core_->set_now(now);
  core_->titles_failed(slots, why, true);
  core_->end_event();
}

void Shard::ordered(std::uint64_t ticket, const Result<std::string>& outcome, Now now) {
  core_->set_now(now);
  core_->ordered(ticket, outcome);
  core_->end_event();
}

void Shard::reload(ShardTunables tunables) { core_->reload(std::move(tunables)); }

void Shard::drain(Now now) {
  core_->set_now(now);
  core_->drain();
}

bool Shard::drained() const { return core_->drained(); }
bool Shard::in_start() const { return core_->in_start(); }
ShardStats Shard::stats() { return core_->stats(); }

}  // namespace limpet::shard
