// CLUSTER: who owns what, as this node sees it. The redirecting half of Redis Cluster is absent on purpose:
// here a node forwards.
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/reports/cluster.hpp>

#include "core.hpp"

namespace limpet::shard {

using command::Builtin;

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
      clients_.reply(client, [&](Bytes& out) {
        ReplyWriter reply(out, client.version);
        answer_cluster_command(spec, args, reply);
      });
      return true;
  }
}

void Core::answer_cluster_command(const Spec& spec, Args args, ReplyWriter& reply) {
  switch (command::execution_of(spec, args).builtin) {
    case Builtin::cluster_info:
      return reply.verbatim(reports::cluster_info(*view_, reachability()));
    case Builtin::cluster_myid:
      return reply.bulk(reports::node_id(view_->nodes[config_.self].name));
    case Builtin::cluster_keyslot:
      return reply.integer(slot_of(args[2]));
    case Builtin::cluster_where:
      return reports::reply_where(args[2], *view_, whereabouts_of(slot_of(args[2])), reply);
    default:
      return command::subcommand_help(spec, reply);
  }
}

reports::Reachability Core::reachability() const {
  reports::Reachability reach;
  const ownership::NodeDirectory nodes = this->nodes();
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    if (view_->owner(slot) != ring::kNobody) ++reach.slots_assigned;
    const Owner& owner = ownership_.known().shown(slot);
    if (nodes.silent(owner.known() ? owner.node : view_->owner(slot))) ++reach.slots_unreachable;
  }
  for (std::size_t node = 0; node < links_.size(); ++node) {
    if (!reports::is_counted(view_->nodes[node])) continue;
    reach.nodes_up += !links_[node] || links_[node]->verdict() != Link::Verdict::fail ? 1U : 0U;
  }
  return reach;
}

reports::Whereabouts Core::whereabouts_of(Slot slot) const {
  const Owner& known = ownership_.known().shown(slot);
  const NodeIndex owner = known.known() ? known.node : view_->owner(slot);
  return {.owner = owner,
          .owner_is_silent = owner != ring::kNobody && nodes().silent(owner),
          .self = config_.self};
}

void Core::status_reply(gather::Parts parts, ReplyWriter& reply) {
  const std::vector<std::size_t> held = ownership_.known().count(view_->nodes.size());
  reply.array(parts.size());
  for (const gather::Part& part : parts) {
    if (part.outcome == Outcome::done && !gather::is_error(part.reply.view())) {
      reply.out().append(part.reply.view());
      continue;
    }
    const Link* const link = links_[part.node].get();
    reports::reply_silent_status(view_->nodes[part.node], part.reply.view(),
                                 {held[part.node], link != nullptr ? link->sessions() : -1}, reply);
  }
}

}  // namespace limpet::shard
