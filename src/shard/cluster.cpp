// CLUSTER: who owns what, as this node sees it. The redirecting half of Redis Cluster is absent on purpose:
// here a node forwards.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limpet/base/hash.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>

#include "core.hpp"

namespace limpet::shard {

using command::Builtin;

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

// Is it missed where it cannot be reached?
bool is_counted(const cluster::Node& node) { return node.listed && node.state != cluster::NodeState::down; }

}  // namespace

bool Core::cluster_command(Client& client, const Spec& spec, Args args) {
  if (command::is_discovery(to_lower(args[1]))) {
    reply_error(client, "ERR This instance has cluster support disabled");
    return true;
  }
  if (const std::string error = command::refusal(&spec, args); !error.empty()) {
    admit_error(client, &spec, error);
    return true;
  }
  const command::Execution does = command::execution_of(spec, args);
  switch (does.builtin) {
    case Builtin::cluster_status:
      if (!client.replies.empty()) return false;
      gather_nodes(client, does, false, args);
      return true;
    case Builtin::cluster_reload:
    case Builtin::cluster_check:
    case Builtin::cluster_drain:
    case Builtin::cluster_undrain:
    case Builtin::cluster_claim:
      return cluster_order(client, does, args);
    case Builtin::cluster_partial:
      return take_partial(client, args.subspan(2));
    case Builtin::cluster_countkeysinslot: {
      const std::optional<std::int64_t> slot = parse_int64(args[2]);
      if (slot && *slot >= 0 && *slot < std::int64_t{kSlots}) return ask_shards(client, does.merge, args);
      reply_error(client, command::kInvalidSlot);
      return true;
    }
    default:
      reply_now(client, [&](Bytes& out) {
        ReplyWriter reply(out, client.version);
        answer_cluster_command(spec, args, reply);
      });
      return true;
  }
}

void Core::answer_cluster_command(const Spec& spec, Args args, ReplyWriter& reply) {
  switch (command::execution_of(spec, args).builtin) {
    case Builtin::cluster_info:
      return reply.verbatim(cluster_info());
    case Builtin::cluster_myid:
      return reply.bulk(node_id(config_.self));
    case Builtin::cluster_keyslot:
      return reply.integer(slot_of(args[2]));
    case Builtin::cluster_where:
      return cluster_where(args[2], reply);
    default:
      return command::subcommand_help(spec, reply);
  }
}

// 40 hexadecimal digits, as clients expect, from the name of the node: the same in every life of it.
std::string Core::node_id(NodeIndex node) const {
  const std::string& name = view_->nodes[node].name;
  char text[41];
  std::snprintf(text, sizeof text, "%016llx%016llx%08llx", static_cast<unsigned long long>(hash64(name, 1)),
                static_cast<unsigned long long>(hash64(name, 2)),
                static_cast<unsigned long long>(hash64(name, 3) & 0xffffffffULL));
  return text;
}

std::string Core::cluster_info() const {
  std::size_t assigned = 0;
  std::size_t unreachable = 0;
  const ownership::NodeDirectory nodes = this->nodes();
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    if (view_->owner(slot) != ring::kNobody) ++assigned;
    const Owner& owner = ownership_.known().shown(slot);
    if (nodes.silent(owner.known() ? owner.node : view_->owner(slot))) ++unreachable;
  }
  std::size_t up = 0;
  for (std::size_t node = 0; node < links_.size(); ++node) {
    if (!is_counted(view_->nodes[node])) continue;
    up += !links_[node] || links_[node]->verdict() != Link::Verdict::fail ? 1U : 0U;
  }
  const auto listed =
      static_cast<std::size_t>(std::count_if(view_->nodes.begin(), view_->nodes.end(), is_counted));
  const std::string count = std::to_string(listed);
  const bool whole = up == listed && unreachable == 0;
  return "cluster_enabled:0\r\ncluster_state:" + std::string(whole ? "ok" : "fail") +
         "\r\ncluster_slots_assigned:" + std::to_string(assigned) +
         "\r\ncluster_slots_ok:" + std::to_string(assigned - std::min(assigned, unreachable)) +
         "\r\ncluster_slots_pfail:0\r\ncluster_slots_fail:" + std::to_string(unreachable) +
         "\r\ncluster_known_nodes:" + count + "\r\ncluster_size:" + count +
         "\r\ncluster_current_epoch:" + std::to_string(view_->epoch) +
         "\r\ncluster_my_epoch:" + std::to_string(view_->epoch) +
         "\r\nlimpet_nodes_reachable:" + std::to_string(up) + "\r\n";
}

