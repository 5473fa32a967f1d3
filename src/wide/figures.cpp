#include <algorithm>
#include <limpet/cluster/line.hpp>
#include <limpet/ownership/reasons.hpp>
#include <limpet/traffic/nodes.hpp>
#include <limpet/wide/figures.hpp>

namespace limpet::wide {

Figures::Figures(const ShardConfig& config, const std::shared_ptr<const cluster::View>& view,
                 const ShardTunables& tunables, const Now& now, const engine::Engine& engine,
                 const ownership::Ownership& ownership, const forward::Forwarder& forwarder,
                 const links::Links& links, const clients::Clients& clients, const ClientMemory& memory,
                 const Counters& counted)
    : config_(config),
      view_(view),
      tunables_(tunables),
      now_(now),
      engine_(engine),
      ownership_(ownership),
      forwarder_(forwarder),
      links_(links),
      clients_(clients),
      memory_(memory),
      counted_(counted) {}

// ---- How fast ----

handoff::Progress Figures::moves() const {
  return ownership_.moves_slots() ? ownership_.moves().progress() : handoff::Progress{};
}

void Figures::note_counts() {
  if (!recent_.due(now_.steady_ms)) return;
  recent_.note(now_.steady_ms, engine_.stats().operations(), moves());
}

Rates Figures::rates() const { return recent_.rates(now_.steady_ms, engine_.stats().operations(), moves()); }

// ---- This shard ----

Counters Figures::counters() const {
  Counters counters = counted_;
  counters.commands_to_siblings = forwarder_.counts().to_siblings;
  counters.commands_forwarded = forwarder_.counts().to_nodes;
  counters.forward_retries = forwarder_.counts().retries;
  counters.connected_clients = clients_.size();
  counters.client_memory_bytes = memory_.total();
  counters.keyspace_hits = engine_.stats().lookups().hits;
  counters.keyspace_misses = engine_.stats().lookups().misses;
  counters.error_replies += engine_.stats().errors();
  return counters;
}

DiskStats Figures::disk_stats() const {
  DiskStats stats;
  stats.slots_loading = ownership_.slots().loading();
  stats.slots_damaged = ownership_.slots().damaged();
  const engine::SnapshotPacer* const snapshots = engine_.snapshots();
  if (snapshots == nullptr) return stats;
  const engine::Durability& durability = engine_.durability();
  stats.journaled = true;
  stats.snapshot_open = snapshots->open();
  stats.state = durability.failed()             ? DiskStats::State::failed
                : !durability.trouble().empty() ? DiskStats::State::full
                                                : DiskStats::State::ok;
  const Lsn end = engine_.feed().end();
  stats.unwritten_bytes = end - std::min(end, durability.safe());
  stats.unsynced_bytes = end - std::min(end, durability.synced());
  stats.journal_bytes = end;
  stats.since_snapshot_bytes = snapshots->bytes_since(end);
  return stats;
}

HandoffStats Figures::handoff_stats() const {
  HandoffStats stats{moves()};
  if (!ownership_.moves_slots()) {
    stats.slots = ownership_.slots().served();
    return stats;
  }
  const handoff::HandOvers& moves = ownership_.moves();
  stats.sessions_to_give = moves.sessions_to_give();
  stats.rate_max = tunables_.handover_rate;
  stats.forgotten = forgotten(ownership_);
  const ownership::NodeDirectory nodes = this->nodes();
  for (unsigned at = config_.index; at < kSlots; at += config_.shards) {
    const auto slot = static_cast<Slot>(at);
    const Owner& known = ownership_.known().shown(slot);
    stats.unreachable += nodes.silent(holder_of(slot, known)) ? 1U : 0U;
    stats.slots += handoff::owns(moves.title(slot)) ? 1U : 0U;
    stats.unheld += !known.known() && view_->owner(slot) == config_.self ? 1U : 0U;
  }
  return stats;
}

std::vector<PeerStats> Figures::peer_stats() const {
  std::vector<PeerStats> peers;
  for (NodeIndex node = 0; node < links_.size(); ++node) {
    const Link* const link = links_.find(node);
    PeerStats& peer = peers.emplace_back(link ? link->stats() : PeerStats{});
    if (!link) continue;
    peer.slots = ownership_.known().shown_of(link->node());
    peer.requests_in_flight = forwarder_.unanswered(link->node());
    peer.requests_total = forwarder_.sent_total(link->node());
  }
  return peers;
}

ShardStats Figures::shown_stats() const {
  ShardStats stats;
  stats.counters = counters();
  stats.disk = disk_stats();
  stats.handoff = handoff_stats();
  stats.rates = rates();
  stats.store = engine_.store().stats();
  if (copies_ != nullptr) {
    copies_->show_in(stats);
    stats.store.sessions -= stats.copies.kept_sessions;
    stats.store.keys -= stats.copies.kept_keys;
  }
  stats.commands = engine_.stats().counts();
  return stats;
}

ShardStats Figures::stats() const {
  ShardStats stats = shown_stats();
  clients_.each(
      [&](const Client& client) { stats.counters.clients_paused += client.turn.is_stalled() ? 1U : 0U; });
  stats.latencies = engine_.stats().latencies();
  stats.memory_max = tunables_.memory_of_node;
  stats.peers = peer_stats();
  return stats;
}

// ---- This node ----

reports::ConfigValues Figures::config_values() const {
  return {.max_clients = tunables_.max_clients,
          .memory_max = tunables_.memory_of_node,
          .evict_when_full = tunables_.evict_when_full,
          .idle_timeout_ms = tunables_.idle_timeout_ms};
}

reports::NodeFacts Figures::node_facts() const {
  return {.view = *view_,
          .self = config_.self,
          .shards = config_.shards,
          .version = config_.version,
          .config_file = config_.config_file,
          .pid = config_.pid,
          .started_ms = config_.started_ms,
          .max_clients = tunables_.max_clients,
          .memory_max = tunables_.memory_of_node,
          .evict_when_full = tunables_.evict_when_full,
          .process = config_.process_facts != nullptr ? config_.process_facts() : ProcessFacts{}};
}

reports::StatusFacts Figures::status_facts(const ShardStats& stats, bool stopping) const {
  reports::StatusFacts facts;
  facts.stopping = stopping;
  // Where slots do not change hands none is without an owner.
  if (!ownership_.moves_slots()) return facts;
  const ownership::FirstSlots& first = ownership_.first_slots();
  if (stats.handoff.unheld > 0) facts.why_unheld = first.about_unowned(*view_, nodes());
  if (stats.handoff.forgotten > 0) facts.is_fresh = first.is_fresh();
  return facts;
}

// ---- The others ----

ownership::NodeDirectory Figures::nodes() const { return directory_of(links_, now_); }

NodeIndex Figures::holder_of(Slot slot, const Owner& known) const {
  return known.known() ? known.node : view_->owner(slot);
}

NodeIndex Figures::owner_of(Slot slot) const { return holder_of(slot, ownership_.known().shown(slot)); }

reports::Reachability Figures::reachability() const {
  reports::Reachability reach;
  const ownership::NodeDirectory nodes = this->nodes();
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    if (view_->owner(slot) != ring::kNobody) ++reach.slots_assigned;
    if (nodes.silent(owner_of(slot))) ++reach.slots_unreachable;
  }
  for (NodeIndex node = 0; node < links_.size(); ++node) {
    if (!reports::is_counted(view_->nodes[node])) continue;
    const Link* const link = links_.find(node);
    reach.nodes_up += link == nullptr || link->verdict() != Link::Verdict::fail ? 1U : 0U;
  }
  return reach;
}

