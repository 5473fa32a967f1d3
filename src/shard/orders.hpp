// Orders: what a client, or another node for it, wants of this node as a whole.
#pragma once

#include <limpet/base/text.hpp>
#include <limpet/command/command.hpp>
#include <limpet/shard/shard.hpp>
#include <optional>

namespace limpet::shard {

// CLUSTER RELOAD, CHECK, DRAIN or UNDRAIN; nothing: it is something else.
[[nodiscard]] inline std::optional<Order::Kind> order_in(command::Args args) {
  if (args.size() < 2 || !equals_ignore_case(args[0], "cluster")) return std::nullopt;
  if (equals_ignore_case(args[1], "reload")) return Order::Kind::reload;
  if (equals_ignore_case(args[1], "check")) return Order::Kind::check;
  if (equals_ignore_case(args[1], "drain")) return Order::Kind::leave;
  if (equals_ignore_case(args[1], "undrain")) return Order::Kind::stay;
  return std::nullopt;
}

// CLUSTER CLAIM NODE, of which each shard takes its part.
[[nodiscard]] inline bool is_claim(command::Args args) {
  return args.size() == 3 && equals_ignore_case(args[0], "cluster") && equals_ignore_case(args[1], "claim");
}

}  // namespace limpet::shard