void Core::cluster_where(std::string_view key, ReplyWriter& reply) {
  const KeyRef ref = KeyRef::of(key);
  const NodeIndex placed = view_->owner(ref.slot);
  const Owner& holder = ownership_.known().shown(ref.slot);
  const NodeIndex owner = holder.term != Term{} ? holder.node : placed;
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
  reply.bulk(nobody ? "" : view_->nodes[owner].name);
  reply.bulk("address");
  reply.bulk(nobody ? "" : view_->nodes[owner].client.text());
  reply.bulk("epoch");
  reply.integer(static_cast<std::int64_t>(view_->epoch));
  reply.bulk("reason");
  reply.bulk(uid_rule + "; CRC16 of it mod 16384 is the slot; epoch " + std::to_string(view_->epoch) +
             " of the cluster file places the slot on " +
             (placed == ring::kNobody ? "no node" : view_->nodes[placed].name) +
             (placed != owner ? "; until it has moved there, " + view_->nodes[owner].name + " holds it"
              : owner == config_.self ? ", the node that you asked"
                                      : ""));
  reply.bulk("state");
  reply.bulk(nobody ? "nobody's" : nodes().silent(owner) ? "unreachable" : "up");
}

// ---- STATUS ----

// What a node says of itself.
void Core::node_status(const ShardStats& stats, ReplyWriter& reply) {
  const cluster::Node& me = view_->nodes[config_.self];
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
  text("state", draining_    ? "stopping"
                : me.leaving ? "leaving"
                : me.listed  ? name_of(me.state)
                             : "not in the file");
  text("weight", weight_text(me.weight_thousandths));
  field("slots", moves.slots);
  field("slots_placed", view_->slots_per_node()[config_.self]);
  field("slots_to_give", moves.to_give);
  field("slots_giving", moves.giving);
  field("slots_receiving", moves.receiving);
  field("slots_unheld", moves.unheld);
  text("why_unheld", moves.unheld == 0 ? "" : ownership_.first_slots().about_unowned(*view_, nodes()));
  field("slots_forgotten", moves.forgotten);
  text("data_directory", moves.forgotten == 0                  ? ""
                         : ownership_.first_slots().is_fresh() ? "knows of no slot"
                                                               : "an old copy");
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
  field("epoch", view_->epoch);
  text("digest", hex_text(view_->content_digest));
  text("placement_digest", hex_text(view_->placement_digest));
}

namespace {

// Of one that does not answer: what the others know of it. What it holds is what it held when it was last
// heard of; if this node has never heard of its sessions, nothing is said of them.
void append_silent_status(const cluster::Node& node, std::string_view error, std::size_t slots,
                          std::int64_t sessions, ReplyWriter& reply) {
  const std::array<std::pair<std::string_view, std::string>, 5> fields = {{
      {"name", node.name},
      {"client", node.client.port == 0 ? "" : node.client.text()},
      {"peer", node.peer ? node.peer->text() : ""},
      {"state", node.state == cluster::NodeState::down ? "down"
                : node.leaving                         ? "left"
                                                       : "unreachable"},
      {"error", std::string(error)},
  }};
  reply.map(fields.size() + (sessions < 0 ? 2 : 3));
  for (const auto& [name, value] : fields) {
    reply.bulk(name);
    reply.bulk(value);
  }
  reply.bulk("listed");
  reply.integer(node.listed ? 1 : 0);
  reply.bulk("slots");
  reply.integer(static_cast<std::int64_t>(slots));
  if (sessions < 0) return;
  reply.bulk("sessions");
  reply.integer(sessions);
}

}  // namespace

void Core::status_reply(gather::Parts parts, ReplyWriter& reply) {
  const std::vector<std::size_t> held = ownership_.known().count(view_->nodes.size());
  reply.array(parts.size());
  for (const gather::Part& part : parts) {
    const bool answered = part.outcome == Outcome::done && !gather::is_error(part.reply.view());
    if (answered) {
      reply.out().append(part.reply.view());
      continue;
    }
    append_silent_status(view_->nodes[part.node], part.reply.view(), held[part.node],
                         links_[part.node] ? links_[part.node]->sessions() : -1, reply);
  }
}

}  // namespace limpet::shard
