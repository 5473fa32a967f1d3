// Commands: all that a shard has for commands that concern more than one session: who answers this shard's
// part, who asks the others for theirs, and what INFO, CLUSTER and CONFIG say.
//
// Owned by a shard, on its thread; what it is given by reference outlives it.
#pragma once

#include <limpet/base/random.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/gather/gathers.hpp>
#include <limpet/traffic/neighbours.hpp>
#include <limpet/traffic/traffic.hpp>
#include <limpet/wide/builtins.hpp>
#include <limpet/wide/figures.hpp>
#include <limpet/wide/gathering.hpp>
#include <limpet/wide/keys_here.hpp>
#include <limpet/wide/orders.hpp>
#include <limpet/wide/own_parts.hpp>
#include <limpet/wide/wide_commands.hpp>
#include <memory>

namespace limpet::wide {

class Commands {
 public:
  // `counters`: of what is counted where it happens.
  Commands(const ShardConfig& config, const std::shared_ptr<const cluster::View>& view,
           ShardTunables& tunables, const Now& now, Random& random, Effects& effects, Counters& counters,
           const ClientMemory& memory, clients::Clients& clients, engine::Engine& engine,
           ownership::Ownership& ownership, gather::Gathers& gathers, traffic::Neighbours& neighbours,
           traffic::Traffic& traffic);
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;

  [[nodiscard]] Figures& figures() { return figures_; }
  [[nodiscard]] const Figures& figures() const { return figures_; }
  [[nodiscard]] Orders& orders() { return orders_; }
  [[nodiscard]] OwnParts& parts() { return parts_; }
  [[nodiscard]] Gathering& gathering() { return gathering_; }
  [[nodiscard]] WideCommands& wide() { return wide_; }
  [[nodiscard]] Builtins& builtins() { return builtins_; }

 private:
  Figures figures_;
  Orders orders_;
  KeysHere keys_;
  OwnParts parts_;
  Gathering gathering_;
  WideCommands wide_;
  Builtins builtins_;
};

}  // namespace limpet::wide
