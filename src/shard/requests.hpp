// Requests: what a client of this shard asks for is looked at, and run here, sent on, or handed to whoever
// knows its kind.
//
// Owned by a shard, on its thread.
#pragma once

#include <limpet/clients/clients.hpp>
#include <limpet/command/command.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/forward/forwarder.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/shard/shard.hpp>

#include "names.hpp"

namespace limpet::shard {

class Requests {
 public:
  Requests(const Now& now, engine::Engine& engine, const ownership::Ownership& ownership,
           clients::Clients& clients, TurnQueue& turns, Counters& counters, forward::Forwarder& forwarder,
           Traffic& traffic, Commands& commands, const cluster::CopiesPolicy& policy)
      : now_(now),
        engine_(engine),
        ownership_(ownership),
        clients_(clients),
        forwarder_(forwarder),
        turns_(turns),
        counters_(counters),
        delivery_(traffic.delivery()),
        sending_(traffic.sending()),
        dispatch_(traffic.dispatch()),
        waiting_(traffic.waiting()),
        wide_(commands.wide()),
        builtins_(commands.builtins()),
        policy_(policy) {}

  // Reads the client's next requests, and has what they need fetched.
  void read_ahead(clients::Client& client);
  // Takes them, one after the other. True: others have to do something before the next is taken. False: no
  // more of them, or the client cannot go on for now, or ends.
  [[nodiscard]] bool take_read(clients::Client& client);

 private:
  // False: the client cannot go on for now, its next request is not complete, or it has ended with an error.
  bool take(clients::Client& client, const clients::ParsedRequest& next);
  // All of these: false: not now. The command is to be offered again when the client is resumed.
  bool take_command(clients::Client& client, const clients::ParsedRequest& next);
  bool take_by_scope(clients::Client& client, const command::Spec& spec, command::Args args);
  bool take_of_session(clients::Client& client, const command::Spec& spec, command::Args args);
  bool take_keyed(clients::Client& client, const command::Spec& spec, command::Args args, const KeyRef& key);
  bool take_split(clients::Client& client, const command::Spec& spec, command::Args args);
  bool take_pair(clients::Client& client, const command::Spec& spec, command::Args args);

  // For WAIT: the slots of its keys, which are several.
  void note_written(clients::Client& client, const command::Spec& spec, command::Args args);
  void forward(clients::Client& client, const command::Spec& spec, command::Args args, Slot slot,
               forward::Target target);
  // Runs it here. `key`: that of args[spec.route_key()], if it is known already.
  void run(clients::Client& client, const command::Spec& spec, command::Args args,
           const KeyRef* key = nullptr);

  const Now& now_;
  engine::Engine& engine_;
  const ownership::Ownership& ownership_;
  clients::Clients& clients_;
  forward::Forwarder& forwarder_;
  TurnQueue& turns_;
  Counters& counters_;
  Delivery& delivery_;
  Sending& sending_;
  Dispatch& dispatch_;
  Waiting& waiting_;
  WideCommands& wide_;
  Builtins& builtins_;
  const cluster::CopiesPolicy& policy_;
};

}  // namespace limpet::shard
