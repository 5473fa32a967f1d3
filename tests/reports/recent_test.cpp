// What is said of the last seconds.
#include <gtest/gtest.h>

#include <limpet/reports/recent.hpp>
#include <limpet/reports/stats.hpp>

namespace limpet::reports {
namespace {

TEST(Recent, BeforeItWasToldAnythingNothingGoes) { EXPECT_EQ(Recent().per_second(5'000, 100), 0); }

TEST(Recent, GrowsAsFastAsItWasTold) {
  Recent recent;
  for (std::int64_t ms = 1'000; ms <= 20'000; ms += 50) recent.note(ms, static_cast<std::uint64_t>(ms) * 3);
  EXPECT_NEAR(recent.per_second(20'030, 20'030 * 3), 3'000, 1);
}

TEST(Recent, OnlyTheLastSecondsCount) {
  Recent recent;
  std::uint64_t count = 0;
  for (std::int64_t ms = 0; ms <= 10'000; ms += 50) recent.note(ms, count += 100);
  for (std::int64_t ms = 10'050; ms <= 17'000; ms += 50) recent.note(ms, count);
  EXPECT_EQ(recent.per_second(17'000, count), 0);
}

TEST(Recent, AMomentAfterTheFirstWordItKnowsSomething) {
  Recent recent;
  recent.note(1'000, 0);
  EXPECT_EQ(recent.per_second(1'000, 0), 0);
  EXPECT_EQ(recent.per_second(1'100, 50), 500);
}

TEST(Recent, OfWorkTheTimeBeforeItDoesNotCount) {
  Recent recent;
  for (std::int64_t ms = 0; ms <= 10'000; ms += 50) recent.note(ms, 7);
  EXPECT_EQ(recent.per_second_of_work(10'500, 7), 0);
  EXPECT_EQ(recent.per_second_of_work(10'500, 107), 200);
  EXPECT_LT(recent.per_second(10'500, 107), 20);
  for (std::int64_t ms = 11'000; ms <= 13'000; ms += 1'000)
    recent.note(ms, static_cast<std::uint64_t>(ms) / 5 - 1'993);
  EXPECT_EQ(recent.per_second_of_work(13'500, 707), 200);
  EXPECT_EQ(recent.per_second_of_work(17'000, 607), 600.0 / 7) << "what has ended does count";
}

TEST(Recent, ACountThatBeginsAnewDoesNotGoBack) {
  Recent recent;
  for (std::int64_t ms = 1'000; ms <= 5'000; ms += 1'000) recent.note(ms, static_cast<std::uint64_t>(ms));
  EXPECT_EQ(recent.per_second(5'500, 10), 0) << "until it is told";
  recent.note(6'000, 10);
  EXPECT_EQ(recent.per_second(7'000, 110), 100);
}

TEST(RecentCounts, GoByTheSecondAndEachByItsCount) {
  RecentCounts recent;
  handoff::Progress moves;
  recent.note(1'000, 0, moves);
  moves = {.given_total = 2, .sessions_total = 20, .sent_total = 2'000};
  recent.note(1'500, 7, moves);  // not due
  const Rates rates = recent.rates(2'000, 50, moves);
  EXPECT_EQ(rates.operations, 50);
  EXPECT_EQ(rates.slots_given, 2);
  EXPECT_EQ(rates.sessions_given, 20);
  EXPECT_EQ(rates.bytes_sent, 2'000);
}

TEST(SecondsLeft, GoBySessionsWhereThereAreAnyElseBySlots) {
  HandoffStats moves;
  Rates rates;
  EXPECT_FALSE(seconds_left(moves, rates));
  moves.to_give = 100;
  EXPECT_FALSE(seconds_left(moves, rates)) << "nothing goes";
  rates.slots_given = 50;
  EXPECT_EQ(seconds_left(moves, rates), 2);
  moves.sessions_to_give = 1'000;
  EXPECT_FALSE(seconds_left(moves, rates)) << "only empty slots have gone";
  rates.sessions_given = 100;
  EXPECT_EQ(seconds_left(moves, rates), 10);
}

}  // namespace
}  // namespace limpet::reports
