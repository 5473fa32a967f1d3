#include <gtest/gtest.h>

#include <algorithm>
#include <limpet/ring/ring.hpp>
#include <numeric>
#include <set>

#include "samples.hpp"

namespace limpet::ring {
namespace {

using namespace samples;

const std::vector<std::vector<std::uint32_t>> kMixedWeights = {
    {1000, 2000},
    {1000, 1000, 500},
    {500, 1000, 1500, 2000},
    {1, 1000, 1000},
    {1, 100000},
    {100, 200, 400, 800, 1600, 3200},
    {1000, 0, 1000, 333, 250},
    {1, 1, 1, 1, 1},
    {3000, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
};

std::vector<std::string> owners_by_name(const Members& members) {
  const Placement placement = place(members);
  std::vector<std::string> names;
  for (const NodeIndex owner : placement) names.push_back(members[owner].name);
  return names;
}

TEST(Place, GivesOneNodeEverything) {
  const Placement placement = place(equal(1));
  EXPECT_TRUE(std::all_of(placement.begin(), placement.end(), [](NodeIndex owner) { return owner == 0; }));
}

TEST(Place, GivesNobodyAnythingIfNobodyHasWeight) {
  for (const Members& members : {Members{}, weighted({0}), weighted({0, 0})}) {
    const Placement placement = place(members);
    EXPECT_TRUE(
        std::all_of(placement.begin(), placement.end(), [](NodeIndex owner) { return owner == kNobody; }));
  }
}

TEST(Place, GivesANodeOfWeightZeroNothing) {
  const Members members = weighted({1000, 0, 1000});
  EXPECT_EQ(slots_of(members, place(members))[1], 0u);
}

TEST(Place, IsTheSameWithAndWithoutANodeOfWeightZero) {
  EXPECT_EQ(owners_by_name(weighted({1000, 1000, 0})), owners_by_name(weighted({1000, 1000})));
}

TEST(Place, DoesNotDependOnTheOrderOfTheList) {
  Members members = weighted({1000, 500, 2000, 1000, 750});
  const auto owners = owners_by_name(members);
  std::reverse(members.begin(), members.end());
  EXPECT_EQ(owners_by_name(members), owners);
  std::rotate(members.begin(), members.begin() + 2, members.end());
  EXPECT_EQ(owners_by_name(members), owners);
}

TEST(Place, DoesNotDependOnZones) {
  Members members = equal(5);
  const auto owners = owners_by_name(members);
  members[2].zone = "b";
  EXPECT_EQ(owners_by_name(members), owners);
}

TEST(Place, KeepsThreeToAHundredEqualNodesWithinAHundredthOfTheMean) {
  for (unsigned count = 3; count <= 100; ++count) {
    const Members members = equal(count);
    EXPECT_LE(max_over_mean(members, place(members)), 1.011) << count << " nodes";
  }
}

TEST(Place, KeepsTwoNodesAndTheLargestClusterEvenAsWell) {
  for (unsigned count : {2u, 128u, 255u, 256u}) {
    const Members members = equal(count);
    const auto slots = slots_of(members, place(members));
    const auto room = rooms(members);
    for (std::size_t i = 0; i < members.size(); ++i) EXPECT_LE(slots[i], room[i]) << count << " nodes";
  }
}

TEST(Place, PutsNoNodeOfMixedWeightsAboveItsRoomAndEverySlotSomewhere) {
  for (const auto& weights : kMixedWeights) {
    const Members members = weighted(weights);
    const auto slots = slots_of(members, place(members));
    const auto room = rooms(members);
    for (std::size_t i = 0; i < members.size(); ++i) EXPECT_LE(slots[i], room[i]) << members[i].name;
    EXPECT_EQ(std::accumulate(slots.begin(), slots.end(), 0u), kSlots);
  }
}

TEST(Rooms, AddUpToAllSlotsOrMoreWhateverTheWeights) {
  for (const auto& weights : kMixedWeights) {
    const auto room = rooms(weighted(weights));
    EXPECT_GE(std::accumulate(room.begin(), room.end(), 0u), kSlots);
  }
  for (unsigned count = 1; count <= 300; ++count) {
    const auto room = rooms(equal(count));
    EXPECT_GE(std::accumulate(room.begin(), room.end(), 0u), kSlots) << count << " nodes";
  }
}

TEST(Rooms, AreTheShareRoundedUpOrAHundredthAboveItWhicheverIsMore) {
  EXPECT_EQ(rooms(equal(3)), (std::vector<std::uint32_t>(3, 5515)));    // 5461.33 * 1.01 = 5515.95
  EXPECT_EQ(rooms(equal(256)), (std::vector<std::uint32_t>(256, 64)));  // 64 * 1.01 = 64.64
  EXPECT_EQ(rooms(equal(300)), (std::vector<std::uint32_t>(300, 55)));  // 54.61 * 1.01 = 55.16
  EXPECT_EQ(rooms(weighted({1, 99999})), (std::vector<std::uint32_t>{1, 16547}));
  EXPECT_EQ(rooms(weighted({0, 0})), (std::vector<std::uint32_t>{0, 0}));
  EXPECT_TRUE(rooms({}).empty());
}

TEST(Movement, IsAtMostATenthAboveTheLeastPossibleWhenANodeComes) {
  for (const std::string& prefix : kPrefixes) {
    for (unsigned count = 1; count <= 10; ++count) {
      EXPECT_LE(movement(equal(count, prefix), equal(count + 1, prefix)).ratio(), 1.10)
          << count << " " << prefix;
    }
  }
}

TEST(Movement, IsAtMostATenthAboveTheLeastPossibleWhicheverNodeGoes) {
  for (const std::string& prefix : kPrefixes) {
    for (unsigned count = 2; count <= 10; ++count) {
      const Members before = equal(count, prefix);
      const Placement was = place(before);
      for (unsigned gone = 0; gone < count; ++gone) {
        const Members after = without(before, gone);
        EXPECT_LE(movement(before, was, after, place(after)).ratio(), 1.10)
            << before[gone].name << " of " << count;
      }
    }
  }
}

TEST(Movement, IsAtMostATenthAboveTheLeastPossibleWhenANodeOfOtherWeightComes) {
  for (const std::string& prefix : kPrefixes) {
    for (std::uint32_t weight : {500u, 2000u}) {
      for (std::size_t count = 2; count <= 9; ++count) {
        std::vector<std::uint32_t> weights(count, 1000);
        const Members before = weighted(weights, prefix);
        weights.push_back(weight);
        EXPECT_LE(movement(before, weighted(weights, prefix)).ratio(), 1.10) << weight << " to " << count;
      }
    }
  }
}

TEST(Movement, IsNoneWhenEveryWeightDoublesInAClusterOfOne) {
  EXPECT_EQ(movement(weighted({1000}), weighted({2000})).moved, 0u);
}

TEST(Followers, AreDistinctAndNeverTheOwner) {
  const Members members = equal(6);
  const Placement placement = place(members);
  for (unsigned slot = 0; slot < kSlots; slot += 997) {
    const auto list = followers(members, placement, static_cast<Slot>(slot), 5);
    const std::set<NodeIndex> distinct(list.begin(), list.end());
    EXPECT_EQ(list.size(), 5u);
    EXPECT_EQ(distinct.size(), 5u);
    EXPECT_FALSE(distinct.contains(placement[slot]));
  }
}

TEST(Followers, InOtherZonesComeFirst) {
  Members members = equal(6);
  for (std::size_t i = 0; i < members.size(); ++i) members[i].zone = i % 2 == 0 ? "a" : "b";
  const Placement placement = place(members);
  for (unsigned slot = 0; slot < kSlots; slot += 997) {
    const std::string& home = members[placement[slot]].zone;
    const auto list = followers(members, placement, static_cast<Slot>(slot), 5);
    ASSERT_EQ(list.size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(members[list[i]].zone != home, i < 3) << "place " << i;
  }
}

TEST(Followers, AskedForFewerAreTheFirstOfTheLongerList) {
  Members members = equal(7);
  members[1].zone = members[4].zone = "b";
  const Placement placement = place(members);
  for (unsigned slot = 0; slot < kSlots; slot += 997) {
    const auto all = followers(members, placement, static_cast<Slot>(slot), 6);
    for (std::size_t count = 0; count <= 6; ++count) {
      const std::vector<NodeIndex> first(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
      EXPECT_EQ(followers(members, placement, static_cast<Slot>(slot), count), first);
    }
  }
}

TEST(Followers, AreAsManyAsThereAre) {
  const Members three = equal(3);
  EXPECT_EQ(followers(three, place(three), 0, 9).size(), 2u);
  const Members one = equal(1);
  EXPECT_TRUE(followers(one, place(one), 0, 9).empty());
  EXPECT_TRUE(followers({}, place({}), 0, 9).empty());
}

TEST(Followers, LeaveOutNodesOfWeightZero) {
  const Members members = weighted({1000, 0, 1000});
  const auto list = followers(members, place(members), 0, 9);
  EXPECT_EQ(std::count(list.begin(), list.end(), NodeIndex{1}), 0);
  EXPECT_EQ(list.size(), 1u);
}

TEST(Followers, TakeTheSlotsOverEvenly) {
  const Members members = equal(4);
  const Placement placement = place(members);
  std::vector<unsigned> heirs(4, 0);
  unsigned slots = 0;
  for (unsigned slot = 0; slot < kSlots; slot += 16) {
    if (placement[slot] != 0) continue;
    ++slots;
    ++heirs[followers(members, placement, static_cast<Slot>(slot), 1).at(0)];
  }
  for (std::size_t i = 1; i < 4; ++i) EXPECT_NEAR(heirs[i], slots / 3.0, slots / 9.0) << members[i].name;
}

TEST(Without, SlotsOfAbsentMembersAreWithTheirFirstFollowerThatIsThereAndNothingElseMoves) {
  const Members members = equal(5);
  const Placement placement = place(members);
  const Placement meanwhile = without(members, placement, {false, true, false, true, false});
  for (unsigned at = 0; at < kSlots; at += 31) {
    const auto slot = static_cast<Slot>(at);
    const NodeIndex owner = placement[slot];
    if (owner != 1 && owner != 3) {
      EXPECT_EQ(meanwhile[slot], owner);
      continue;
    }
    const auto list = followers(members, placement, slot, 4);
    const auto heir =
        std::find_if(list.begin(), list.end(), [](NodeIndex node) { return node != 1 && node != 3; });
    EXPECT_EQ(meanwhile[slot], *heir) << "slot " << slot;
  }
}

TEST(Without, WhereAllAreAbsentSlotsStay) {
  const Members members = equal(2);
  const Placement placement = place(members);
  EXPECT_EQ(without(members, placement, {true, true}), placement);
}

TEST(Digest, IsTheSameForAnyOrderOfTheList) {
  const Members members = weighted({1000, 500, 2000});
  Members reversed(members.rbegin(), members.rend());
  EXPECT_EQ(digest(members, place(members)), digest(reversed, place(reversed)));
}

TEST(Digest, TellsNamesWeightsZonesAndOwnersApart) {
  const Members members = equal(3);
  const Placement placement = place(members);
  std::set<std::uint64_t> digests{digest(members, placement)};
  Members other = members;
  other[0].name = "other";
  digests.insert(digest(other, placement));
  other = members;
  other[0].weight_thousandths = 1001;
  digests.insert(digest(other, placement));
  other = members;
  other[0].zone = "z";
  digests.insert(digest(other, placement));
  Placement moved = placement;
  moved[0] = moved[0] == 0 ? 1 : 0;
  digests.insert(digest(members, moved));
  Placement nobody;
  nobody.fill(kNobody);
  digests.insert(digest(members, nobody));
  EXPECT_EQ(digests.size(), 6u);
}

// Nodes of different versions and machines have to agree on who owns what. If this fails, placement has
// changed, and every running cluster would move its sessions at its next upgrade.
TEST(Golden, PlacementIsTheSameBitsOnEveryMachineAndInEveryVersion) {
  const Members three = equal(3);
  EXPECT_EQ(digest(three, place(three)), 15876589194643428988u);
  const Members mixed = weighted({500, 1000, 1500, 2000, 1});
  EXPECT_EQ(digest(mixed, place(mixed)), 16403759651643119335u);
}

}  // namespace
}  // namespace limpet::ring
