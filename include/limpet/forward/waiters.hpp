// Waiters: who waits for a slot that is not served just now: clients, each as a whole, and requests of other
// shards and nodes, which are kept. In the order of their coming, and not for ever.
//
// Large requests have room of their own: one that is as large as a request may be finds room, and takes none
// from the small ones of others.
//
// Owned by a shard, on its thread; it knows no slot's owner and no client but its name. Times are steady, in
// ms.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/base/time.hpp>
#include <limpet/forward/pending.hpp>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace limpet::forward {

// A request of another shard or node.
struct Parked {
  Origin origin;
  std::uint8_t hops = 0;
  std::int64_t until_ms = 0;
  std::size_t charged = 0;  // to whoever asked
  Bytes body;
};

class Waiters {
 public:
  // All that wait for one slot.
  struct Waiting {
    std::vector<StreamId> clients;
    std::deque<Parked> requests;
  };
  // One that has waited long enough: a client, or a request.
  struct Expired {
    Slot slot = 0;
    std::optional<StreamId> client{};
    Parked request{};
  };

  // Somebody is to wait for it. True: nobody has yet.
  bool want(Slot slot) { return waiting_.try_emplace(slot).second; }
  void add(Slot slot, StreamId client) { waiting_[slot].clients.push_back(client); }
  // Is there room to keep a request of so many bytes?
  [[nodiscard]] bool has_room(std::size_t body_bytes) const;
  // REQUIRES: has_room().
  void park(Slot slot, Parked request);

  // The slot is served again, or never will be: all that wait for it, who do so no more.
  [[nodiscard]] Waiting take(Slot slot);
  // Those of its requests that the others wait for, in their order.
  [[nodiscard]] std::vector<Parked> take_some(Slot slot, const std::function<bool(const Parked&)>& is_one);
  // `until`: how long a client waits; none: it is gone.
  [[nodiscard]] std::vector<Expired> expire(const std::function<std::optional<std::int64_t>(StreamId)>& until,
                                            Now now);

  // No request is kept.
  [[nodiscard]] bool none_parked() const { return small_bytes_ + large_bytes_ == 0; }

 private:
  [[nodiscard]] static std::size_t size_of(std::size_t body_bytes) { return sizeof(Parked) + body_bytes; }
  void leave(const Parked& request);

  std::map<Slot, Waiting> waiting_;
  std::size_t small_bytes_ = 0;
  std::size_t large_bytes_ = 0;
};

}  // namespace limpet::forward
