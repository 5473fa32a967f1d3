#include <gtest/gtest.h>

#include <limpet/forward/relay_order.hpp>

namespace limpet::forward {
namespace {

using ownership::Route;

constexpr Slot kSlot = 7;
constexpr Route kToThree{Route::Kind::peer, 3};
constexpr Route kToFour{Route::Kind::peer, 4};
constexpr Route kHere{Route::Kind::here, 0};

TEST(RelayOrder, WhereNoneIsUnderWayAnyWayIsFree) {
  const RelayOrder passed_on;
  EXPECT_TRUE(passed_on.lets_pass(kSlot, kToThree));
  EXPECT_TRUE(passed_on.lets_pass(kSlot, kHere));
}

TEST(RelayOrder, LaterOnesMayGoTheSameWayAndNoOther) {
  RelayOrder passed_on;
  passed_on.began(kSlot, 1, 3);
  EXPECT_TRUE(passed_on.lets_pass(kSlot, kToThree));
  EXPECT_FALSE(passed_on.lets_pass(kSlot, kToFour));
  EXPECT_FALSE(passed_on.lets_pass(kSlot, kHere));
  EXPECT_TRUE(passed_on.lets_pass(kSlot + 1, kHere));
  passed_on.ended(kSlot, 1);
  EXPECT_TRUE(passed_on.lets_pass(kSlot, kHere));
  EXPECT_TRUE(passed_on.empty());
}

TEST(RelayOrder, WhereSomeWentElsewhereNoneMayFollow) {
  RelayOrder passed_on;
  passed_on.began(kSlot, 1, 3);
  passed_on.began(kSlot, 2, 4);
  EXPECT_FALSE(passed_on.lets_pass(kSlot, kToThree));
  EXPECT_FALSE(passed_on.lets_pass(kSlot, kToFour));
}

TEST(RelayOrder, WhereOneHasBouncedAllWait) {
  RelayOrder passed_on;
  passed_on.bounced(kSlot);
  EXPECT_FALSE(passed_on.lets_pass(kSlot, kToThree));
  EXPECT_FALSE(passed_on.lets_pass(kSlot, kHere));
  passed_on.unbounced(kSlot);
  EXPECT_TRUE(passed_on.lets_pass(kSlot, kHere));
}

TEST(RelayOrder, OneThatHasMoreHopsThanAllThatAreUnderWayHasBeenHereBefore) {
  RelayOrder passed_on;
  EXPECT_FALSE(passed_on.came_back(kSlot, 3));
  passed_on.began(kSlot, 1, 3);
  EXPECT_FALSE(passed_on.came_back(kSlot, 1));
  EXPECT_TRUE(passed_on.came_back(kSlot, 3));
  passed_on.began(kSlot, 3, 3);
  EXPECT_FALSE(passed_on.came_back(kSlot, 3));
  EXPECT_TRUE(passed_on.came_back(kSlot, 5));
}

TEST(RelayOrder, TellsWhereFewerAreLeft) {
  RelayOrder passed_on;
  passed_on.began(kSlot, 1, 3);
  passed_on.began(kSlot, 1, 3);
  passed_on.ended(kSlot, 1);
  EXPECT_FALSE(passed_on.has_drained());
  passed_on.ended(kSlot, 1);
  EXPECT_EQ(passed_on.take_drained(), std::vector<Slot>{kSlot});
  EXPECT_FALSE(passed_on.has_drained());
}

}  // namespace
}  // namespace limpet::forward
