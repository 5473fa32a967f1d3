// Commands of several parts: what is looked at before they are cut, and this shard's own part of them.
#include <algorithm>
#include <limpet/base/number.hpp>
#include <limpet/command/relocate.hpp>
#include <limpet/ownership/claim_rules.hpp>

#include "answers.hpp"
#include "core.hpp"

namespace limpet::shard {

using command::Builtin;
using command::Merge;

// ---- Commands on the keys of several sessions ----

// Names a node that is known to be out of reach, so that nothing has to be started in vain.
std::string Core::down_target(const std::vector<Slot>& slots) {
  for (const Slot slot : slots) {
    const Route route = ownership_.slots().route(slot);
    if (route.kind == Route::Kind::refuse) {
      return why_refused(slot);
    }
    if (route.kind != Route::Kind::peer) continue;
    if (links_.at(route.target).verdict() == Link::Verdict::fail)
      return linking_.why_unreachable(route.target, slot);
  }
  return {};
}

bool Core::take_split_command(Client& client, const Spec& spec, Args args) {
  bool one_slot = true;
  bool all_here = true;
  const auto first = static_cast<std::size_t>(spec.first_key);
  const Slot slot_of_first = slot_of(args[first]);
  for (std::size_t at = first; at <= spec.last_key_of(args.size()) && (one_slot || all_here);
       at += static_cast<std::size_t>(spec.key_step)) {
    const Slot slot = at == first ? slot_of_first : slot_of(args[at]);
    one_slot = one_slot && slot == slot_of_first;
    all_here = all_here && ownership_.slots().is_here(slot);
  }
  if (one_slot) return take_session_command(client, spec, args);
  if (all_here) {
    run_for(client, spec, args);
    return true;
  }
  const gather::SplitKeys keys(spec, args);
  if (const std::string down = down_target(keys.slots()); !down.empty()) {
    ++counters_.forward_errors;
    reply_error(client, down);
    return true;
  }
  if (const auto missing = first_missing(keys.slots())) return wait_for_slot(client, *missing);
  for (const Slot slot : keys.slots()) {
    if (!has_room(ownership_.slots().route(slot), client)) return false;
  }
  gather::Head head = head_of(spec.merge, keep_place(client), client.version);
  head.write = spec.has(command::kWrite);
  head.authenticated = client.authenticated;
  gathers_.begin_split(head, keys);
  run_gathers();
  return true;
}

// RENAME, RENAMENX and COPY from one session to another that lives elsewhere (gather/relocation.hpp). The
// client waits, so that what it sends next sees the end.
bool Core::take_pair_command(Client& client, const Spec& spec, Args args) {
  const Slot from = slot_of(args[1]);
  const Slot to = slot_of(args[2]);
  if (from == to) return take_session_command(client, spec, args);
  if (ownership_.slots().is_here(from) && ownership_.slots().is_here(to)) {
    run_for(client, spec, args);
    return true;
  }
  command::PairRequest request;
  if (const std::string_view error = command::parse_pair(args, request); !error.empty()) {
    admit_error(client, &spec, error);
    return true;
  }
  // Later commands of this client wait for all steps, and earlier ones come first, wherever they run.
  if (!client.replies.empty()) return false;
  if (const std::string down = down_target({from, to}); !down.empty()) {
    ++counters_.forward_errors;
    reply_error(client, down);
    return true;
  }
  for (const Slot slot : {from, to}) {
    if (ownership_.slots().route(slot).kind == Route::Kind::wait) return wait_for_slot(client, slot);
  }
  if (!has_room(ownership_.slots().route(from), client) || !has_room(ownership_.slots().route(to), client))
    return false;
  engine_.stats().called(spec);
  gather::Head head = wide_head_of(client, command::Merge::none);
  head.write = true;
  head.authenticated = client.authenticated;
  gathers_.begin_relocation(head, request, args[1], args[2]);
  run_gathers();
  return true;
}

gather::Head Core::head_of(Merge merge, const Origin& asker, resp::Version version) {
  return {.merge = merge,
          .asker = asker,
          .version = version,
          .random = merge == Merge::pick ? random_.next() : 0};
}

// Its reply waits for others, and what the client sends behind it waits for the reply.
gather::Head Core::wide_head_of(Client& client, Merge merge) {
  const gather::Head head = head_of(merge, keep_place(client), client.version);
  client.replies.set_barrier();
  return head;
}

// ---- Commands for every shard or node ----

bool Core::take_wide_command(Client& client, const Spec& spec, Args args) {
  // It sees everything that this client did before, and nothing that it does after.
  if (!client.replies.empty()) return false;
  if (!spec.is_roll_call()) return take_scan(client, args);
  begin_roll_call(client, spec, args);
  return true;
}

// Whoever is to hold slots by the file, and who holds some still.
bool Core::takes_part(NodeIndex node) const {
  const cluster::Node& known = view_->nodes[node];
  return (known.listed && known.state != cluster::NodeState::down) || ownership_.known().heard_of(node) > 0;
}

// Is this node asked for its part of `args`?
bool Core::is_asked(const command::Execution& does, NodeIndex node, Args args) const {
  const bool all = does.merge == Merge::status || does.merge == Merge::by_node;
  if (all && view_->nodes[node].listed) return true;
  // It may be known to hold slots by what others say alone.
  if (does.merge == Merge::status && ownership_.known().count(view_->nodes.size())[node] > 0) return true;
  // Not the one whose slots are claimed: it is gone, or at least all that it held.
  if (does.builtin == Builtin::cluster_claim && view_->nodes[node].name == args[2])
    return begins_anew(ownership_, nodes(), node);
  return takes_part(node);
}

std::vector<NodeIndex> Core::nodes_asked(const command::Execution& does, Args args) const {
  std::vector<NodeIndex> nodes;
  for (std::size_t i = 0; i < view_->nodes.size(); ++i) {
    const auto node = static_cast<NodeIndex>(i);
    if (is_asked(does, node, args)) nodes.push_back(node);
  }
  return nodes;
}

void Core::gather_nodes(Client& client, const command::Execution& does, bool write, Args args) {
  gather::Head head = wide_head_of(client, does.merge);
  head.write = write;
  gathers_.begin_nodes(head, args, nodes_asked(does, args));
  run_gathers();
}

// This node's part of a command for all nodes.
void Core::run_node_part(const Origin& origin, resp::Version version, bool write, Args args) {
  const command::Execution does = command::execution_of(*command::find(args[0]), args);
  if (const auto order = order_of(does.builtin)) return orders_.take(*order, origin, version);
  gather::Head head = head_of(does.merge, origin, version);
  head.write = write;
  head.part = true;
  gathers_.begin_shards(head, args, roll_of(args));
}

bool Core::ask_shards(Client& client, Merge merge, Args args) {
  if (!client.replies.empty()) return false;
  gathers_.begin_shards(wide_head_of(client, merge), args);
  run_gathers();
  return true;
}

// This shard's part of a command for all shards. Returns how much has to be safe before it leaves.
Lsn Core::run_shard_part(Args args, resp::Version version, Bytes& out) {
  const Spec& spec = *command::find(args[0]);
  ReplyWriter reply(out, version);
  if (spec.scope == command::Scope::cluster) return run_part_of_all_keys(spec, args, version, out);
  switch (command::execution_of(spec, args).builtin) {
    case Builtin::client_kill:
      kill_clients(args, reply);
      break;
    case Builtin::client_list:
      list_clients(args, reply);
      break;
    case Builtin::config_resetstat:
      reset_counts();
      reply.ok();
      break;
    case Builtin::config_set:
      set_config(args, reply);
      break;
    case Builtin::cluster_countkeysinslot: {
      const auto slot = static_cast<Slot>(parse_int64(args[2]).value_or(0));
      reply.integer(static_cast<std::int64_t>(engine_.store().keys_in(slot)));
      break;
    }
    default:
      append_part(figures_, out);
  }
  return 0;
}

}  // namespace limpet::shard
