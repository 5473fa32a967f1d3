// INFO, with the sections and fields that clients and exporters read. Made from values.
#pragma once

#include <cstdint>
#include <limpet/base/time.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/reports/stats.hpp>
#include <limpet/resp/reply.hpp>
#include <span>
#include <string>
#include <string_view>

namespace limpet::reports {

// What the operating system knows of the process.
struct ProcessFacts {
  std::uint64_t resident_bytes = 0;
  std::uint64_t system_memory_bytes = 0;
  double user_seconds = 0;
  double system_seconds = 0;
};

// What INFO tells of beside figures.
struct NodeFacts {
  const cluster::View& view;
  cluster::NodeIndex self = 0;
  unsigned shards = 1;
  std::string_view version;  // of limpet
  std::string_view config_file;
  std::int64_t pid = 0;
  std::int64_t started_ms = 0;  // steady
  std::size_t max_clients = 0;
  std::uint64_t memory_max = 0;  // in bytes; 0: no bound
  bool evict_when_full = false;
  ProcessFacts process;
};

// `stats`: of all shards. `sections`: their names, "all", "default"; none: the usual ones.
[[nodiscard]] std::string info_text(const NodeFacts& facts, const ShardStats& stats,
                                    std::span<const std::string> sections, Now now);

// ROLE, in the form of Redis: a master, with the nodes that follow slots of this one.
void reply_role(const NodeFacts& facts, const ShardStats& stats, resp::ReplyWriter& reply);

}  // namespace limpet::reports
