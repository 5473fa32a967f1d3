// OwnParts: this node's and this shard's part of commands for all nodes or all shards: CLUSTER ... of all,
// INFO, CLIENT LIST, CONFIG SET, and those about all keys (KeysHere).
//
// Owned by a shard, on its thread.
#pragma once

#include <limpet/base/random.hpp>
#include <limpet/command/command.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/gather/gathers.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/delivery.hpp>
#include <limpet/wide/figures.hpp>
#include <limpet/wide/keys_here.hpp>
#include <limpet/wide/orders.hpp>
#include <optional>

namespace limpet::wide {

class OwnParts {
 public:
  OwnParts(const ShardConfig& config, ShardTunables& tunables, const Now& now, Random& random,
           engine::Engine& engine, forward::Forwarder& forwarder, gather::Gathers& gathers,
           const links::Links& links, clients::Clients& clients, Counters& counters, Delivery& delivery,
           KeysHere& keys, const Figures& figures, Orders& orders)
      : config_(config),
        tunables_(tunables),
        now_(now),
        random_(random),
        engine_(engine),
        forwarder_(forwarder),
        gathers_(gathers),
        links_(links),
        clients_(clients),
        counters_(counters),
        delivery_(delivery),
        keys_(keys),
        figures_(figures),
        orders_(orders) {}

  // What one node may ask another for as a whole. Everything else concerns a slot.
  [[nodiscard]] static bool is_for_nodes(const command::Spec& spec, command::Args args);
  // Nothing: it is no command about all keys, as nodes and shards send it to each other.
  [[nodiscard]] std::optional<gather::Roll> roll_of(command::Args args) const;
  [[nodiscard]] gather::Head head_of(command::Merge merge, const forward::Origin& asker,
                                     resp::Version version);

  // This node's part, for another one or for itself: it is gathered from its shards, or an order to the node.
  void run_for_node(const forward::Origin& origin, resp::Version version, bool write, command::Args args);
  // This shard's part. Returns how much has to be safe before it leaves; nothing: it is answered later.
  [[nodiscard]] std::optional<Lsn> run_for_shard(const forward::Origin& origin, resp::Version version,
                                                 command::Args args, Bytes& out);

 private:
  void list_clients(command::Args args, resp::ReplyWriter& reply);
  void kill_clients(command::Args args, resp::ReplyWriter& reply);
  void reset_counts();
  void set_config(command::Args args, resp::ReplyWriter& reply);

  const ShardConfig& config_;
  ShardTunables& tunables_;
  const Now& now_;
  Random& random_;
  engine::Engine& engine_;
  forward::Forwarder& forwarder_;
  gather::Gathers& gathers_;
  const links::Links& links_;
  clients::Clients& clients_;
  Counters& counters_;
  Delivery& delivery_;
  KeysHere& keys_;
  const Figures& figures_;
  Orders& orders_;
};

}  // namespace limpet::wide
