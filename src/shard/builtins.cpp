// Commands that are about connections, the node or the cluster, not about keys (command::Builtin): the rooms
// below say what is to be done and what the reply is, and here it is done.
#include <limpet/clients/client_commands.hpp>
#include <limpet/clients/connection_commands.hpp>
#include <limpet/reports/cluster.hpp>
#include <limpet/reports/config.hpp>

#include "answers.hpp"
#include "core.hpp"

namespace limpet::shard {

using command::Builtin;
using command::Step;

bool Core::take_connection_command(Client& client, const Spec& spec, Args args) {
  if (spec.builtin == Builtin::cluster) {
    return carry_out(client, spec, args, reports::begin_cluster(spec, args));
  }
  const auto afterwards = clients::begin_connection_command(client, spec, tunables_.password);
  clients_.reply(client, [&](Bytes& out) {
    clients::answer_connection_command(client, spec, args, tunables_.password, now_, out);
  });
  if (afterwards == clients::Afterwards::ends) clients_.end(client, safe());
  return true;
}

bool Core::take_node_command(Client& client, const Spec& spec, Args args) {
  switch (spec.builtin) {
    case Builtin::client:
      return carry_out(client, spec, args, clients::begin_client_command(client, spec, args));
    case Builtin::config:
      return carry_out(client, spec, args, reports::begin_config(figures_.config_values(), spec, args));
    default:
      return ask_shards(client, spec.merge, args);
  }
}

// False: commands of the client are under way that come first.
bool Core::carry_out(Client& client, const Spec& spec, Args args, const Step& step) {
  switch (step.kind) {
    case Step::Kind::answer:
      clients_.reply(client, [&](Bytes& out) { answer_builtin(client, spec, args, out); });
      return true;
    case Step::Kind::silent:
      return true;
    case Step::Kind::reject:
      admit_error(client, &spec, step.error);
      return true;
    case Step::Kind::refuse:
      reply_error(client, step.error);
      return true;
    case Step::Kind::ask_shards:
      if (step.args.empty()) return ask_shards(client, step.merge, args);
      return ask_shards(client, step.merge,
                        std::vector<std::string_view>(step.args.begin(), step.args.end()));
    case Step::Kind::ask_nodes:
      if (!client.replies.empty()) return false;
      gather_nodes(client, command::execution_of(spec, args), false, args);
      return true;
    case Step::Kind::order:
      return take_order(client, command::execution_of(spec, args), args);
    case Step::Kind::partial:
      return take_partial(client, args.subspan(2));
  }
  return true;
}

// ---- Orders ----

bool Core::take_order(Client& client, const command::Execution& does, Args args) {
  if (!client.replies.empty()) return false;
  const Orders::Step step = orders_.begin(client, does, args, nodes());
  if (step.kind == Orders::Step::Kind::refuse) {
    reply_error(client, step.error);
    return true;
  }
  if (step.kind == Orders::Step::Kind::ask_nodes) {
    gather_nodes(client, does, step.writes, args.first(step.args));
    return true;
  }
  const Origin origin = keep_place(client);
  client.replies.set_barrier();
  if (step.kind == Orders::Step::Kind::take) {
    orders_.take(step.order, origin, client.version);
  } else {
    const peer::Request request = first_hop(Reach::node, client.version, true);
    forward({Route::Kind::peer, step.node}, kNoSlot, origin, request, args.first(step.args), step.writes);
  }
  return true;
}

void Core::ordered(std::uint64_t ticket, const Result<std::string>& outcome) {
  if (const auto answer = orders_.done(ticket, outcome)) {
    deliver(answer->origin, Outcome::done, answer->reply.view());
  }
}

// ---- Replies that are known here and now ----

void Core::answer_builtin(Client& client, const Spec& spec, Args args, Bytes& out) {
  ReplyWriter reply(out, client.version);
  switch (spec.builtin) {
    case Builtin::client:
      return clients::answer_client_command(client, spec, args, now_, out);
    case Builtin::config:
      return answer_config(spec, args, figures_, reply);
    default:
      return answer_cluster(spec, args, figures_, reply);
  }
}

// ---- This shard's part ----

void Core::list_clients(Args part, ReplyWriter& reply) {
  clients::ClientList list(part, now_);
  clients_.each([&](const Client& client) { list.add(client); });
  list.reply(reply);
}

void Core::kill_clients(Args part, ReplyWriter& reply) {
  using Fate = clients::KillFilter::Fate;
  const clients::KillFilter filter(part);
  std::int64_t killed = 0;
  clients_.each([&](Client& client) {
    const Fate fate = filter.fate_of(client);
    if (fate == Fate::stays) return;
    client.aborted = fate == Fate::aborts;
    clients_.end(client, safe());
    ++killed;
  });
  reply.integer(killed);
}

void Core::reset_counts() {
  counters_ = {};
  forwarder_.counts() = {};
  engine_.stats().reset();
}

// What is set holds until it is set again or the configuration is reloaded.
void Core::set_config(Args args, ReplyWriter& reply) {
  reports::ConfigValues values = figures_.config_values();
  const std::string error = reports::set_config(values, args);
  tunables_.memory_of_node = values.memory_max;
  tunables_.memory_max = part_of(values.memory_max, config_.shards, config_.index);
  tunables_.evict_when_full = values.evict_when_full;
  tunables_.idle_timeout_ms = values.idle_timeout_ms;
  engine_.set_memory({.max = tunables_.memory_max, .evict = tunables_.evict_when_full});
  error.empty() ? reply.ok() : reply.error(error);
}

}  // namespace limpet::shard
