#include <limpet/base/number.hpp>
#include <limpet/clients/client_commands.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/reports/config.hpp>
#include <limpet/traffic/nodes.hpp>
#include <limpet/wide/answers.hpp>
#include <limpet/wide/own_parts.hpp>

namespace limpet::wide {

using clients::Client;
using command::Args;
using command::Builtin;
using command::Merge;
using command::Spec;
using forward::Origin;
using resp::ReplyWriter;

bool OwnParts::is_for_nodes(const Spec& spec, Args args) {
  const std::size_t part_args = command::execution_of(spec, args).part_args;
  if (part_args == 0 || args.size() != part_args) return false;
  return !spec.is_roll_call() || KeysHere::slots_asked_for(args).has_value();
}

std::optional<gather::Roll> OwnParts::roll_of(Args args) const {
  const Spec* const spec = command::find(args[0]);
  if (spec == nullptr || !spec->is_roll_call()) return std::nullopt;
  return gather::Roll{.slots = KeysHere::slots_asked_for(args).value_or(SlotSet{}),
                      .until_ms = now_.steady_ms + tunables_.forward_timeout_ms};
}

gather::Head OwnParts::head_of(Merge merge, const Origin& asker, resp::Version version) {
  return {.merge = merge,
          .asker = asker,
          .version = version,
          .random = merge == Merge::pick ? random_.next() : 0};
}

void OwnParts::run_for_node(const Origin& origin, resp::Version version, bool write, Args args) {
  const command::Execution does = command::execution_of(*command::find(args[0]), args);
  if (const auto order = order_of(does.builtin)) return orders_.take(*order, origin, version);
  gather::Head head = head_of(does.merge, origin, version);
  head.write = write;
  head.part = true;
  gathers_.begin_shards(head, args, roll_of(args));
}

std::optional<Lsn> OwnParts::run_for_shard(const Origin& origin, resp::Version version, Args args,
                                           Bytes& out) {
  const Spec& spec = *command::find(args[0]);
  ReplyWriter reply(out, version);
  if (spec.scope == command::Scope::cluster) return keys_.run(spec, args, version, out);
  switch (command::execution_of(spec, args).builtin) {
    case Builtin::cluster_claim: {
      const auto nodes = directory_of(links_, now_);
      const auto refusal = orders_.claim(args[2], origin, version, nodes);
      if (refusal) delivery_.deliver(refusal->origin, peer::Outcome::done, refusal->reply.view());
      return std::nullopt;
    }
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
  return Lsn{0};
}

// ---- About clients and settings ----

void OwnParts::list_clients(Args args, ReplyWriter& reply) {
  clients::ClientList list(args, now_);
  clients_.each([&](const Client& client) { list.add(client); });
  list.reply(reply);
}

void OwnParts::kill_clients(Args args, ReplyWriter& reply) {
  using Fate = clients::KillFilter::Fate;
  const clients::KillFilter filter(args);
  std::int64_t killed = 0;
  clients_.each([&](Client& client) {
    const Fate fate = filter.fate_of(client);
    if (fate == Fate::stays) return;
    client.aborted = fate == Fate::aborts;
    clients_.end(client, delivery_.safe());
    ++killed;
  });
  reply.integer(killed);
}

void OwnParts::reset_counts() {
  counters_ = {};
  forwarder_.counts() = {};
  engine_.stats().reset();
}

// What is set holds until it is set again or the configuration is reloaded.
void OwnParts::set_config(Args args, ReplyWriter& reply) {
  reports::ConfigValues values = figures_.config_values();
  const std::string error = reports::set_config(values, args);
  tunables_.memory_of_node = values.memory_max;
  tunables_.memory_max = part_of(values.memory_max, config_.shards, config_.index);
  tunables_.evict_when_full = values.evict_when_full;
  tunables_.idle_timeout_ms = values.idle_timeout_ms;
  engine_.set_memory({.max = tunables_.memory_max, .evict = tunables_.evict_when_full});
  error.empty() ? reply.ok() : reply.error(error);
}

}  // namespace limpet::wide
