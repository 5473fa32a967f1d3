// ShardConfig, ShardTunables: what a shard is told of its node and its settings, once and while it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/limits.hpp>
#include <limpet/base/secrets.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/journal/segment.hpp>
#include <limpet/links/company.hpp>
#include <limpet/ownership/handoff_config.hpp>
#include <limpet/reports/info.hpp>
#include <memory>
#include <optional>
#include <string>

namespace limpet::traffic {

using links::Company;
using ownership::HandoffConfig;
using reports::ProcessFacts;

// Set once.
struct ShardConfig {
  std::shared_ptr<const cluster::View> view;  // at first; set_view() puts others in its place
  cluster::NodeIndex self = 0;
  unsigned shards = 1;
  unsigned index = 0;

  std::string version;          // of limpet
  std::int64_t started_ms = 0;  // steady
  std::int64_t pid = 0;
  std::string config_file;
  std::uint64_t table_seed = 0;                   // the same on all shards of a node
  std::uint64_t random_seed = 0;                  // another one on each shard
  std::optional<HandoffConfig> handoff;           // none: slots are where the view places them, and stay
  std::shared_ptr<Company> company = nullptr;     // one for all shards of the node; null: nobody asks
  std::optional<journal::SegmentHeader> journal;  // of its stream of changes; none: it keeps no journal
  std::size_t follow_log_bytes = 0;  // of changes that the node keeps for followers; 0: none follows.
                                     // Else REQUIRES: handoff and journal
  bool loads =
      false;  // its slots are to be loaded: none of its own is served before take_load() has brought it
  ProcessFacts (*process_facts)() = nullptr;  // null: all zero
  std::uint64_t (*ticks_ns)() = nullptr;      // for samples of how long commands take; null: none are taken
};

// Of what a node may have the part of one of its shards: together they have all of it. A bound stays one
// however small.
[[nodiscard]] constexpr std::uint64_t part_of(std::uint64_t bytes, unsigned shards, unsigned index) {
  if (bytes == 0) return 0;
  const std::uint64_t part = bytes / shards + (index < bytes % shards ? 1 : 0);
  return part == 0 ? 1 : part;
}

// What may change while running.
struct ShardTunables {
  Secrets password;                       // of clients
  Secrets secret;                         // between nodes
  std::size_t max_clients = kClientsMax;  // only shown; the listener keeps it
  std::int64_t idle_timeout_ms = 0;       // 0: never
  std::int64_t forward_timeout_ms = kForwardMs;
  std::uint64_t memory_max = 0;      // of the sessions of this shard, in bytes; 0: no bound
  std::uint64_t memory_of_node = 0;  // the same of all shards, as it was set
  bool evict_when_full = false;      // else writes are refused
  std::uint64_t handover_rate = 0;   // of slots that are given away, in bytes per second; 0: no limit
  std::size_t client_bytes_max = 0;  // what the buffers of this shard's clients may take in sum; 0: no bound
};

}  // namespace limpet::traffic
