#include <algorithm>
#include <limpet/reports/figure_rows.hpp>
#include <limpet/reports/stats.hpp>

namespace limpet::reports {

const char* name_of(DiskStats::State state) {
  switch (state) {
    case DiskStats::State::ok:
      return "ok";
    case DiskStats::State::full:
      return "full";
    case DiskStats::State::failed:
      return "failed";
  }
  return "unknown";
}

void Counters::add(const Counters& other) { add_figures(kCounterRows, *this, other); }

void DiskStats::add(const DiskStats& other) {
  state = std::max(state, other.state);
  journaled = journaled || other.journaled;
  snapshot_open = snapshot_open || other.snapshot_open;
  slots_loading += other.slots_loading;
  slots_damaged += other.slots_damaged;
  unwritten_bytes += other.unwritten_bytes;
  unsynced_bytes += other.unsynced_bytes;
  journal_bytes += other.journal_bytes;
  since_snapshot_bytes += other.since_snapshot_bytes;
}

void HandoffStats::add(const HandoffStats& other) {
  add_figures(kHandoffRows, *this, other);
  if (last_failure[0] == '\0') last_failure = other.last_failure;
}

void CopiesStats::add(const CopiesStats& other) { add_figures(kCopiesRows, *this, other); }

void FollowerStats::add(const FollowerStats& other) {
  wanted += other.wanted;
  in_sync += other.in_sync;
  behind_bytes += other.behind_bytes;
  behind_ms = std::max(behind_ms, other.behind_ms);
}

void Rates::add(const Rates& other) {
  operations += other.operations;
  slots_given += other.slots_given;
  sessions_given += other.sessions_given;
  bytes_sent += other.bytes_sent;
}

// Slots differ in size, so sessions tell better, as long as there are any.
std::optional<double> seconds_left(const HandoffStats& handoff, const Rates& rates) {
  const bool by_sessions = handoff.sessions_to_give > 0;
  const auto left = static_cast<double>(by_sessions ? handoff.sessions_to_give : handoff.to_give);
  const double rate = by_sessions ? rates.sessions_given : rates.slots_given;
  if (left == 0 || rate <= 0) return std::nullopt;
  return left / rate;
}

void ShardStats::add(const ShardStats& other) {
  counters.add(other.counters);
  latencies.add(other.latencies);
  memory_max = std::max(memory_max, other.memory_max);
  disk.add(other.disk);
  handoff.add(other.handoff);
  copies.add(other.copies);
  followers.resize(std::max(followers.size(), other.followers.size()));
  for (std::size_t node = 0; node < other.followers.size(); ++node)
    followers[node].add(other.followers[node]);
  rates.add(other.rates);
  store.sessions += other.store.sessions;
  store.keys += other.store.keys;
  store.expiring_keys += other.store.expiring_keys;
  store.bytes += other.store.bytes;
  store.expired_total += other.store.expired_total;
  store.evicted_total += other.store.evicted_total;
  commands.resize(std::max(commands.size(), other.commands.size()));
  for (std::size_t i = 0; i < other.commands.size(); ++i) {
    commands[i].calls += other.commands[i].calls;
    commands[i].usec += other.commands[i].usec;
    commands[i].rejected += other.commands[i].rejected;
    commands[i].failed += other.commands[i].failed;
  }
  // The worse state of two shards' links: up is best, then quiet, then whatever comes before up, then down.
  const auto badness = [](LinkState state) {
    switch (state) {
      case LinkState::up:
        return 0;
      case LinkState::quiet:
        return 1;
      case LinkState::backing_off:
        return 3;
      default:
        return 2;
    }
  };
  if (peers.empty())
    peers = other.peers;
  else {
    for (std::size_t i = 0; i < std::min(peers.size(), other.peers.size()); ++i) {
      const PeerStats& theirs = other.peers[i];
      if (badness(theirs.state) > badness(peers[i].state)) {
        peers[i].state = theirs.state;
        peers[i].last_error = theirs.last_error;
      }
      peers[i].requests_in_flight += theirs.requests_in_flight;
      peers[i].requests_total += theirs.requests_total;
      peers[i].failures_total += theirs.failures_total;
      peers[i].round_trip_us = std::max(peers[i].round_trip_us, theirs.round_trip_us);
      peers[i].slots = std::max(peers[i].slots, theirs.slots);
      peers[i].sessions = std::max(peers[i].sessions, theirs.sessions);
    }
  }
}

}  // namespace limpet::reports
