// The answers of `limpet where`, `limpet plan` and `limpet cluster status` as text. Pure.
#pragma once

#include <limpet/cluster/view.hpp>
#include <limpet/resp/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::client {

// Whose a key is and where it lives.
struct Where {
  std::string uid;
  std::string slot;
  std::string owner;           // the node's name
  std::string address;         // where it serves clients
  std::string shard;           // empty: not known
  std::string reason;          // a sentence
  std::string state = {};      // "up", "unreachable" or "nobody's"; empty: not known
  std::string followers = {};  // names of nodes that are to have copies, with spaces between
};

[[nodiscard]] Where where_in(const cluster::View& view, std::string_view key);
// Out of the reply to CLUSTER WHERE; nothing if that is not what the reply is.
[[nodiscard]] std::optional<Where> where_from(const resp::Value& reply, std::string_view key);
[[nodiscard]] std::string where_text(const Where& where);
// The same in one line, of one key among many: owner, whether it answers, slot, key; with tabs between.
[[nodiscard]] std::string where_line(const Where& where, std::string_view key);

[[nodiscard]] std::string plan_text(const cluster::Plan& plan);
// The files that it is about, by epoch and digests.
[[nodiscard]] std::string plan_files_text(const cluster::View& before, const cluster::View& after);
// {"moved_slots": n, "before": [{"name", "slots"}], "after": [...]}
[[nodiscard]] std::string plan_json(const cluster::Plan& plan);

// The reply to CLUSTER STATUS, an array with a map for each node, as a table: the columns that are known in
// their order, then whatever else a node tells about itself. Below it which cluster file is in force, how
// even the load is, and the moves, if there are any. Nothing if that is not what the reply is.
[[nodiscard]] std::optional<std::string> status_text(const resp::Value& reply);
// The same as JSON: {"whole": true, "nodes": [{"name": "n1", "slots": 5461, ...}]}, numbers as numbers.
[[nodiscard]] std::optional<std::string> status_json(const resp::Value& reply);
// By the same reply: every node that should answer does, all run one file, and every slot is in reach.
[[nodiscard]] bool is_whole(const resp::Value& status);
// What moves from node to node, by the same reply.
[[nodiscard]] std::string moves_plan_text(const resp::Value& status);

}  // namespace limpet::client
