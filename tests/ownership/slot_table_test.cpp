#include <gtest/gtest.h>

#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/ownership/slot_table.hpp>
#include <vector>

namespace limpet::ownership {
namespace {

using Kind = Route::Kind;

// A view in which slot s belongs to node s % nodes; the placement itself is the ring's business.
cluster::View view_of(unsigned nodes) {
  cluster::View view;
  for (unsigned i = 0; i < nodes; ++i) {
    cluster::Node node;
    node.name = "n" + std::to_string(i);
    view.nodes.push_back(node);
  }
  for (unsigned slot = 0; slot < kSlots; ++slot) view.placement[slot] = static_cast<NodeIndex>(slot % nodes);
  return view;
}

TEST(SlotTable, EverythingIsHereOnASingleNodeOfOneShard) {
  const SlotTable slots(view_of(1), 0, 1, 0);
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    ASSERT_EQ(slots.route(static_cast<Slot>(slot)), (Route{Kind::here, 0}));
    ASSERT_TRUE(slots.is_here(static_cast<Slot>(slot)));
  }
}

TEST(SlotTable, ASlotOfAnotherNodeGoesToThatPeerWhateverItsShard) {
  const SlotTable slots(view_of(3), 1, 4, 2);
  EXPECT_EQ(slots.route(0), (Route{Kind::peer, 0}));
  EXPECT_EQ(slots.route(2), (Route{Kind::peer, 2}));
  EXPECT_FALSE(slots.is_here(2));
}

TEST(SlotTable, ASlotOfThisNodeIsHereOrOnTheSiblingThatHoldsIt) {
  const SlotTable slots(view_of(3), 1, 4, 2);
  EXPECT_EQ(slots.route(10), (Route{Kind::here, 2}));     // 10 % 3 == 1, 10 % 4 == 2
  EXPECT_EQ(slots.route(13), (Route{Kind::sibling, 1}));  // 13 % 3 == 1, 13 % 4 == 1
}

TEST(SlotTable, ASlotOfNobodyIsRefused) {
  cluster::View view = view_of(2);
  view.placement[7] = ring::kNobody;
  const SlotTable slots(view, 0, 2, 1);
  EXPECT_EQ(slots.route(7).kind, Kind::refuse);
  EXPECT_FALSE(slots.is_here(7));
}

TEST(SlotTable, ExactlyOneShardOfOneNodeSaysHereForEverySlot) {
  const cluster::View view = view_of(3);
  std::vector<int> here(kSlots, 0);
  for (NodeIndex node = 0; node < 3; ++node) {
    for (unsigned shard = 0; shard < 5; ++shard) {
      const SlotTable slots(view, node, 5, shard);
      for (unsigned slot = 0; slot < kSlots; ++slot) here[slot] += slots.is_here(static_cast<Slot>(slot));
    }
  }
  EXPECT_TRUE(std::all_of(here.begin(), here.end(), [](int count) { return count == 1; }));
}

TEST(SlotTable, TheLargestClusterAndNodeFitTheTable) {
  constexpr auto kLastNode = static_cast<NodeIndex>(kNodesMax - 1);
  constexpr auto kLastShard = static_cast<std::uint16_t>(kShardsMax - 1);
  const cluster::View view = view_of(kNodesMax);
  EXPECT_EQ(SlotTable(view, 0, 1, 0).route(kLastNode), (Route{Kind::peer, kLastNode}));
  // Slot 255 belongs to the last node, and to its last shard as well.
  EXPECT_EQ(SlotTable(view, kLastNode, kShardsMax, 0).route(kLastNode), (Route{Kind::sibling, kLastShard}));
}

TEST(SlotTable, ASlotThatIsFrozenLoadingOrUndecidedWaitsAndOneThatIsDamagedToo) {
  SlotTable slots(view_of(1), 0, 1, 0);
  const Route waits{Kind::wait, 0};
  EXPECT_EQ(slots.owner_route(1, 0, false), (Route{Kind::here, 0}));
  EXPECT_EQ(slots.owner_route(1, 0, true), waits) << "its title is undecided";
  slots.set_mode(1, SlotMode::frozen);
  EXPECT_EQ(slots.owner_route(1, 0, false), waits);
  slots.begin_load(2);
  EXPECT_EQ(slots.owner_route(2, 0, false), waits);
  slots.end_load(2);
  EXPECT_EQ(slots.owner_route(2, 0, false), (Route{Kind::here, 0}));
  slots.begin_load(3);
  slots.damage(3);
  EXPECT_EQ(slots.owner_route(3, 0, false), waits);
  EXPECT_EQ(slots.loading(), 0U);
  EXPECT_EQ(slots.damaged(), 1U);
}

TEST(SlotTable, ASlotThatHasMovedGoesToItsOwnerAndWaitsWhereThisNodeIsToTakeIt) {
  SlotTable slots(view_of(2), 0, 2, 0);
  slots.set_mode(4, SlotMode::moved);
  EXPECT_EQ(slots.owner_route(4, 1, false), (Route{Kind::peer, 1}));
  EXPECT_EQ(slots.owner_route(4, 0, false), (Route{Kind::wait, 0}));
  EXPECT_EQ(slots.owner_route(4, ring::kNobody, false).kind, Kind::refuse);
  slots.set_mode(4, SlotMode::unknown);
  EXPECT_EQ(slots.owner_route(4, 1, false).kind, Kind::refuse) << "whose it is cannot be known";
}

TEST(SlotTable, CountsWhatIsServedHere) {
  SlotTable slots(view_of(1), 0, 1, 0);
  EXPECT_EQ(slots.served(), kSlots);
  EXPECT_EQ(slots.set_route(5, {Kind::wait, 0}), (Route{Kind::here, 0}));
  EXPECT_EQ(slots.served(), kSlots - 1);
  EXPECT_FALSE(slots.is_here(5));
  slots.set_route(5, {Kind::here, 0});
  EXPECT_EQ(slots.served(), kSlots);
}

TEST(ShardOf, SpreadsSlotsEvenlyOverShards) {
  for (unsigned shards : {1u, 2u, 3u, 7u, 64u, 128u}) {
    std::vector<unsigned> count(shards, 0);
    for (unsigned slot = 0; slot < kSlots; ++slot) ++count[shard_of(static_cast<Slot>(slot), shards)];
    const auto [low, high] = std::minmax_element(count.begin(), count.end());
    EXPECT_LE(*high - *low, 1u) << shards << " shards";
  }
}

}  // namespace
}  // namespace limpet::ownership
