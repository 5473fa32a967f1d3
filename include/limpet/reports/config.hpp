// CONFIG: what clients ask for, answered from what this node really does, and the little of it that can be
// set while it runs. Names are those of Redis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/cluster/view.hpp>
#include <limpet/command/command.hpp>
#include <limpet/command/step.hpp>
#include <limpet/resp/reply.hpp>
#include <string>
#include <string_view>

namespace limpet::reports {

// What happens to writes when the memory is full, by the name that Redis has for it.
[[nodiscard]] std::string_view policy_name(bool evict_when_full);

struct ConfigValues {
  std::size_t max_clients = 0;
  std::uint64_t memory_max = 0;      // can be set; in bytes, of all shards; 0: no bound
  bool evict_when_full = false;      // can be set
  std::int64_t idle_timeout_ms = 0;  // can be set; 0: never
};

// What is to be done for CONFIG; of SET once it is known that `values` can be set so.
[[nodiscard]] command::Step begin_config(ConfigValues values, const command::Spec& spec, command::Args args);

// CONFIG GET pattern [pattern ...].
void reply_config(const ConfigValues& values, const cluster::Node& me, command::Args args,
                  resp::ReplyWriter& reply);

// Changes `values` as CONFIG SET name value [...] says. Returns the text of an error, or nothing; values may
// then be changed in part.
[[nodiscard]] std::string set_config(ConfigValues& values, command::Args args);

}  // namespace limpet::reports
