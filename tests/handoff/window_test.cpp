// How many slots are given away at a time.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/handoff/window.hpp>

namespace limpet::handoff {
namespace {

class WindowTest : public ::testing::Test {
 protected:
  void give(std::size_t slots, std::uint64_t held_ms) {
    for (std::size_t i = 0; i < slots; ++i) window_.given(held_ms);
  }
  void open_wide() { give(kHandoversMax * kHandoversGrow, 1); }

  Window window_;
};

TEST_F(WindowTest, GrowsToItsMostWhileSlotsAreFrozenBriefly) {
  EXPECT_EQ(window_.size(), kHandoversFirst);
  give(kHandoversGrow, kHandoffFreezeGoalMs);
  EXPECT_EQ(window_.size(), kHandoversFirst + 1);
  give(100 * kHandoversGrow, kHandoffFreezeGoalMs);
  EXPECT_EQ(window_.size(), kHandoversMax);
}

TEST_F(WindowTest, IsHalvedByASlotThatWasFrozenForTooLong) {
  open_wide();
  give(1, 3 * kHandoffFreezeGoalMs);
  EXPECT_EQ(window_.size(), kHandoversMax / 2);
}

TEST_F(WindowTest, IsHalvedOnceByAllThatWereUnderWayTogether) {
  open_wide();
  give(1 + kHandoversMax, 3 * kHandoffFreezeGoalMs);
  EXPECT_EQ(window_.size(), kHandoversMax / 2);
  give(1, 3 * kHandoffFreezeGoalMs);
  EXPECT_EQ(window_.size(), kHandoversMax / 4);
}

TEST_F(WindowTest, NeverFallsBelowItsLeast) {
  open_wide();
  for (int i = 0; i < 100; ++i) {
    give(1, 1);
    give(1, 100);
  }
  EXPECT_EQ(window_.size(), kHandoversMin);
}

TEST_F(WindowTest, GrowsOnASlowDiskThatFreezesEverySlotForLong) {
  give(100 * kHandoversGrow, 40);
  EXPECT_EQ(window_.size(), kHandoversMax);
  give(1, 130);
  EXPECT_EQ(window_.size(), kHandoversMax / 2);
}

TEST_F(WindowTest, IsOfOneWhereClientsAreServedAndNoDiskIsWaitedFor) {
  open_wide();
  give(1, 0);
  window_.set_serving(true);
  EXPECT_EQ(window_.size(), 1U);
  window_.set_serving(false);
  EXPECT_EQ(window_.size(), kHandoversMax);
}

TEST_F(WindowTest, IsOfAsManyWhereClientsAreServedAsASlotIsFrozenForMillisecondsAtLeast) {
  window_.set_serving(true);
  EXPECT_EQ(window_.size(), kHandoversFirst);
  give(100 * kHandoversGrow, 7);
  EXPECT_EQ(window_.size(), 7U);
  give(100 * kHandoversGrow, 100);
  EXPECT_EQ(window_.size(), kHandoversMax);
}

TEST_F(WindowTest, LearnsThatTheDiskHasBecomeSlow) {
  open_wide();
  give(1'000, 40);
  EXPECT_EQ(window_.size(), kHandoversMax);
}

}  // namespace
}  // namespace limpet::handoff
