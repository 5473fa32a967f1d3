// A change is safe once all who are to confirm it have.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/engine/durability.hpp>

namespace limpet::engine {
namespace {

TEST(Durability, WhereNobodyConfirmsEverythingIsSafe) {
  Durability durability;
  EXPECT_EQ(durability.safe(), kEndOfAll);
  EXPECT_FALSE(durability.refuses(1'000, 1));
}

TEST(Durability, IsThatOfWhoeverHasLeast) {
  Durability durability;
  const auto disk = durability.join(0);
  durability.confirm(disk, 100);
  EXPECT_EQ(durability.safe(), 100U);
  const auto follower = durability.join(40);
  EXPECT_EQ(durability.safe(), 40U);
  durability.confirm(follower, 200);
  EXPECT_EQ(durability.safe(), 100U);
  durability.confirm(disk, 90);
  EXPECT_EQ(durability.safe(), 100U) << "what was confirmed stays so";
}

TEST(Durability, WhoeverLeavesHoldsUpNobody) {
  Durability durability;
  const auto disk = durability.join(0);
  const auto slow = durability.join(0);
  durability.confirm(disk, 100);
  EXPECT_EQ(durability.safe(), 0U);
  durability.leave(slow);
  EXPECT_EQ(durability.safe(), 100U);
  EXPECT_EQ(durability.join(70), slow) << "its place is free again";
  EXPECT_EQ(durability.safe(), 70U);
  durability.leave(disk);
  durability.leave(slow);
  EXPECT_EQ(durability.safe(), kEndOfAll);
}

TEST(Durability, TheStreamSaysHowFarItIsOnTheDiskOnceForEachSync) {
  Durability durability;
  EXPECT_FALSE(durability.mark_is_due());
  durability.synced(10);
  EXPECT_TRUE(durability.mark_is_due());
  durability.marked();
  EXPECT_FALSE(durability.mark_is_due());
  EXPECT_EQ(durability.synced(), 10U);
}

TEST(Durability, WritesAreRefusedWhileNothingCanBeWritten) {
  Durability durability;
  durability.join(0);
  durability.set_trouble("the disk is full");
  EXPECT_TRUE(durability.refuses(0, 1));
  EXPECT_EQ(durability.refusal(), "MISCONF the disk is full: writes are refused, reads go on");
  durability.set_trouble("");
  EXPECT_FALSE(durability.refuses(0, 1));
}

TEST(Durability, WhatWaitsHasABoundWithRoomForSmallWritesBehindALargeOne) {
  Durability durability;
  const auto disk = durability.join(0);
  EXPECT_FALSE(durability.refuses(kUnwrittenBytesMax, kSmallWriteBytes + 1));
  EXPECT_TRUE(durability.refuses(kUnwrittenBytesMax + 1, kSmallWriteBytes + 1));
  EXPECT_FALSE(durability.refuses(kUnwrittenBytesMax + 1, kSmallWriteBytes));
  EXPECT_TRUE(durability.refuses(kUnwrittenBytesMax + kUnwrittenSmallBytes + 1, 1));
  EXPECT_EQ(durability.refusal().substr(0, 5), "BUSY ");
  durability.confirm(disk, kUnwrittenBytesMax);
  EXPECT_FALSE(durability.refuses(kUnwrittenBytesMax + kUnwrittenSmallBytes + 1, 1));
}

TEST(Durability, AFailureIsForGoodAndEndsAllWaitingOnceThoseInDoubtWereTold) {
  Durability durability;
  durability.join(0);
  durability.fail("the disk has failed");
  EXPECT_EQ(durability.safe(), 0U) << "they are to be told that it is not known";
  durability.wait_no_more();
  EXPECT_EQ(durability.safe(), kEndOfAll);
  durability.set_trouble("");
  EXPECT_TRUE(durability.failed());
  EXPECT_TRUE(durability.refuses(0, 0));
}

}  // namespace
}  // namespace limpet::engine
