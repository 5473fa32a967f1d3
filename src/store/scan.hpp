// Walking a slot in an order that growth does not change: by the hash of the uid, then of the key.
//
//     position, 23 bits:   [ uid hash, first 13 bits ][ key hash, first 10 bits ]
//
// Sessions whose uid hashes begin alike are a group and are walked together, in the order of their keys'
// hashes: one session in most slots, a hundred where a slot has a million. A group is cut inside only when it
// holds more keys than were asked for. It is a run of words of one segment or, in a table that deep, several
// whole segments.
#pragma once

#include <functional>

#include "keyspace.hpp"

namespace limpet::store {

using VisitItem = std::function<void(const Item&)>;

// As Store::scan().
std::uint64_t scan(const Keyspace& keys, Slot slot, std::uint64_t position, std::size_t count,
                   std::int64_t unix_ms, const VisitItem& visit);

}  // namespace limpet::store
