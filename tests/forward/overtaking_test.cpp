// What of a client is under way to which slot, and who has to wait for it.
#include <gtest/gtest.h>

#include <limpet/forward/overtaking.hpp>

namespace limpet::forward {
namespace {

constexpr StreamId kClient{StreamKind::client, 1, 1};
constexpr StreamId kOther{StreamKind::client, 2, 1};

TEST(Overtaking, NobodyWaitsWhileSlotsStayWhereTheyAre) {
  const Overtaking overtaking;
  EXPECT_FALSE(overtaking.holds_back(kClient, 0));
  EXPECT_FALSE(overtaking.holds_back(kClient, kSlots - 1));
}

TEST(Overtaking, WhoHasCommandsUnderWayWaitsForASlotThatHasGoneElsewhereAndForNoOther) {
  Overtaking overtaking;
  overtaking.rerouted(3, 2'000);
  EXPECT_TRUE(overtaking.holds_back(kClient, 3));
  EXPECT_TRUE(overtaking.holds_back(kOther, 3));
  EXPECT_FALSE(overtaking.holds_back(kClient, 4));
}

TEST(Overtaking, WhatWasUnderWayToAnotherPlaceIsWaitedForUntilItIsGivenUpAndNoLonger) {
  Overtaking overtaking;
  overtaking.rerouted(3, 2'000);
  overtaking.rerouted(4, 3'000);
  overtaking.gave_up(1'999);
  EXPECT_TRUE(overtaking.holds_back(kClient, 3));
  overtaking.gave_up(2'000);
  EXPECT_FALSE(overtaking.holds_back(kClient, 3));
  EXPECT_TRUE(overtaking.holds_back(kClient, 4));
  overtaking.gave_up(3'000);
  EXPECT_FALSE(overtaking.holds_back(kClient, 4));
}

TEST(Overtaking, ASlotThatGoesAndComesBackIsWaitedForFromItsLastMoveOn) {
  Overtaking overtaking;
  overtaking.rerouted(3, 2'000);
  overtaking.rerouted(3, 2'500);
  overtaking.gave_up(2'000);
  EXPECT_TRUE(overtaking.holds_back(kClient, 3));
}

TEST(Overtaking, ACommandThatMayComeBackHoldsBackThoseOfItsClientForItsSlotAlone) {
  Overtaking overtaking;
  overtaking.may_come_back(kClient, 5);
  overtaking.may_come_back(kClient, 6);
  overtaking.may_come_back(kOther, 7);
  EXPECT_TRUE(overtaking.holds_back(kClient, 5));
  EXPECT_TRUE(overtaking.holds_back(kClient, 6));
  EXPECT_FALSE(overtaking.holds_back(kClient, 7));
  EXPECT_FALSE(overtaking.holds_back(kOther, 5));
  overtaking.all_answered(kClient);
  EXPECT_FALSE(overtaking.holds_back(kClient, 5));
  EXPECT_FALSE(overtaking.holds_back(kClient, 6));
  EXPECT_TRUE(overtaking.holds_back(kOther, 7));
}

}  // namespace
}  // namespace limpet::forward
