// CONFIG: what clients ask for at their start, answered from what this node really does.
#include <limpet/base/text.hpp>
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>
#include <map>

#include "core.hpp"

namespace limpet::shard {

namespace {

// Names as Redis has them. Nothing here can be set yet but by the configuration and a reload.
std::map<std::string, std::string> settings(const ShardTunables& tunables, const cluster::View& view,
                                            const ShardConfig& config) {
  const cluster::Node& me = view.nodes[config.self];
  return {
      {"appendonly", "no"},
      {"bind", me.client.host},
      {"databases", "1"},
      {"maxclients", std::to_string(tunables.max_clients)},
      {"maxmemory", "0"},
      {"maxmemory-policy", "noeviction"},
      {"notify-keyspace-events", ""},
      {"port", std::to_string(me.client.port)},
      {"proto-max-bulk-len", std::to_string(kBulkBytesMax)},
      {"replica-read-only", "yes"},
      {"save", ""},
      {"slave-read-only", "yes"},
      {"slowlog-log-slower-than", "-1"},
      {"timeout", std::to_string(tunables.idle_timeout_ms / 1000)},
  };
}

}  // namespace

bool Core::config_command(Client& client, const Spec& spec, Args args) {
  if (const std::string error = command::refusal(&spec, args); !error.empty()) {
    admit_error(client, &spec, error);
    return true;
  }
  if (equals_ignore_case(args[1], "resetstat")) return ask_shards(client, GatherKind::all_ok, args);
  reply_now(client, [&](Bytes& out) {
    ReplyWriter reply(out, client.version);
    if (equals_ignore_case(args[1], "help")) return command::subcommand_help(spec, reply);
    if (equals_ignore_case(args[1], "set")) {
      return reply.error(
          "ERR CONFIG SET failed: change the configuration of limpetd and reload it with SIGHUP");
    }
    std::map<std::string, std::string> found;
    for (const auto& [name, value] : settings(tunables_, view_, config_)) {
      for (std::size_t i = 2; i < args.size(); ++i) {
        if (args[i].size() <= kGlobBytesMax && glob_match(args[i], name, true)) found.emplace(name, value);
      }
    }
    reply.map(found.size());
    for (const auto& [name, value] : found) {
      reply.bulk(name);
      reply.bulk(value);
    }
  });
  return true;
}

}  // namespace limpet::shard
