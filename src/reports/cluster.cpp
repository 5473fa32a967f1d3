// CLUSTER: who owns what, as one node sees it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limpet/base/hash.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/reports/cluster.hpp>
#include <utility>

namespace limpet::reports {

namespace {

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
  reply.map(7);
  reply.bulk("uid");
  reply.bulk(ref.uid);
  reply.bulk("slot");
  reply.integer(ref.slot);
  reply.bulk("owner");
  reply.bulk(nobody ? "" : view.nodes[owner].name);
  reply.bulk("address");
  reply.bulk(nobody ? "" : view.nodes[owner].client.text());
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
  reply.map(30);
  text("name", me.name);
  text("client", me.client.text());
  text("peer", me.peer ? me.peer->text() : "");
  text("state", facts.stopping ? "stopping"
                : me.leaving   ? "leaving"
                : me.listed    ? name_of(me.state)
                               : "not in the file");
  text("weight", weight_text(me.weight_thousandths));
  field("slots", moves.slots);
  field("slots_placed", view.slots_per_node()[self]);
  field("slots_to_give", moves.to_give);
  field("slots_giving", moves.giving);
  field("slots_receiving", moves.receiving);
  field("slots_unheld", moves.unheld);
  text("why_unheld", moves.unheld == 0 ? "" : facts.why_unheld);
  field("slots_forgotten", moves.forgotten);
  text("data_directory", moves.forgotten == 0 ? "" : facts.is_fresh ? "knows of no slot" : "an old copy");
  field("slots_unreachable", moves.unreachable);
  field("sessions_to_give", moves.sessions_to_give);
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
