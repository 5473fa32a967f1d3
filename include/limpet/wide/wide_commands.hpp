// WideCommands: commands of a client of this shard that concern several sessions, shards or nodes: what is
// looked at before they are cut into parts (room gather), and their beginning.
//
//   MGET, MSET, DEL ...                   the sessions of their keys, each where it is
//   RENAME, RENAMENX, COPY                from one session to another one
//   KEYS, DBSIZE, RANDOMKEY, FLUSHALL     each node is asked for the slots that it is known to hold
//   SCAN                                  a window of slots after the other
//   INFO, CLIENT LIST, CLUSTER STATUS     all shards of this node, or all nodes
//
// Whatever is begun here has its reply in its place, and is done as far as it can be at once: its parts point
// into the request. Owned by a
// shard, on its thread.
#pragma once

#include <cstddef>
#include <limpet/clients/clients.hpp>
#include <limpet/command/command.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/gather/gathers.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/delivery.hpp>
#include <limpet/traffic/dispatch.hpp>
#include <limpet/traffic/waiting.hpp>
#include <limpet/wide/gathering.hpp>
#include <limpet/wide/own_parts.hpp>
#include <vector>

namespace limpet::wide {

class WideCommands {
 public:
  WideCommands(const std::shared_ptr<const cluster::View>& view, const Now& now, engine::Engine& engine,
               const ownership::Ownership& ownership, const links::Links& links, gather::Gathers& gathers,
               Delivery& delivery, Dispatch& dispatch, Waiting& waiting, OwnParts& parts,
               Gathering& gathering)
      : view_(view),
        now_(now),
        engine_(engine),
        ownership_(ownership),
        links_(links),
        gathers_(gathers),
        delivery_(delivery),
        dispatch_(dispatch),
        waiting_(waiting),
        parts_(parts),
        gathering_(gathering) {}

  // Those that return: false: not now, the command is to be offered again.
  // REQUIRES: its keys are in several slots, of which one at least is not here.
  bool split(clients::Client& client, const command::Spec& spec, command::Args args);
  // REQUIRES: the same.
  bool pair(clients::Client& client, const command::Spec& spec, command::Args args);
  bool all_keys(clients::Client& client, const command::Spec& spec, command::Args args);
  // CLUSTER PARTIAL: DBSIZE, KEYS and SCAN of the nodes that answer (gather/partial.hpp). `args`: behind it.
  bool partial(clients::Client& client, command::Args args);
  // Asks all nodes for their part of `args`.
  void nodes(clients::Client& client, const command::Execution& does, bool write, command::Args args);
  // Asks all shards of this node.
  bool shards(clients::Client& client, command::Merge merge, command::Args args);

  // No such command, or not like that.
  void reject(clients::Client& client, const command::Spec* spec, std::string_view error);

 private:
  [[nodiscard]] gather::Head head_of(clients::Client& client, command::Merge merge);
  void wait(clients::Client& client, command::Args args);
  void roll_call(clients::Client& client, const command::Spec& spec, command::Args args);
  bool scan_keys(clients::Client& client, command::Args args, bool partial);
  bool scan_one(clients::Client& client, command::Args part, Slot slot);
  [[nodiscard]] unsigned scan_width(std::size_t count) const;
  [[nodiscard]] bool takes_part(cluster::NodeIndex node) const;
  [[nodiscard]] bool is_asked(const command::Execution& does, cluster::NodeIndex node,
                              command::Args args) const;
  [[nodiscard]] std::vector<cluster::NodeIndex> nodes_asked(const command::Execution& does,
                                                            command::Args args) const;

  const std::shared_ptr<const cluster::View>& view_;
  const Now& now_;
  engine::Engine& engine_;
  const ownership::Ownership& ownership_;
  const links::Links& links_;
  gather::Gathers& gathers_;
  Delivery& delivery_;
  Dispatch& dispatch_;
  Waiting& waiting_;
  OwnParts& parts_;
  Gathering& gathering_;
};

}  // namespace limpet::wide
