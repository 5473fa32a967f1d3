// Builtins: commands of clients that are about connections, the node or the cluster, not about keys
// (command::Builtin): the rooms below say what is to be done and what the reply is, and here it is done.
//
// Owned by a shard, on its thread.
#pragma once

#include <limpet/clients/clients.hpp>
#include <limpet/command/command.hpp>
#include <limpet/command/step.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/delivery.hpp>
#include <limpet/traffic/sending.hpp>
#include <limpet/wide/figures.hpp>
#include <limpet/wide/orders.hpp>
#include <limpet/wide/wide_commands.hpp>

namespace limpet::wide {

class Builtins {
 public:
  Builtins(const ShardTunables& tunables, const Now& now, clients::Clients& clients,
           const links::Links& links, const Figures& figures, Orders& orders, Delivery& delivery,
           Sending& sending, WideCommands& wide)
      : tunables_(tunables),
        now_(now),
        clients_(clients),
        links_(links),
        figures_(figures),
        orders_(orders),
        delivery_(delivery),
        sending_(sending),
        wide_(wide) {}

  // False: not now, the command is to be offered again.
  bool about_connection(clients::Client& client, const command::Spec& spec, command::Args args);
  bool about_node(clients::Client& client, const command::Spec& spec, command::Args args);

 private:
  bool carry_out(clients::Client& client, const command::Spec& spec, command::Args args,
                 const command::Step& step);
  bool order(clients::Client& client, const command::Execution& does, command::Args args);
  void answer(clients::Client& client, const command::Spec& spec, command::Args args, Bytes& out);

  const ShardTunables& tunables_;
  const Now& now_;
  clients::Clients& clients_;
  const links::Links& links_;
  const Figures& figures_;
  Orders& orders_;
  Delivery& delivery_;
  Sending& sending_;
  WideCommands& wide_;
};

}  // namespace limpet::wide
