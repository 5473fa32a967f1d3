// A slot that cannot go costs no other slot its turn, and a node that takes none is left alone for a while.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/handoff/retries.hpp>

namespace limpet::handoff {
namespace {

constexpr Member kNode = 1;
constexpr Member kOtherNode = 2;

class RetriesTest : public ::testing::Test {
 protected:
  // How long until the slot may be offered to the node, by ticks of a millisecond.
  std::int64_t wait_of(Member node, Slot slot) {
    const std::int64_t began = now_.steady_ms;
    while (!retries_.may(node, slot, now_)) ++now_.steady_ms;
    return now_.steady_ms - began;
  }

  Now now_{.steady_ms = 1'000'000, .unix_ms = 0};
  Retries retries_;
};

TEST_F(RetriesTest, ASlotThatFailsByItselfWaitsAloneAndLongerEachTime) {
  EXPECT_TRUE(retries_.slot_failed(7, now_));
  EXPECT_TRUE(retries_.may(kNode, 8, now_)) << "the others have their turn at once";
  std::int64_t expected = kHandoffRetryMinMs;
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(wait_of(kNode, 7), expected);
    (void)retries_.slot_failed(7, now_);
    expected = std::min(2 * expected, kHandoffRetryMaxMs);
  }
}

TEST_F(RetriesTest, ANodeThatTakesNoneIsOfferedNoneAndOtherNodesAre) {
  EXPECT_TRUE(retries_.node_failed(kNode, 7, now_));
  EXPECT_FALSE(retries_.node_failed(kNode, 8, now_)) << "for the same reason";
  EXPECT_FALSE(retries_.may(kNode, 9, now_));
  EXPECT_TRUE(retries_.may(kOtherNode, 9, now_));
  EXPECT_EQ(wait_of(kNode, 9), kHandoffRetryMinMs);
}

TEST_F(RetriesTest, WhoTakesOneAfterAllIsAskedAtOnceTheNextTime) {
  for (int i = 0; i < 5; ++i) {
    (void)retries_.node_failed(kNode, 7, now_);
    (void)wait_of(kNode, 7);
  }
  retries_.went_well(kNode, 7);
  (void)retries_.node_failed(kNode, 7, now_);
  EXPECT_EQ(wait_of(kNode, 7), kHandoffRetryMinMs);
}

TEST_F(RetriesTest, ManySlotsThatFailByThemselvesAreNoReasonForAsManyLines) {
  int lines = 0;
  for (int ms = 0; ms < 1'000; ++ms, ++now_.steady_ms) {
    for (Slot slot = 0; slot < 100; ++slot) {
      if (retries_.may(kNode, slot, now_)) lines += retries_.slot_failed(slot, now_);
    }
  }
  EXPECT_GE(lines, 1);
  EXPECT_LE(lines, 5);
}

TEST_F(RetriesTest, AnotherClusterFileGivesEachSlotItsChance) {
  for (int i = 0; i < 5; ++i) {
    (void)retries_.slot_failed(7, now_);
    (void)wait_of(kNode, 7);
  }
  (void)retries_.slot_failed(7, now_);
  retries_.forget_slots();
  EXPECT_TRUE(retries_.may(kNode, 7, now_));
}

}  // namespace
}  // namespace limpet::handoff
