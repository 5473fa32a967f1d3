// Waiting: who waits for a slot that is not served just now, and for how long.
//
// At a start the sessions come from the disk slot by slot, while commands come already. One for a slot that
// is there runs at once. One for another slot waits, has it loaded before others, and is told -LOADING if
// that takes too long. A client waits as a whole, so that its commands keep their order; a request of another
// shard or node is put aside until its slot is there. Those for a slot that is on its way between two nodes
// wait in the same way.
//
// Owned by a shard, on its thread.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/clients/clients.hpp>
#include <limpet/forward/waiters.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/traffic/config.hpp>
#include <limpet/traffic/delivery.hpp>
#include <limpet/traffic/dispatch.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace limpet::traffic {

class Waiting {
 public:
  // `wanted`: slots that are to be loaded before others.
  Waiting(const ShardTunables& tunables, const Now& now, const ownership::Ownership& ownership,
          const forward::Forwarder& forwarder, const Dispatch& dispatch, clients::Clients& clients,
          Delivery& delivery, std::vector<Slot>& wanted)
      : tunables_(tunables),
        now_(now),
        ownership_(ownership),
        forwarder_(forwarder),
        dispatch_(dispatch),
        clients_(clients),
        delivery_(delivery),
        wanted_(wanted) {}

  // ---- To wait ----
  // The client's next command needs the slot. False: it waits. True: it has waited long enough, or it would
  // wait in vain, and its command has ended with an error.
  [[nodiscard]] bool wait(clients::Client& client, Slot slot);
  // Of these slots one that is not served; all of them are loaded before others.
  [[nodiscard]] std::optional<Slot> first_missing(const std::vector<Slot>& slots);
  // A request of another shard or node waits for the slot.
  void park(const forward::Origin& origin, Slot slot, std::uint8_t hops, std::string_view body);

  // ---- To go on ----
  // All that wait for the slot do so no more: requests are to be served, and then clients to be woken.
  [[nodiscard]] forward::Waiters::Waiting take(Slot slot) { return waiters_.take(slot); }
  void wake(Slot slot, const std::vector<StreamId>& clients);
  // Of those requests the ones that the others wait for, as this shard has passed them on before.
  [[nodiscard]] std::vector<forward::Parked> take_returned(Slot slot);
  // Time has passed.
  void expire();
  [[nodiscard]] bool none_parked() const { return waiters_.none_parked(); }

 private:
  [[nodiscard]] std::int64_t patience_ms() const;
  void want(Slot slot);

  const ShardTunables& tunables_;
  const Now& now_;
  const ownership::Ownership& ownership_;
  const forward::Forwarder& forwarder_;
  const Dispatch& dispatch_;
  clients::Clients& clients_;
  Delivery& delivery_;
  std::vector<Slot>& wanted_;
  forward::Waiters waiters_;
};

}  // namespace limpet::traffic
