// Of what others were promised at a start, whoever has more than the disk there gets the slot; nobody else
// does.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/handoff/unfinished.hpp>

namespace limpet::handoff {
namespace {

constexpr Slot kOffered = 7;
constexpr Now kStart{.steady_ms = 1'000, .unix_ms = 5};

Unfinished::Offer offered(Member by, Term term, std::uint64_t number) {
  return {.by = by, .term = {4}, .last = LastChange{.term = term, .number = number}};
}

bool reaches_everybody(Member) { return true; }

TEST(Unfinished, WhoHasMoreThanTheDiskGetsTheSlot) {
  Unfinished unfinished;
  unfinished.loaded(kOffered, {.term = {4}, .number = 10});
  EXPECT_FALSE(unfinished.has(kOffered)) << "nobody has offered anything";
  unfinished.hears(kOffered, offered(1, {4}, 10), kStart);
  EXPECT_TRUE(unfinished.has(kOffered));
  EXPECT_FALSE(unfinished.has(kOffered + 1));
  EXPECT_FALSE(unfinished.has(kOffered - 1));
  EXPECT_FALSE(unfinished.more(kOffered)) << "as much is not more";
  unfinished.hears(kOffered, offered(1, {3, 9}, 11), kStart);
  EXPECT_FALSE(unfinished.more(kOffered)) << "a change of an earlier term was overtaken by this node's own";
  unfinished.hears(kOffered, offered(1, {4}, 11), kStart);
  unfinished.hears(kOffered, offered(2, {4}, 13), kStart);
  unfinished.hears(kOffered, offered(3, {4}, 12), kStart);
  ASSERT_TRUE(unfinished.more(kOffered));
  EXPECT_EQ(unfinished.more(kOffered)->by, 2);
  unfinished.ends(kOffered);
  EXPECT_FALSE(unfinished.has(kOffered));
}

TEST(Unfinished, WhatSomebodyHasIsWaitedForWhileItCanBeReachedAndNotForEver) {
  Unfinished unfinished;
  unfinished.hears(kOffered, {.by = 1, .term = {4}}, kStart);
  EXPECT_TRUE(unfinished.waits(kOffered, reaches_everybody, kStart));
  EXPECT_FALSE(unfinished.waits(kOffered + 1, reaches_everybody, kStart));
  EXPECT_FALSE(unfinished.waits(
      kOffered, [](Member) { return false; }, kStart));
  EXPECT_FALSE(unfinished.more(kOffered)) << "nobody knows that it is more";
  // Said again, it is still not known: that does not make the wait longer.
  constexpr Now kMuchLater{.steady_ms = kStart.steady_ms + kUnfinishedWaitMs, .unix_ms = 5};
  unfinished.hears(kOffered, {.by = 1, .term = {4}}, kMuchLater);
  EXPECT_FALSE(unfinished.waits(kOffered, reaches_everybody, kMuchLater));
  unfinished.hears(kOffered, offered(1, {4}, 1), kMuchLater);
  EXPECT_FALSE(unfinished.waits(kOffered, reaches_everybody, kStart)) << "it is known";
  EXPECT_TRUE(unfinished.more(kOffered));
}

}  // namespace
}  // namespace limpet::handoff
