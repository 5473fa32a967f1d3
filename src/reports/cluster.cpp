// CLUSTER: who owns what, as one node sees it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limpet/base/hash.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/reports/cluster.hpp>
#include <limpet/reports/figure_rows.hpp>
#include <optional>
#include <utility>

namespace limpet::reports {

namespace {

// Of CLUSTER STATUS: all that is no row of HandoffStats.
constexpr std::size_t kFieldsBesideRows = 22;

std::uint64_t rounded(double number) { return static_cast<std::uint64_t>(std::llround(number)); }

// As the cluster file has it: "1", "0.25".
std::string weight_text(std::uint32_t thousandths) {
  std::string text = std::to_string(thousandths / 1000);
  if (thousandths % 1000 == 0) return text;
  std::string digits = std::to_string(1000 + thousandths % 1000).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return text + '.' + digits;
}

}  // namespace

command::Step begin_cluster(const command::Spec& spec, command::Args args) {
  using command::Builtin;
  if (command::is_discovery(to_lower(args[1]))) {
    return command::refuse("ERR This instance has cluster support disabled");
  }
  if (const std::string error = command::refusal(&spec, args); !error.empty()) return command::reject(error);
  const command::Execution does = command::execution_of(spec, args);
  switch (does.builtin) {
    case Builtin::cluster_status:
      return {.kind = command::Step::Kind::ask_nodes};
    case Builtin::cluster_reload:
    case Builtin::cluster_check:
    case Builtin::cluster_drain:
    case Builtin::cluster_undrain:
    case Builtin::cluster_claim:
      return {.kind = command::Step::Kind::order};
    case Builtin::cluster_partial:
      return {.kind = command::Step::Kind::partial};
    case Builtin::cluster_countkeysinslot: {
      const std::optional<std::int64_t> slot = parse_int64(args[2]);
      if (slot && *slot >= 0 && *slot < std::int64_t{kSlots}) return command::ask_shards(does.merge);
      return command::refuse(command::kInvalidSlot);
    }
    default:
      return {};
  }
}

std::string node_id(std::string_view name) {
  char text[41];
  std::snprintf(text, sizeof text, "%016llx%016llx%08llx", static_cast<unsigned long long>(hash64(name, 1)),
                static_cast<unsigned long long>(hash64(name, 2)),
                static_cast<unsigned long long>(hash64(name, 3) & 0xffffffffULL));
  return text;
}

std::string cluster_info(const cluster::View& view, const Reachability& reach) {
  const auto listed =
      static_cast<std::size_t>(std::count_if(view.nodes.begin(), view.nodes.end(), is_counted));
  const std::string count = std::to_string(listed);
  const bool whole = reach.nodes_up == listed && reach.slots_unreachable == 0;
  return "cluster_enabled:0\r\ncluster_state:" + std::string(whole ? "ok" : "fail") +
         "\r\ncluster_slots_assigned:" + std::to_string(reach.slots_assigned) + "\r\ncluster_slots_ok:" +
         std::to_string(reach.slots_assigned - std::min(reach.slots_assigned, reach.slots_unreachable)) +
         "\r\ncluster_slots_pfail:0\r\ncluster_slots_fail:" + std::to_string(reach.slots_unreachable) +
         "\r\ncluster_known_nodes:" + count + "\r\ncluster_size:" + count +
         "\r\ncluster_current_epoch:" + std::to_string(view.epoch) +
         "\r\ncluster_my_epoch:" + std::to_string(view.epoch) +
         "\r\nlimpet_nodes_reachable:" + std::to_string(reach.nodes_up) + "\r\n";
}

void reply_where(std::string_view key, const cluster::View& view, const Whereabouts& where,
                 resp::ReplyWriter& reply) {
  const KeyRef ref = KeyRef::of(key);
  const cluster::NodeIndex placed = view.owner(ref.slot);
  const cluster::NodeIndex owner = where.owner;
  const bool nobody = owner == ring::kNobody;
  const std::string uid_rule = ref.uid.size() == ref.key.size()
                                   ? "the whole key is the uid"
                                   : "the uid is what stands in the first {...} of the key";
  reply.map(8);
  reply.bulk("uid");
  reply.bulk(ref.uid);
  reply.bulk("slot");
  reply.integer(ref.slot);
  reply.bulk("owner");
  reply.bulk(nobody ? "" : view.nodes[owner].name);
  reply.bulk("address");
  reply.bulk(nobody ? "" : view.nodes[owner].client.text());
  reply.bulk("followers");
  reply.bulk(where.followers);
  reply.bulk("epoch");
  reply.integer(static_cast<std::int64_t>(view.epoch));
  reply.bulk("reason");
  reply.bulk(uid_rule + "; CRC16 of it mod 16384 is the slot; epoch " + std::to_string(view.epoch) +
             " of the cluster file places the slot on " +
             (placed == ring::kNobody ? "no node" : view.nodes[placed].name) +
             (placed != owner       ? "; until it has moved there, " + view.nodes[owner].name + " holds it"
              : owner == where.self ? ", the node that you asked"
                                    : ""));
  reply.bulk("state");
  reply.bulk(nobody ? "nobody's" : where.owner_is_silent ? "unreachable" : "up");
}

void reply_status(const cluster::View& view, cluster::NodeIndex self, const StatusFacts& facts,
                  const ShardStats& stats, resp::ReplyWriter& reply) {
  using Row = FigureRow<HandoffStats>;
  const cluster::Node& me = view.nodes[self];
  const auto field = [&](std::string_view name, std::uint64_t value) {
    reply.bulk(name);
    reply.integer(static_cast<std::int64_t>(value));
  };
  const auto text = [&](std::string_view name, std::string_view value) {
    reply.bulk(name);
    reply.bulk(value);
  };
  const HandoffStats& moves = stats.handoff;
  const auto left = seconds_left(moves, stats.rates);
  const std::string_view data_directory = moves.forgotten == 0 ? ""
                                          : facts.is_fresh     ? "knows of no slot"
                                                               : "an old copy";
  const auto is_shown = [](const Row& row) { return !row.cluster_status.empty(); };
  const auto shown = std::count_if(kHandoffRows.begin(), kHandoffRows.end(), is_shown);
  const bool copies = view.copies.followers > 0;
  const auto of_copies = std::count_if(kCopiesRows.begin(), kCopiesRows.end(),
                                       [](const auto& row) { return !row.cluster_status.empty(); });
  reply.map(kFieldsBesideRows + static_cast<std::size_t>(shown + (copies ? of_copies : 0)));
  text("name", me.name);
  text("client", me.client.text());
  text("peer", me.peer ? me.peer->text() : "");
  text("state", facts.stopping ? "stopping"
                : me.leaving   ? "leaving"
                : me.listed    ? name_of(me.state)
                               : "not in the file");
  text("weight", weight_text(me.weight_thousandths));
  for (const Row::Of of : {Row::Of::slots, Row::Of::sessions}) {
    for (const Row& row : kHandoffRows) {
      if (row.of != of || !is_shown(row)) continue;
      field(row.cluster_status, moves.*row.field);
      // What explains it stands behind it.
      if (row.field == &HandoffStats::slots) field("slots_placed", view.slots_per_node()[self]);
      if (row.field == &HandoffStats::unheld) text("why_unheld", moves.unheld == 0 ? "" : facts.why_unheld);
      if (row.field == &HandoffStats::forgotten) text("data_directory", data_directory);
    }
  }
  field("sessions_given_per_second", rounded(stats.rates.sessions_given));
  field("bytes_given_per_second", rounded(stats.rates.bytes_sent));
  text("seconds_left", left ? std::to_string(rounded(*left)) : "");
  text("last_failure", moves.to_give > 0 ? moves.last_failure.data() : "");
  field("sessions", stats.store.sessions);
  field("keys", stats.store.keys);
  field("bytes", stats.store.bytes);
  field("ops_per_second", rounded(stats.rates.operations));
  field("clients", stats.counters.connected_clients);
  field("commands", stats.counters.commands_processed);
  field("forwarded", stats.counters.commands_forwarded);
  for (const FigureRow<CopiesStats>& row : kCopiesRows) {
    if (copies && !row.cluster_status.empty()) field(row.cluster_status, stats.copies.*row.field);
  }
  field("epoch", view.epoch);
  text("digest", hex_text(view.content_digest));
  text("placement_digest", hex_text(view.placement_digest));
}

void reply_silent_status(const cluster::Node& node, std::string_view error, const LastHeard& heard,
                         resp::ReplyWriter& reply) {
  const std::array<std::pair<std::string_view, std::string>, 5> fields = {{
      {"name", node.name},
      {"client", node.client.port == 0 ? "" : node.client.text()},
      {"peer", node.peer ? node.peer->text() : ""},
      {"state", node.state == cluster::NodeState::down ? "down"
                : node.leaving                         ? "left"
                                                       : "unreachable"},
      {"error", std::string(error)},
  }};
  reply.map(fields.size() + (heard.sessions < 0 ? 2 : 3));
  for (const auto& [name, value] : fields) {
    reply.bulk(name);
    reply.bulk(value);
  }
  reply.bulk("listed");
  reply.integer(node.listed ? 1 : 0);
  reply.bulk("slots");
  reply.integer(static_cast<std::int64_t>(heard.slots));
  if (heard.sessions < 0) return;
  reply.bulk("sessions");
  reply.integer(heard.sessions);
}

}  // namespace limpet::reports
