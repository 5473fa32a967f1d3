// Forwarding: what becomes of commands that were sent on: answers, second tries, time-outs (the Forwarder's
// actions), and what follows for those that wait behind them.
//
// Owned by a shard, on its thread.
#pragma once

#include <limpet/forward/forwarder.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/peer/frame.hpp>
#include <string_view>

#include "names.hpp"
#include "serving.hpp"

namespace limpet::shard {

class Forwarding {
 public:
  Forwarding(const Now& now, ownership::Ownership& ownership, clients::Clients& clients,
             Neighbours& neighbours, Traffic& traffic, Serving& serving)
      : now_(now),
        forwarder_(neighbours.forwarder()),
        ownership_(ownership),
        clients_(clients),
        delivery_(traffic.delivery()),
        linking_(neighbours.linking()),
        links_(neighbours.links()),
        sending_(traffic.sending()),
        serving_(serving) {}

  // Another node has answered. False: a node does not say such a thing.
  [[nodiscard]] bool take_reply(const peer::Frame& frame);
  // The answer to one of them.
  void answered(std::uint64_t id, peer::Outcome outcome, std::string_view body);
  // Time has passed, in two steps: what has had its time ends; what nobody owned is tried again.
  void expire() { forwarder_.expire(now_); }
  void retry();

  [[nodiscard]] bool has_work() const {
    return !forwarder_.actions().empty() || forwarder_.relays().has_drained();
  }
  // Does what the Forwarder wants.
  void drain();

 private:
  void carry_out(const forward::Forwarder::Action& action);
  void tried_in_vain(const forward::Forwarder::Answered& answered, std::string_view body);

  const Now& now_;
  forward::Forwarder& forwarder_;
  ownership::Ownership& ownership_;
  clients::Clients& clients_;
  Delivery& delivery_;
  Linking& linking_;
  const links::Links& links_;
  Sending& sending_;
  Serving& serving_;
};

}  // namespace limpet::shard
