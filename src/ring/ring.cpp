#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/bytes.hpp>
#include <limpet/base/hash.hpp>
#include <limpet/ring/ring.hpp>
#include <numeric>
#include <utility>

#include "points.hpp"

namespace limpet::ring {

namespace {

std::uint64_t total_weight(const std::vector<Member>& members) {
  return std::accumulate(
      members.begin(), members.end(), std::uint64_t{0},
      [](std::uint64_t sum, const Member& member) { return sum + member.weight_thousandths; });
}

// Member indexes by name: what comes out then does not depend on the order of the list.
std::vector<NodeIndex> by_name(const std::vector<Member>& members) {
  std::vector<NodeIndex> order(members.size());
  std::iota(order.begin(), order.end(), NodeIndex{0});
  std::sort(order.begin(), order.end(),
            [&members](NodeIndex a, NodeIndex b) { return members[a].name < members[b].name; });
  return order;
}

void append_text(Bytes& out, std::string_view text) {
  append_le(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

}  // namespace

std::vector<std::uint32_t> rooms(const std::vector<Member>& members) {
  const std::uint64_t total = total_weight(members);
  std::vector<std::uint32_t> rooms(members.size(), 0);
  if (total == 0) return rooms;
  for (std::size_t i = 0; i < members.size(); ++i) {
    // The share is kSlots * weight / total. Rounding it up makes the rooms add up to at least kSlots, as the
    // shares add up to just that: so every slot finds a place, however unequal the weights.
    const std::uint64_t slots_times_weight = std::uint64_t{kSlots} * members[i].weight_thousandths;
    const std::uint64_t share_up = (slots_times_weight + total - 1) / total;
    const std::uint64_t share_and_a_hundredth = slots_times_weight * 101 / (total * 100);
    rooms[i] = static_cast<std::uint32_t>(std::max(share_up, share_and_a_hundredth));
  }
  return rooms;
}

Placement place(const std::vector<Member>& members) {
  LIMPET_ASSERT(members.size() < kNobody);
  Placement placement;
  placement.fill(kNobody);
  const Points points(members);
  if (points.size() == 0) return placement;
  std::vector<std::uint32_t> left = rooms(members);
  static const std::vector<Slot> kOrder = visiting_order();
  for (const Slot slot : kOrder) {
    std::size_t index = points.first_from(slot);
    // Ends: some member has room left, and every member with room has a point.
    while (left[points[index].node] == 0) index = points.after(index);
    const NodeIndex owner = points[index].node;
    placement[slot] = owner;
    --left[owner];
  }
  return placement;
}

namespace {

// The first `count` members behind `slot` that are not `seen`, those in other zones than its owner's first.
std::vector<NodeIndex> behind(const std::vector<Member>& members, const Points& points, NodeIndex owner,
                              Slot slot, std::size_t count, std::vector<bool> seen) {
  auto left = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), false));
  std::vector<NodeIndex> elsewhere;  // in other zones than the owner's
  std::vector<NodeIndex> beside;
  const std::size_t start = points.first_from(slot);
  std::size_t index = start;
  do {
    const NodeIndex node = points[index].node;
    if (!seen[node]) {
      seen[node] = true;
      --left;
      (members[node].zone != members[owner].zone ? elsewhere : beside).push_back(node);
    }
    index = points.after(index);
  } while (index != start && elsewhere.size() < count && left > 0);
  elsewhere.insert(elsewhere.end(), beside.begin(), beside.end());
  if (elsewhere.size() > count) elsewhere.resize(count);
  return elsewhere;
}

std::vector<NodeIndex> followers(const std::vector<Member>& members, const Points& points, NodeIndex owner,
                                 Slot slot, std::size_t count) {
  if (owner == kNobody || points.size() == 0 || count == 0) return {};
  std::vector<bool> seen(members.size(), false);
  seen[owner] = true;
  return behind(members, points, owner, slot, count, std::move(seen));
}

}  // namespace

std::vector<NodeIndex> followers(const std::vector<Member>& members, const Placement& placement, Slot slot,
                                 std::size_t count) {
  return followers(members, Points(members), placement[slot], slot, count);
}

void each_followers(const std::vector<Member>& members, const Placement& placement, std::size_t count,
                    Slot first, unsigned step,
                    const std::function<void(Slot, const std::vector<NodeIndex>&)>& visit) {
  const Points points(members);
  for (unsigned at = first; at < kSlots; at += step) {
    const auto slot = static_cast<Slot>(at);
    visit(slot, followers(members, points, placement[slot], slot, count));
  }
}

Placement without(const std::vector<Member>& members, const Placement& placement,
                  const std::vector<bool>& absent) {
  LIMPET_ASSERT(absent.size() == members.size());
  Placement meanwhile = placement;
  const Points points(members);
  if (points.size() == 0) return meanwhile;
  for (unsigned at = 0; at < kSlots; ++at) {
    NodeIndex& owner = meanwhile[at];
    if (owner == kNobody || !absent[owner]) continue;
    const std::vector<NodeIndex> heir = behind(members, points, owner, static_cast<Slot>(at), 1, absent);
    if (!heir.empty()) owner = heir.front();
  }
  return meanwhile;
}

std::uint64_t digest(const std::vector<Member>& members, const Placement& placement) {
  const std::vector<NodeIndex> order = by_name(members);
  std::vector<NodeIndex> rank(members.size());
  Bytes text;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Member& member = members[order[i]];
    rank[order[i]] = static_cast<NodeIndex>(i);
    append_text(text, member.name);
    append_le(text, member.weight_thousandths);
    append_text(text, member.zone);
  }
  for (const NodeIndex owner : placement) append_le(text, owner == kNobody ? kNobody : rank[owner]);
  return hash64(text.view());
}

}  // namespace limpet::ring
