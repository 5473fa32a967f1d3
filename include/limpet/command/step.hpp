// Step: what a shard is to do for a command that it executes itself (Builtin), as its room says after a look
// at the request. A value, made by pure functions and carried out by the shard: it alone knows other clients,
// shards and nodes.
#pragma once

#include <cstdint>
#include <limpet/command/command.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::command {

struct Step {
  enum class Kind : std::uint8_t {
    answer,      // the reply is known here and now
    silent,      // all is done, and there is no reply
    reject,      // no such subcommand, or the number of arguments is wrong: `error` is the reply
    refuse,      // the arguments are wrong: `error` is the reply
    ask_shards,  // of this node, each for its part; `merge` says how the parts become the reply
    ask_nodes,   // all of them, each for its part
    order,       // it is about the node as a whole, or who holds slots: an operator's
    partial,     // CLUSTER PARTIAL: what follows is executed without whom it cannot reach
  };
  Kind kind = Kind::answer;
  std::string error{};
  Merge merge = Merge::none;
  std::vector<std::string> args{};  // of the part; empty: those of the request
};

[[nodiscard]] inline Step reject(std::string_view error) {
  return {.kind = Step::Kind::reject, .error = std::string(error)};
}
[[nodiscard]] inline Step refuse(std::string_view error) {
  return {.kind = Step::Kind::refuse, .error = std::string(error)};
}

// The request is passed on as it came.
[[nodiscard]] inline Step ask_shards(Merge merge) { return {.kind = Step::Kind::ask_shards, .merge = merge}; }

}  // namespace limpet::command
