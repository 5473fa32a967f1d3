#include <gtest/gtest.h>

#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/route/router.hpp>
#include <vector>

namespace limpet::route {
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

TEST(Router, EverythingIsHereOnASingleNodeOfOneShard) {
  const Router router(view_of(1), 0, 1, 0);
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    ASSERT_EQ(router.route(static_cast<Slot>(slot)), (Route{Kind::here, 0}));
    ASSERT_TRUE(router.is_here(static_cast<Slot>(slot)));
  }
}

TEST(Router, ASlotOfAnotherNodeGoesToThatPeerWhateverItsShard) {
  const Router router(view_of(3), 1, 4, 2);
  EXPECT_EQ(router.route(0), (Route{Kind::peer, 0}));
  EXPECT_EQ(router.route(2), (Route{Kind::peer, 2}));
  EXPECT_FALSE(router.is_here(2));
}

TEST(Router, ASlotOfThisNodeIsHereOrOnTheSiblingThatHoldsIt) {
  const Router router(view_of(3), 1, 4, 2);
  EXPECT_EQ(router.route(10), (Route{Kind::here, 2}));     // 10 % 3 == 1, 10 % 4 == 2
  EXPECT_EQ(router.route(13), (Route{Kind::sibling, 1}));  // 13 % 3 == 1, 13 % 4 == 1
}

TEST(Router, ASlotOfNobodyIsRefused) {
  cluster::View view = view_of(2);
  view.placement[7] = ring::kNobody;
  const Router router(view, 0, 2, 1);
  EXPECT_EQ(router.route(7).kind, Kind::refuse);
  EXPECT_FALSE(router.is_here(7));
}

TEST(Router, ExactlyOneShardOfOneNodeSaysHereForEverySlot) {
  const cluster::View view = view_of(3);
  std::vector<int> here(kSlots, 0);
  for (NodeIndex node = 0; node < 3; ++node) {
    for (unsigned shard = 0; shard < 5; ++shard) {
      const Router router(view, node, 5, shard);
      for (unsigned slot = 0; slot < kSlots; ++slot) here[slot] += router.is_here(static_cast<Slot>(slot));
    }
  }
  EXPECT_TRUE(std::all_of(here.begin(), here.end(), [](int count) { return count == 1; }));
}

TEST(Router, TheLargestClusterAndNodeFitTheTable) {
  constexpr auto kLastNode = static_cast<NodeIndex>(kNodesMax - 1);
  constexpr auto kLastShard = static_cast<std::uint16_t>(kShardsMax - 1);
  const cluster::View view = view_of(kNodesMax);
  EXPECT_EQ(Router(view, 0, 1, 0).route(kLastNode), (Route{Kind::peer, kLastNode}));
  // Slot 255 belongs to the last node, and to its last shard as well.
  EXPECT_EQ(Router(view, kLastNode, kShardsMax, 0).route(kLastNode), (Route{Kind::sibling, kLastShard}));
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
}  // namespace limpet::route
