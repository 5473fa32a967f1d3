// What of a node's settings is for its shards.
#pragma once

#include <cstdint>
#include <limpet/node/settings.hpp>
#include <limpet/shard/shard.hpp>

namespace limpet::node {

// All but its index, seed, view, hand-overs and journal.
[[nodiscard]] shard::ShardConfig config_of(const Settings& settings, std::int64_t started_steady_ms);

// Of Settings or Reloadable: what both have is called the same.
template <class From>
[[nodiscard]] shard::ShardTunables tunables_of(const From& from, unsigned shards, unsigned index) {
  const auto part = [&](std::uint64_t bytes) { return shard::part_of(bytes, shards, index); };
  return {.password = from.password,
          .secret = from.secret,
          .max_clients = from.max_clients,
          .idle_timeout_ms = from.idle_timeout_ms,
          .forward_timeout_ms = from.forward_timeout_ms,
          .memory_max = part(from.max_memory),
          .memory_of_node = from.max_memory,
          .evict_when_full = from.evict_when_full,
          .handover_rate = part(from.handover_rate),
          .client_bytes_max = part(from.client_memory)};
}

}  // namespace limpet::node
