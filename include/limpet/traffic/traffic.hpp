// Traffic: where a command goes and how an answer finds its way back: what every kind of command needs.
//
// Owned by a shard, on its thread; what it is given by reference outlives it.
#pragma once

#include <limpet/base/client_memory.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/clients.hpp>
#include <limpet/engine/durability.hpp>
#include <limpet/gather/gathers.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/delivery.hpp>
#include <limpet/traffic/dispatch.hpp>
#include <limpet/traffic/effects.hpp>
#include <limpet/traffic/neighbours.hpp>
#include <limpet/traffic/sending.hpp>
#include <limpet/traffic/waiting.hpp>
#include <memory>

namespace limpet::traffic {

class Traffic {
 public:
  Traffic(const ShardConfig& config, const std::shared_ptr<const cluster::View>& view,
          const ShardTunables& tunables, const Now& now, Effects& effects, reports::Counters& counters,
          ClientMemory& memory, clients::Clients& clients, const engine::Durability& durability,
          ownership::Ownership& ownership, gather::Gathers& gathers, Neighbours& neighbours)
      : delivery_(durability, now, memory, clients, neighbours.peers(), neighbours.siblings(), gathers,
                  neighbours.forwarder(), counters),
        sending_(view, tunables, now, neighbours.forwarder(), clients, delivery_, neighbours.linking()),
        dispatch_(config, view, now, ownership, neighbours.forwarder(), sending_, neighbours.links(),
                  neighbours.linking()),
        waiting_(tunables, now, ownership, neighbours.forwarder(), dispatch_, clients, delivery_,
                 effects.wanted) {}
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  [[nodiscard]] Delivery& delivery() { return delivery_; }
  [[nodiscard]] Sending& sending() { return sending_; }
  [[nodiscard]] Dispatch& dispatch() { return dispatch_; }
  [[nodiscard]] Waiting& waiting() { return waiting_; }

 private:
  Delivery delivery_;
  Sending sending_;
  Dispatch dispatch_;
  Waiting waiting_;
};

}  // namespace limpet::traffic
