// Commands about connections: room clients says what is to be done and what the reply is.
#include <limpet/clients/client_commands.hpp>
#include <limpet/clients/connection_commands.hpp>
#include <limpet/command/errors.hpp>

#include "core.hpp"

namespace limpet::shard {

bool Core::take_connection_command(Client& client, const Spec& spec, Args args) {
  if (spec.builtin == command::Builtin::cluster) return cluster_command(client, spec, args);
  const auto afterwards = clients::begin_connection_command(client, spec, tunables_.password);
  clients_.reply(client, [&](Bytes& out) {
    clients::answer_connection_command(client, spec, args, tunables_.password, now_, out);
  });
  if (afterwards == clients::Afterwards::ends) clients_.end(client, safe());
  return true;
}

bool Core::take_client_command(Client& client, const Spec& spec, Args args) {
  using Kind = clients::ClientStep::Kind;
  if (const std::string error = command::refusal(&spec, args); !error.empty()) {
    admit_error(client, &spec, error);
    return true;
  }
  const clients::ClientStep step = clients::begin_client_command(client, spec, args);
  switch (step.kind) {
    case Kind::answer:
      clients_.reply(client,
                     [&](Bytes& out) { clients::answer_client_command(client, spec, args, now_, out); });
      return true;
    case Kind::silent:
      return true;
    case Kind::refuse:
      reply_error(client, step.error);
      return true;
    case Kind::ask_shards:
      return ask_shards(client, step.merge,
                        std::vector<std::string_view>(step.args.begin(), step.args.end()));
  }
  return true;
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

}  // namespace limpet::shard
