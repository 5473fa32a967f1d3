// Ring: which node each slot is placed on, and who follows.
//
// A pure function of the node list: no history, no floating point, the same bits on every machine. A
// Placement is a value: built once, never changed, shared freely between threads.
//
// The algorithm is consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, 2016) on a
// weighted ring:
// 1. A node with weight w (in thousandths) holds 4w points on the ring, at the hashes of "name#i"; the slots
// stand on
//    it at even distances.
// 2. The slots are visited in a fixed hashed order. Each goes to the first point clockwise from where it
// stands whose
//    node still has room, where a node's room is max(ceil(share), floor(1.01 * share)).
// 3. The distinct nodes that follow clockwise are the slot's followers, those in other zones than the owner's
// first.
//
// Four points a thousandth and even distances, not one point and hashed positions: with those, up to 11% more
// slots than necessary moved when one of ten nodes went, with these up to 5%. docs/placement.md has the
// figures.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limpet/base/slot.hpp>
#include <string>
#include <vector>

namespace limpet::ring {

using NodeIndex = std::uint16_t;  // into the node list
inline constexpr NodeIndex kNobody = 0xffff;

struct Member {
  std::string name;
  std::uint32_t weight_thousandths = 1000;  // 0: holds nothing
  std::string zone;
};

// Owner of every slot. kNobody everywhere if no member has weight.
using Placement = std::array<NodeIndex, kSlots>;

// Who owns what depends on names and weights alone, not on the order of the list. REQUIRES: names are
// distinct, fewer than kNobody members. Takes a few milliseconds for ten nodes, some tens for a hundred.
[[nodiscard]] Placement place(const std::vector<Member>& members);

// How many slots each member may hold, at most. Together they hold all slots, as no room is below its share.
[[nodiscard]] std::vector<std::uint32_t> rooms(const std::vector<Member>& members);

// Up to `count` distinct members other than the owner that stand behind `slot`, in order of preference: those
// outside the owner's zone first, clockwise within each group. Members without weight follow nobody.
[[nodiscard]] std::vector<NodeIndex> followers(const std::vector<Member>& members, const Placement& placement,
                                               Slot slot, std::size_t count);

// The same for slots first, first + step ..., all there are of these, one after the other.
void each_followers(const std::vector<Member>& members, const Placement& placement, std::size_t count,
                    Slot first, unsigned step,
                    const std::function<void(Slot, const std::vector<NodeIndex>&)>& visit);

// The placement while some members are absent: a slot of theirs is with the first of its followers that is
// not, and nothing else moves. It stays where all of them are absent. `absent`: by member.
[[nodiscard]] Placement without(const std::vector<Member>& members, const Placement& placement,
                                const std::vector<bool>& absent);

// The same for the same members, names included, and the same placement; nodes compare it.
[[nodiscard]] std::uint64_t digest(const std::vector<Member>& members, const Placement& placement);

}  // namespace limpet::ring
