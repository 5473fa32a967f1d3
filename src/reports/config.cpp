// CONFIG: what clients ask for, answered from what this node really does, and the little of it that can be
// set while it runs. What is set holds until it is set again or the configuration is reloaded.
#include <algorithm>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/reports/config.hpp>
#include <map>

namespace limpet::reports {

namespace {

constexpr std::string_view kRefuse = "noeviction";
constexpr std::string_view kEvict = "volatile-lru";

// Names as Redis has them.
std::map<std::string, std::string> settings(const ConfigValues& values, const cluster::Node& me) {
  return {
      {"appendonly", "no"},
      {"bind", me.client.host},
      {"databases", "1"},
      {"maxclients", std::to_string(values.max_clients)},
      {"maxmemory", std::to_string(values.memory_max)},
      {"maxmemory-policy", std::string(policy_name(values.evict_when_full))},
      {"notify-keyspace-events", ""},
      {"port", std::to_string(me.client.port)},
      {"proto-max-bulk-len", std::to_string(kBulkBytesMax)},
      {"replica-read-only", "yes"},
      {"save", ""},
      {"slave-read-only", "yes"},
      {"slowlog-log-slower-than", "-1"},
      {"timeout", std::to_string(values.idle_timeout_ms / 1000)},
  };
}

// Changes one setting. Returns what is wrong with the value, or nothing. `name` is one that can be set.
std::string_view set_one(ConfigValues& values, std::string_view name, std::string_view value) {
  if (equals_ignore_case(name, "maxmemory")) {
    const auto bytes = parse_memory(value);
    if (!bytes) return "argument must be a memory value";
    values.memory_max = *bytes;
    return {};
  }
  if (equals_ignore_case(name, "maxmemory-policy")) {
    if (!equals_ignore_case(value, kEvict) && !equals_ignore_case(value, kRefuse)) {
      return "argument must be one of the following: volatile-lru, noeviction";
    }
    values.evict_when_full = equals_ignore_case(value, kEvict);
    return {};
  }
  const auto seconds = parse_int64(value);
  constexpr std::int64_t kSecondsMax = 86'400;
  if (!seconds) return "argument couldn't be parsed into an integer";
  if (*seconds < 0 || *seconds > kSecondsMax) return "argument must be between 0 and 86400 inclusive";
  values.idle_timeout_ms = *seconds * 1000;
  return {};
}

bool can_be_set(std::string_view name) {
  return equals_ignore_case(name, "maxmemory") || equals_ignore_case(name, "maxmemory-policy") ||
         equals_ignore_case(name, "timeout");
}

std::string set_error(std::string_view name, std::string_view what) {
  return "ERR CONFIG SET failed (possibly related to argument '" + printable(name) + "') - " +
         std::string(what);
}

}  // namespace

std::string_view policy_name(bool evict_when_full) { return evict_when_full ? kEvict : kRefuse; }

void reply_config(const ConfigValues& values, const cluster::Node& me, command::Args args,
                  resp::ReplyWriter& reply) {
  std::map<std::string, std::string> found;
  for (const auto& [name, value] : settings(values, me)) {
    for (std::size_t i = 2; i < args.size(); ++i) {
      if (args[i].size() <= kGlobBytesMax && glob_match(args[i], name, true)) found.emplace(name, value);
    }
  }
  reply.map(found.size());
  for (const auto& [name, value] : found) {
    reply.bulk(name);
    reply.bulk(value);
  }
}

std::string set_config(ConfigValues& values, command::Args args) {
  const std::string_view odd = args.size() % 2 == 1 ? args.back() : std::string_view();
  const auto known = settings(values, {});
  for (std::size_t i = 2; i < args.size(); i += 2) {
    const std::string_view name = args[i];
    if (args.size() % 2 == 1 || !known.contains(to_lower(name))) {
      return "ERR Unknown option or number of arguments for CONFIG SET - '" +
             printable(args.size() % 2 == 1 ? odd : name) + "'";
    }
    if (!can_be_set(name)) {
      return set_error(name,
                       "can't set immutable config; change the configuration of limpetd and restart "
                       "or reload it");
    }
    for (std::size_t before = 2; before < i; before += 2) {
      if (equals_ignore_case(args[before], name)) return set_error(name, "duplicate parameter");
    }
    const std::string_view wrong = set_one(values, name, args[i + 1]);
    if (!wrong.empty()) return set_error(name, wrong);
  }
  return {};
}

command::Step begin_config(ConfigValues values, const command::Spec& spec, command::Args args) {
  if (const std::string error = command::refusal(&spec, args); !error.empty()) return command::reject(error);
  const command::Execution does = command::execution_of(spec, args);
  if (does.merge == command::Merge::none) return {};
  if (does.builtin == command::Builtin::config_set) {
    if (const std::string error = set_config(values, args); !error.empty()) return command::refuse(error);
  }
  return command::ask_shards(does.merge);
}

}  // namespace limpet::reports
