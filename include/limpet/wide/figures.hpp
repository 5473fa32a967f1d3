// Figures: what a shard says of itself, read off its machines: its statistics, and what this node sees of the
// others. INFO, CLUSTER and CONFIG are answered from it (answers.hpp), /metrics and /status are made of it.
//
// It changes none of the machines, and owns nothing but the counts of the last seconds. Owned by Commands,
// on its thread; what it is given by reference outlives it.
#pragma once

#include <limpet/base/client_memory.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/clients.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/forward/forwarder.hpp>
#include <limpet/links/links.hpp>
#include <limpet/ownership/node_directory.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/reports/cluster.hpp>
#include <limpet/reports/config.hpp>
#include <limpet/reports/copies_source.hpp>
#include <limpet/reports/info.hpp>
#include <limpet/reports/recent.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/wide/names.hpp>
#include <memory>
#include <vector>

namespace limpet::wide {

class Figures {
 public:
  Figures(const ShardConfig& config, const std::shared_ptr<const cluster::View>& view,
          const ShardTunables& tunables, const Now& now, const engine::Engine& engine,
          const ownership::Ownership& ownership, const forward::Forwarder& forwarder,
          const links::Links& links, const clients::Clients& clients, const ClientMemory& memory,
          const Counters& counted);

  // There are copies, and this knows of them.
  void set_copies(const reports::CopiesSource& copies) { copies_ = &copies; }
  // Null: there are none.
  [[nodiscard]] const reports::CopiesSource* copies() const { return copies_; }
  // To be called with every tick.
  void note_counts();

  [[nodiscard]] ShardStats stats() const;
  // The same without latencies, peers and what has to be counted client by client: what INFO and CLUSTER
  // STATUS show, of all shards of the node.
  [[nodiscard]] ShardStats shown_stats() const;

  [[nodiscard]] const cluster::View& view() const { return *view_; }
  [[nodiscard]] NodeIndex self() const { return config_.self; }
  [[nodiscard]] Now now() const { return now_; }
  [[nodiscard]] reports::ConfigValues config_values() const;
  [[nodiscard]] reports::NodeFacts node_facts() const;
  // `stats`: of all shards of the node.
  [[nodiscard]] reports::StatusFacts status_facts(const ShardStats& stats, bool stopping) const;
  [[nodiscard]] reports::Reachability reachability() const;
  [[nodiscard]] reports::Whereabouts whereabouts(Slot slot) const;
  // By node.
  [[nodiscard]] std::vector<reports::LastHeard> last_heard() const;

 private:
  [[nodiscard]] handoff::Progress moves() const;
  [[nodiscard]] Rates rates() const;
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] DiskStats disk_stats() const;
  [[nodiscard]] HandoffStats handoff_stats() const;
  [[nodiscard]] std::vector<PeerStats> peer_stats() const;
  [[nodiscard]] ownership::NodeDirectory nodes() const;
  [[nodiscard]] std::string followers_of(Slot slot, NodeIndex owner) const;
  // Who holds the slot, or is to.
  [[nodiscard]] NodeIndex owner_of(Slot slot) const;
  // The same, of which that is known.
  [[nodiscard]] NodeIndex holder_of(Slot slot, const Owner& known) const;

  const ShardConfig& config_;
  const std::shared_ptr<const cluster::View>& view_;
  const ShardTunables& tunables_;
  const Now& now_;
  const engine::Engine& engine_;
  const ownership::Ownership& ownership_;
  const forward::Forwarder& forwarder_;
  const links::Links& links_;
  const clients::Clients& clients_;
  const ClientMemory& memory_;
  const Counters& counted_;  // what is counted where it happens
  const reports::CopiesSource* copies_ = nullptr;
  mutable std::shared_ptr<const cluster::View> lines_of_;  // null: nobody has asked
  mutable std::vector<std::vector<NodeIndex>> lines_;      // by slot
  reports::RecentCounts recent_;
};

}  // namespace limpet::wide
