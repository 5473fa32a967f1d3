#include <limpet/wide/commands.hpp>

namespace limpet::wide {

Commands::Commands(const ShardConfig& config, const std::shared_ptr<const cluster::View>& view,
                   ShardTunables& tunables, const Now& now, Random& random, Effects& effects,
                   Counters& counters, const ClientMemory& memory, clients::Clients& clients,
                   engine::Engine& engine, ownership::Ownership& ownership, gather::Gathers& gathers,
                   traffic::Neighbours& neighbours, traffic::Traffic& traffic)
    : figures_(config, view, tunables, now, engine, ownership, neighbours.forwarder(), neighbours.links(),
               clients, memory, counters),
      orders_(config, view, tunables, now, ownership, effects),
      keys_(config, now, random, engine, ownership, traffic.dispatch(), figures_),
      parts_(config, tunables, now, random, engine, neighbours.forwarder(), gathers, neighbours.links(),
             clients, counters, traffic.delivery(), keys_, figures_, orders_),
      gathering_(config, now, gathers, engine, ownership, neighbours.links(), clients, counters, figures_,
                 traffic.delivery(), traffic.sending(), traffic.dispatch(), traffic.waiting(), parts_),
      wide_(view, now, engine, ownership, neighbours.links(), gathers, traffic.delivery(), traffic.dispatch(),
            traffic.waiting(), parts_, gathering_),
      builtins_(tunables, now, clients, neighbours.links(), figures_, orders_, traffic.delivery(),
                traffic.sending(), wide_) {}

}  // namespace limpet::wide
