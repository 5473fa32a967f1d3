#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/base/result.hpp>
#include <limpet/base/time.hpp>

namespace limpet {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Code::bad_input, std::to_string(value) + " is odd");
  return value / 2;
}

TEST(Result, HoldsAValueOrAnErrorWithCodeAndWords) {
  EXPECT_EQ(half(4), 2);
  const Result<int> odd = half(3);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, Code::bad_input);
  EXPECT_EQ(odd.error().text, "3 is odd");
}

TEST(Result, OfNothingIsGoodByItself) { EXPECT_TRUE(Result<void>()); }

TEST(Now, BeginsAtZeroOnBothClocks) {
  EXPECT_EQ(Now().steady_ms, 0);
  EXPECT_EQ(Now().unix_ms, 0);
}

TEST(Limits, CountBytesInPowersOfTwo) {
  EXPECT_EQ(3_KiB, 3072u);
  EXPECT_EQ(2_MiB, 2'097'152u);
}

TEST(Limits, LeaveRoomForTheLargestOfWhatTheyCarry) {
  EXPECT_GE(kRequestBytesMax, kBulkBytesMax);
  EXPECT_GE(kFrameBytesMax, kRequestBytesMax);
  EXPECT_GE(kOutputBytesMax, kBulkBytesMax);
  EXPECT_LE(kUnauthRequestBytesMax, kRequestBytesMax);
  EXPECT_LE(kPeerQuietMs, kPeerDeadMs);
  EXPECT_LE(kBackoffMinMs, kBackoffMaxMs);
}

}  // namespace
}  // namespace limpet