reports::Whereabouts Figures::whereabouts(Slot slot) const {
  const NodeIndex owner = owner_of(slot);
  return {.owner = owner,
          .owner_is_silent = owner != ring::kNobody && nodes().silent(owner),
          .self = config_.self,
          .followers = followers_of(slot, owner)};
}

// The lines of all slots take a while to be made: once for each file, if anybody asks.
std::string Figures::followers_of(Slot slot, NodeIndex owner) const {
  if (view_->copies.followers == 0 || owner == ring::kNobody) return {};
  if (lines_of_ != view_) {
    lines_.assign(kSlots, {});
    cluster::each_line(*view_, 0, 1,
                       [this](Slot of, const std::vector<NodeIndex>& line) { lines_[of] = line; });
    lines_of_ = view_;
  }
  return cluster::names_of(*view_, cluster::followers_in(*view_, lines_[slot], owner));
}

std::vector<reports::LastHeard> Figures::last_heard() const {
  std::vector<reports::LastHeard> heard;
  for (NodeIndex node = 0; node < view_->nodes.size(); ++node) {
    const Link* const link = links_.find(node);
    heard.push_back(
        {.slots = ownership_.known().shown_of(node), .sessions = link != nullptr ? link->sessions() : -1});
  }
  return heard;
}

}  // namespace limpet::wide
