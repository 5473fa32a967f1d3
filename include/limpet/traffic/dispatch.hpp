// Dispatch: what is to be done with a command, going by its slot; and what to say where nothing can be done.
//
// A slot's commands go to its owner (Ownership::owner_route()), but for one of which commands went another
// way before: those that come later wait for them (forward/relay_order.hpp). What comes of both stands in the
// slot table, and is kept up to date by update().
//
// Owned by a shard, on its thread. It is the one place of the shard that decides by a
// route; others only ask whether a slot is here.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/client.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/command/command.hpp>
#include <limpet/forward/forwarder.hpp>
#include <limpet/links/links.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/linking.hpp>
#include <limpet/traffic/sending.hpp>
#include <memory>
#include <string>
#include <vector>

namespace limpet::traffic {

struct Decision {
  enum class Kind : std::uint8_t {
    run,      // here and now
    forward,  // to another shard or node: `target`
    wait,     // for the slot, which this shard has or is about to have, and does not serve now
    stall,    // offer it again later: it would overtake, or there is no room on its way
    refuse,   // nobody owns the slot, or nobody can know who does
  };
  Kind kind = Kind::refuse;
  forward::Target target{};
};

class Dispatch {
 public:
  // What a new route means for those who wait for the slot.
  struct Update {
    bool returned = false;  // those that this shard has passed on before, and that came back, go on
    bool all = false;       // everybody goes on
  };

  Dispatch(const ShardConfig& config, const std::shared_ptr<const cluster::View>& view, const Now& now,
           ownership::Ownership& ownership, forward::Forwarder& forwarder, Sending& sending,
           const links::Links& links, const Linking& linking)
      : config_(config),
        view_(view),
        now_(now),
        ownership_(ownership),
        forwarder_(forwarder),
        sending_(sending),
        links_(links),
        linking_(linking) {}

  // ---- Of one command ----
  // Of any; of one that came back, which goes to the owner whatever the others wait for.
  [[nodiscard]] Decision decide(Slot slot) const { return of(ownership_.slots().route(slot)); }
  [[nodiscard]] Decision decide_for_returned(Slot slot) const { return of(ownership_.owner_route(slot)); }
  // Of another shard's or node's request that has come with so many hops.
  [[nodiscard]] Decision decide_for_request(Slot slot, std::uint8_t hops) const;
  // Of a client's.
  [[nodiscard]] Decision decide(const clients::Client& client, Slot slot);
  // Would a command overtake an earlier one of the same client?
  [[nodiscard]] bool would_overtake(const clients::Client& client, Slot slot) const {
    return !client.replies.empty() && forwarder_.overtaking().holds_back(client.id, slot);
  }
  [[nodiscard]] bool would_overtake(const clients::Client& client, const command::Spec& spec,
                                    command::Args args) const;
  // Are the keys behind the one that a command goes by in its slot, too? REQUIRES: spec.many_keys().
  [[nodiscard]] static bool others_in_slot(const command::Spec& spec, command::Args args, Slot slot);
  // May it be passed on once more, having come with so many hops?
  [[nodiscard]] bool may_pass_on(Slot slot, std::uint8_t hops) const;

  // ---- Of one that concerns several slots ----
  [[nodiscard]] bool waits(Slot slot) const { return decide(slot).kind == Decision::Kind::wait; }
  // Is there room for one more on the way to the slot, if it is not here?
  [[nodiscard]] bool has_room(Slot slot, const clients::Client& client);
  // Why it is of no use to begin: a node is known to be out of reach. Empty: nothing is known.
  [[nodiscard]] std::string out_of_reach(const std::vector<Slot>& slots) const;
  // The same of all slots: a write is not to be done by half where that is known beforehand.
  [[nodiscard]] std::string why_not_all(bool write) const;
  // The node that is to be asked for the slot: this one, if no other is known to serve it.
  [[nodiscard]] cluster::NodeIndex server_of(Slot slot) const;
  [[nodiscard]] bool is_nobodys(Slot slot) const;

  // ---- What changes ----
  // The slot's owner, or what went another way before, may be another.
  [[nodiscard]] Update update(Slot slot);

  // ---- For people ----
  [[nodiscard]] std::string why_refused(Slot slot) const;
  // Why a slot that a command waits for is not served.
  [[nodiscard]] std::string why_unserved(Slot slot) const;
  // Why it is of no use to ask for a slot that is missing again; empty: it may be.
  [[nodiscard]] std::string why_missing(Slot slot, bool out_of_time) const;
  // What is said to commands about all keys while some slots are not served; empty: all are.
  [[nodiscard]] std::string why_not_whole() const;

 private:
  [[nodiscard]] static Decision of(ownership::Route route);
  [[nodiscard]] ownership::Route effective_route(Slot slot) const;

  const ShardConfig& config_;
  const std::shared_ptr<const cluster::View>& view_;
  const Now& now_;
  ownership::Ownership& ownership_;
  forward::Forwarder& forwarder_;
  Sending& sending_;
  const links::Links& links_;
  const Linking& linking_;
};

}  // namespace limpet::traffic
