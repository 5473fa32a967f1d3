// Orders: what a client, or another node for it, wants of this node as a whole.
#pragma once

#include <limpet/command/command.hpp>
#include <limpet/shard/shard.hpp>
#include <optional>

namespace limpet::shard {

// CLUSTER RELOAD, CHECK, DRAIN or UNDRAIN; nothing: it is something else.
[[nodiscard]] inline std::optional<Order::Kind> order_of(command::Builtin builtin) {
  switch (builtin) {
    case command::Builtin::cluster_reload:
      return Order::Kind::reload;
    case command::Builtin::cluster_check:
      return Order::Kind::check;
    case command::Builtin::cluster_drain:
      return Order::Kind::leave;
    case command::Builtin::cluster_undrain:
      return Order::Kind::stay;
    default:
      return std::nullopt;
  }
}

}  // namespace limpet::shard
