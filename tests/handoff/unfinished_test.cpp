// Of what others were promised at a start, whoever has more than the disk there gets the slot; nobody else
// does.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/handoff/unfinished.hpp>

namespace limpet::handoff {
namespace {

constexpr Slot kSlot = 7;
constexpr Now kNow{.steady_ms = 1'000, .unix_ms = 5};

Unfinished::Offer offer(Member by, Term term, std::uint64_t number) {
  return {.by = by, .term = {4}, .last = LastChange{.term = term, .number = number}};
}

bool reaches_all(Member) { return true; }

TEST(Unfinished, WhoHasMoreThanTheDiskGetsTheSlot) {
  Unfinished unfinished;
  unfinished.loaded(kSlot, {.term = {4}, .number = 10});
  EXPECT_FALSE(unfinished.has(kSlot)) << "nobody has offered anything";
  unfinished.hears(kSlot, offer(1, {4}, 10), kNow);
  EXPECT_TRUE(unfinished.has(kSlot));
  EXPECT_FALSE(unfinished.has(kSlot + 1));
  EXPECT_FALSE(unfinished.has(kSlot - 1));
  EXPECT_FALSE(unfinished.more(kSlot)) << "as much is not more";
  unfinished.hears(kSlot, offer(1, {3, 9}, 11), kNow);
  EXPECT_FALSE(unfinished.more(kSlot)) << "a change of an earlier term was overtaken by this node's own";
  unfinished.hears(kSlot, offer(1, {4}, 11), kNow);
  unfinished.hears(kSlot, offer(2, {4}, 13), kNow);
  unfinished.hears(kSlot, offer(3, {4}, 12), kNow);
  ASSERT_TRUE(unfinished.more(kSlot));
  EXPECT_EQ(unfinished.more(kSlot)->by, 2);
  unfinished.ends(kSlot);
  EXPECT_FALSE(unfinished.has(kSlot));
}

TEST(Unfinished, WhatSomebodyHasIsWaitedForWhileItCanBeReachedAndNotForEver) {
  Unfinished unfinished;
  unfinished.hears(kSlot, {.by = 1, .term = {4}}, kNow);
  EXPECT_TRUE(unfinished.waits(kSlot, reaches_all, kNow));
  EXPECT_FALSE(unfinished.waits(kSlot + 1, reaches_all, kNow));
  EXPECT_FALSE(unfinished.waits(
      kSlot, [](Member) { return false; }, kNow));
  EXPECT_FALSE(unfinished.more(kSlot)) << "nobody knows that it is more";
  // Said again, it is still not known: that does not make the wait longer.
  constexpr Now kLate{.steady_ms = kNow.steady_ms + kUnfinishedWaitMs, .unix_ms = 5};
  unfinished.hears(kSlot, {.by = 1, .term = {4}}, kLate);
  EXPECT_FALSE(unfinished.waits(kSlot, reaches_all, kLate));
  unfinished.hears(kSlot, offer(1, {4}, 1), kLate);
  EXPECT_FALSE(unfinished.waits(kSlot, reaches_all, kNow)) << "it is known";
  EXPECT_TRUE(unfinished.more(kSlot));
}

}  // namespace
}  // namespace limpet::handoff
