// What a shard keeps of others until it can go on: replies that wait for the journal, and requests that wait
// for a slot.
#pragma once

#include <cstdint>
#include <deque>
#include <limpet/base/bytes.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/shard/shard.hpp>
#include <vector>

#include "after_sync.hpp"
#include "names.hpp"
#include "parked_room.hpp"

namespace limpet::shard {

// A reply to a sibling, a peer or a gather that shows changes which are not safe yet.
struct HeldReply {
  std::uint64_t needs = 0;
  Origin origin;
  peer::Outcome outcome = peer::Outcome::done;
  std::size_t charged = 0;  // to whoever asked
  Bytes body;
};

// A request of another shard or node for a slot that is not loaded yet.
struct Parked {
  Origin origin;
  std::uint8_t hops = 0;
  std::int64_t until_ms = 0;  // steady
  std::size_t charged = 0;    // to whoever asked
  Bytes body;
};

// Who waits for a slot, in the order of their coming.
struct SlotWait {
  std::vector<StreamId> clients;
  std::deque<Parked> requests;
};

}  // namespace limpet::shard
