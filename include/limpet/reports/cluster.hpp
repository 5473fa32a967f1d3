// CLUSTER INFO, MYID, WHERE and STATUS: who owns what, as one node sees it. Made from values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/command/command.hpp>
#include <limpet/command/step.hpp>
#include <limpet/reports/stats.hpp>
#include <limpet/resp/reply.hpp>
#include <string>
#include <string_view>

namespace limpet::reports {

// What is to be done for CLUSTER.
[[nodiscard]] command::Step begin_cluster(const command::Spec& spec, command::Args args);

// Is it missed where it cannot be reached?
[[nodiscard]] inline bool is_counted(const cluster::Node& node) {
  return node.listed && node.state != cluster::NodeState::down;
}

// 40 hexadecimal digits, as clients expect, from the name of the node: the same in every life of it.
[[nodiscard]] std::string node_id(std::string_view name);

struct Reachability {
  std::size_t nodes_up = 0;  // of those that are counted
  std::size_t slots_assigned = 0;
  std::size_t slots_unreachable = 0;  // whoever holds them, or is to, does not answer
};
[[nodiscard]] std::string cluster_info(const cluster::View& view, const Reachability& reach);

// Where a key is. `owner`: who holds its slot, or is to; ring::kNobody: nobody.
struct Whereabouts {
  cluster::NodeIndex owner = 0;
  bool owner_is_silent = false;
  cluster::NodeIndex self = 0;
  std::string followers{};  // names, with spaces between
};
void reply_where(std::string_view key, const cluster::View& view, const Whereabouts& where,
                 resp::ReplyWriter& reply);

// What a node says of itself. `stats`: of all its shards.
struct StatusFacts {
  bool stopping = false;
  bool is_fresh = false;   // it has never held a slot
  std::string why_unheld;  // where slots are
};
void reply_status(const cluster::View& view, cluster::NodeIndex self, const StatusFacts& facts,
                  const ShardStats& stats, resp::ReplyWriter& reply);

// Of one that does not answer: what the others know of it. What it holds is what it held when it was last
// heard of.
struct LastHeard {
  std::size_t slots = 0;
  std::int64_t sessions = -1;  // -1: it has never said
};
void reply_silent_status(const cluster::Node& node, std::string_view error, const LastHeard& heard,
                         resp::ReplyWriter& reply);

}  // namespace limpet::reports
