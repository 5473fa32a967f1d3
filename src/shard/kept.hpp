// What a shard keeps of others until it can go on: replies that wait for the journal.
#pragma once

#include <cstdint>
#include <deque>
#include <limpet/base/bytes.hpp>
#include <limpet/peer/frame.hpp>
#include <limpet/shard/shard.hpp>
#include <vector>

#include "after_sync.hpp"
#include "names.hpp"

namespace limpet::shard {

// A reply to a sibling, a peer or a gather that shows changes which are not safe yet.
struct HeldReply {
  std::uint64_t needs = 0;
  Origin origin;
  peer::Outcome outcome = peer::Outcome::done;
  std::size_t charged = 0;  // to whoever asked
  Bytes body;
};

}  // namespace limpet::shard
