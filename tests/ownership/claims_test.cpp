// A claim is answered once its titles are written, or known not to be, and never later than its time.
#include <gtest/gtest.h>

#include <limpet/ownership/claims.hpp>

namespace limpet::ownership {
namespace {

constexpr Now kThen{.steady_ms = 1'000, .unix_ms = 5};

TEST(Claims, OneIsAnsweredOnceEachOfItsSlotsIsWrittenOrCannotBe) {
  Claims claims;
  claims.begin({.writing = {1, 2, 3}, .until_ms = 2'000});
  claims.written(1);
  claims.not_written(2);
  EXPECT_TRUE(claims.take_done(kThen).empty());
  claims.written(3);
  const auto done = claims.take_done(kThen);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].taken, 2);
  EXPECT_EQ(done[0].missed, 1);
  EXPECT_TRUE(claims.take_done(kThen).empty()) << "once";
}

TEST(Claims, WhatIsNotWrittenInTimeCountsAsMissed) {
  Claims claims;
  claims.begin({.writing = {1, 2, 3}, .until_ms = 2'000});
  claims.written(1);
  const auto done = claims.take_done({.steady_ms = 2'000, .unix_ms = 5});
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].taken, 1);
  EXPECT_EQ(done[0].missed, 2);
  claims.written(2);
  EXPECT_TRUE(claims.take_done(kThen).empty());
}

}  // namespace
}  // namespace limpet::ownership
