#include <limpet/clients/client_commands.hpp>
#include <limpet/clients/connection_commands.hpp>
#include <limpet/reports/cluster.hpp>
#include <limpet/reports/config.hpp>
#include <limpet/traffic/nodes.hpp>
#include <limpet/wide/answers.hpp>
#include <limpet/wide/builtins.hpp>

namespace limpet::wide {

using clients::Client;
using command::Args;
using command::Builtin;
using command::Spec;
using command::Step;
using resp::ReplyWriter;

bool Builtins::about_connection(Client& client, const Spec& spec, Args args) {
  if (spec.builtin == Builtin::cluster)
    return carry_out(client, spec, args, reports::begin_cluster(spec, args));
  const auto afterwards = clients::begin_connection_command(client, spec, tunables_.password);
  clients_.reply(client, [&](Bytes& out) {
    clients::answer_connection_command(client, spec, args, tunables_.password, now_, out);
  });
  if (afterwards == clients::Afterwards::ends) clients_.end(client, delivery_.safe());
  return true;
}

bool Builtins::about_node(Client& client, const Spec& spec, Args args) {
  switch (spec.builtin) {
    case Builtin::client:
      return carry_out(client, spec, args, clients::begin_client_command(client, spec, args));
    case Builtin::config:
      return carry_out(client, spec, args, reports::begin_config(figures_.config_values(), spec, args));
    default:
      return wide_.shards(client, spec.merge, args);
  }
}

bool Builtins::carry_out(Client& client, const Spec& spec, Args args, const Step& step) {
  switch (step.kind) {
    case Step::Kind::answer:
      clients_.reply(client, [&](Bytes& out) { answer(client, spec, args, out); });
      return true;
    case Step::Kind::silent:
      return true;
    case Step::Kind::reject:
      wide_.reject(client, &spec, step.error);
      return true;
    case Step::Kind::refuse:
      delivery_.refuse(client, step.error);
      return true;
    case Step::Kind::ask_shards:
      if (step.args.empty()) return wide_.shards(client, step.merge, args);
      return wide_.shards(client, step.merge,
                          std::vector<std::string_view>(step.args.begin(), step.args.end()));
    case Step::Kind::ask_nodes:
      if (!client.replies.empty()) return false;
      wide_.nodes(client, command::execution_of(spec, args), false, args);
      return true;
    case Step::Kind::order:
      return order(client, command::execution_of(spec, args), args);
    case Step::Kind::partial:
      return wide_.partial(client, args.subspan(2));
  }
  return true;
}

// An operator's.
bool Builtins::order(Client& client, const command::Execution& does, Args args) {
  if (!client.replies.empty()) return false;
  const Orders::Step step = orders_.begin(client, does, args, directory_of(links_, now_));
  if (step.kind == Orders::Step::Kind::refuse) {
    delivery_.refuse(client, step.error);
    return true;
  }
  if (step.kind == Orders::Step::Kind::ask_nodes) {
    wide_.nodes(client, does, step.writes, args.first(step.args));
    return true;
  }
  const forward::Origin origin = delivery_.await(client);
  client.replies.set_barrier();
  if (step.kind == Orders::Step::Kind::take) {
    orders_.take(step.order, origin, client.version);
  } else {
    sending_.begin({{false, step.node}, forward::kNoSlot, origin, step.writes}, peer::Reach::node,
                   client.version, true, args.first(step.args));
  }
  return true;
}

// What is known here and now.
void Builtins::answer(Client& client, const Spec& spec, Args args, Bytes& out) {
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

}  // namespace limpet::wide
