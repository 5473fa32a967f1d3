// Gathering: what commands of several parts (room gather) want done: asks of nodes, shards and holders of
// slots, what is known of slots, and replies.
//
// Owned by a shard, on its thread.
#pragma once

#include <limpet/clients/clients.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/gather/gathers.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/delivery.hpp>
#include <limpet/traffic/dispatch.hpp>
#include <limpet/traffic/sending.hpp>
#include <limpet/traffic/waiting.hpp>
#include <limpet/wide/figures.hpp>
#include <limpet/wide/own_parts.hpp>

namespace limpet::wide {

class Gathering {
 public:
  Gathering(const ShardConfig& config, const Now& now, gather::Gathers& gathers, engine::Engine& engine,
            const ownership::Ownership& ownership, const links::Links& links, clients::Clients& clients,
            Counters& counters, const Figures& figures, Delivery& delivery, Sending& sending,
            const Dispatch& dispatch, Waiting& waiting, OwnParts& parts)
      : config_(config),
        now_(now),
        gathers_(gathers),
        engine_(engine),
        ownership_(ownership),
        links_(links),
        clients_(clients),
        counters_(counters),
        figures_(figures),
        delivery_(delivery),
        sending_(sending),
        dispatch_(dispatch),
        waiting_(waiting),
        parts_(parts) {}

  // Does what the gathers want, until they want nothing more.
  void drain();

 private:
  void ask(const gather::Ask& ask, command::Args args);
  void ask_node(const gather::Ask& ask, command::Args args);
  void ask_shard(const gather::Ask& ask, command::Args args);
  void ask_holder(const gather::Ask& ask, command::Args args);
  void forward(const gather::Ask& ask, forward::Target target, command::Args args);
  void run(const gather::Ask& ask, command::Args args);
  void carry_out(const gather::Locate& locate);
  void carry_out(const gather::Explain& explain);
  void carry_out(const gather::Account& account);
  void carry_out(gather::Reply& reply);
  void carry_out(gather::Report& report);

  const ShardConfig& config_;
  const Now& now_;
  gather::Gathers& gathers_;
  engine::Engine& engine_;
  const ownership::Ownership& ownership_;
  const links::Links& links_;
  clients::Clients& clients_;
  Counters& counters_;
  const Figures& figures_;
  Delivery& delivery_;
  Sending& sending_;
  const Dispatch& dispatch_;
  Waiting& waiting_;
  OwnParts& parts_;
};

}  // namespace limpet::wide
