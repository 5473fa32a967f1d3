// The door of the room: an event sets the time, does its work, and then goes on with those who waited for it.
// The few that nobody can have waited for (a stream that begins, a setting) end without that.
#include "reactor.hpp"

namespace limpet::shard {

Shard::Shard(ShardConfig config, ShardTunables tunables, Now now)
    : reactor_(std::make_unique<Reactor>(std::move(config), std::move(tunables), now)) {}

Shard::~Shard() = default;

StreamId Shard::client_opened(const ClientOrigin& origin, Now now) {
  reactor_->set_now(now);
  return reactor_->client_opened(origin);
}

StreamId Shard::peer_opened(const std::string& address, Now now) {
  reactor_->set_now(now);
  return reactor_->linking().opened(address);
}

void Shard::dial_goes_on(StreamId link, std::string_view doing, std::int64_t ms, Now now) {
  reactor_->set_now(now);
  reactor_->links().dial_goes_on(link, doing, ms, now);
}
void Shard::connected(StreamId link, Now now) {
  reactor_->set_now(now);
  reactor_->linking().connected(link);
}

void Shard::received(StreamId id, std::string_view bytes, Now now) {
  reactor_->set_now(now);
  reactor_->received(id, bytes);
  reactor_->end_event();
}

void Shard::written(StreamId id, std::size_t bytes, Now now) {
  reactor_->set_now(now);
  reactor_->written(id, bytes);
  reactor_->end_event();
}

bool Shard::ended(StreamId id, Now now) {
  reactor_->set_now(now);
  return reactor_->ended(id);
}

void Shard::closed(StreamId id, std::string_view reason, Now now) {
  reactor_->set_now(now);
  reactor_->closed(id, reason);
  reactor_->end_event();
}

Stream* Shard::stream(StreamId id) { return reactor_->stream(id); }

void Shard::from_sibling(unsigned sibling, std::string_view batch, Now now) {
  reactor_->set_now(now);
  reactor_->from_sibling(sibling, batch);
  reactor_->end_event();
}

void Shard::tick(Now now) {
  reactor_->set_now(now);
  reactor_->tick();
  reactor_->end_event();
}

void Shard::go_on(Now now) {
  reactor_->set_now(now);
  reactor_->go_on();
  reactor_->end_event();
}

Effects& Shard::effects() { return reactor_->effects(); }
void Shard::take_batches() { reactor_->take_batches(); }

void Shard::take_load(const LoadPiece& piece, Now now) {
  reactor_->set_now(now);
  reactor_->journaling().take_load(piece);
  reactor_->end_event();
}

void Shard::take_changes() { reactor_->journaling().take_changes(); }
void Shard::end_changes() { reactor_->journaling().end_changes(); }

void Shard::durable(std::uint64_t position, Now now) {
  reactor_->set_now(now);
  reactor_->durable(position);
  reactor_->end_event();
}

void Shard::synced(std::uint64_t position, Now now) {
  reactor_->set_now(now);
  reactor_->synced(position);
  reactor_->end_event();
}
void Shard::journal_trouble(const std::string& why) { reactor_->journal_trouble(why); }

void Shard::journal_failed(const std::string& why, Now now) {
  reactor_->set_now(now);
  reactor_->journal_failed(why);
  reactor_->end_event();
}

void Shard::inherit(std::uint64_t journal_bytes) { reactor_->journaling().inherit(journal_bytes); }

void Shard::snapshot_written(std::size_t bytes, Now now) {
  reactor_->set_now(now);
  reactor_->journaling().snapshot_written(bytes);
}

void Shard::snapshot_done(std::uint64_t covers) { reactor_->journaling().snapshot_done(covers); }

void Shard::snapshot_failed(Now now) {
  reactor_->set_now(now);
  reactor_->journaling().snapshot_failed();
}

void Shard::set_view(std::shared_ptr<const cluster::View> view, Now now) {
  reactor_->set_now(now);
  reactor_->set_view(std::move(view));
  reactor_->end_event();
}

void Shard::titles_written(const std::vector<Slot>& slots, Now now) {
  reactor_->set_now(now);
  reactor_->handing_over().titles_written(slots);
  reactor_->end_event();
}

void Shard::titles_failed(const std::vector<Slot>& slots, const std::string& why, Now now) {
  reactor_->set_now(now);
  reactor_->handing_over().titles_failed(slots, why, false);
  reactor_->end_event();
}

void Shard::titles_without_room(const std::vector<Slot>& slots, const std::string& why, Now now) {
  reactor_->set_now(now);
  reactor_->handing_over().titles_failed(slots, why, true);
  reactor_->end_event();
}

void Shard::ordered(std::uint64_t ticket, const Result<std::string>& outcome, Now now) {
  reactor_->set_now(now);
  reactor_->ordered(ticket, outcome);
  reactor_->end_event();
}

void Shard::reload(ShardTunables tunables) { reactor_->reload(std::move(tunables)); }

void Shard::drain(Now now) {
  reactor_->set_now(now);
  reactor_->drain();
  reactor_->end_event();
}

bool Shard::drained() const { return reactor_->drained(); }
bool Shard::in_start() const { return reactor_->in_start(); }
replica::CopiesCount Shard::copies() const { return reactor_->copies(); }

ShardStats Shard::stats() { return reactor_->stats(); }

}  // namespace limpet::shard
