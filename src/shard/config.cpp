// CONFIG. What is set holds until it is set again or the configuration is reloaded.
#include <limpet/command/describe.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/reports/config.hpp>

#include "core.hpp"

namespace limpet::shard {

reports::ConfigValues Core::config_values() const {
  return {.max_clients = tunables_.max_clients,
          .memory_max = tunables_.memory_of_node,
          .evict_when_full = tunables_.evict_when_full,
          .idle_timeout_ms = tunables_.idle_timeout_ms};
}

bool Core::config_command(Client& client, const Spec& spec, Args args) {
  if (const std::string error = command::refusal(&spec, args); !error.empty()) {
    admit_error(client, &spec, error);
    return true;
  }
  const command::Execution does = command::execution_of(spec, args);
  if (does.merge != command::Merge::none) {
    reports::ConfigValues tried = config_values();
    const bool sets = does.builtin == command::Builtin::config_set;
    if (const std::string error = sets ? reports::set_config(tried, args) : std::string(); !error.empty()) {
      reply_error(client, error);
      return true;
    }
    return ask_shards(client, does.merge, args);
  }
  clients_.reply(client, [&](Bytes& out) {
    ReplyWriter reply(out, client.version);
    if (does.builtin == command::Builtin::help) return command::subcommand_help(spec, reply);
    reports::reply_config(config_values(), view_->nodes[config_.self], args, reply);
  });
  return true;
}

// This shard's part of CONFIG RESETSTAT and CONFIG SET.
void Core::config_part(command::Builtin builtin, Args args, ReplyWriter& reply) {
  if (builtin == command::Builtin::config_resetstat) {
    counters_ = {};
    forwarder_.counts() = {};
    engine_.stats().reset();
    return reply.ok();
  }
  reports::ConfigValues values = config_values();
  const std::string error = reports::set_config(values, args);
  tunables_.memory_of_node = values.memory_max;
  tunables_.memory_max = part_of(values.memory_max, config_.shards, config_.index);
  tunables_.evict_when_full = values.evict_when_full;
  tunables_.idle_timeout_ms = values.idle_timeout_ms;
  engine_.set_memory({.max = tunables_.memory_max, .evict = tunables_.evict_when_full});
  error.empty() ? reply.ok() : reply.error(error);
}

}  // namespace limpet::shard
