// Of two nodes that say that a slot is theirs exactly one goes on, and a start serves nothing before it has
// heard whoever can be reached.
#include <gtest/gtest.h>

#include <array>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/owners.hpp>
#include <vector>

#include "samples.hpp"

namespace limpet::handoff {
namespace {

constexpr Slot kSlot = 5;
constexpr Member kMyself = 0;
constexpr Member kAnother = 1;
constexpr Member kThird = 2;

class Start : public ::testing::Test {
 protected:
  // After an unclean stop: what it owns has had a restart added.
  void begin_with(const SlotTitle& title) {
    std::vector<SlotTitle> titles(kSlots);
    titles[kSlot] = title_ = title;
    owners_.emplace(1U, 0U, titles, true, now_);
    owners_->set_names(kMyself, [](Member member) {
      return std::array<std::string_view, 3>{"n1", "n2", "n3"}.at(member);
    });
  }
  std::vector<Slot> go_on(bool all_heard) {
    return owners_->go_on([this](Member) { return reached_; }, [this](Slot) { return undecided_; }, all_heard,
                          now_);
  }
  bool hears(Member node, std::uint64_t cessions, std::uint32_t restarts = 0, bool begins = false) {
    return owners_->hears(kSlot, node, {.term = {cessions, restarts}, .begins = begins}, title_, now_);
  }
  void serve() {
    owners_->answered(kAnother);
    ASSERT_EQ(go_on(true), std::vector<Slot>{kSlot});
  }

  Now now_{.steady_ms = 1'000, .unix_ms = 5};
  SlotTitle title_;
  std::optional<Owners> owners_;
  bool reached_ = true;
  bool undecided_ = false;
};

TEST(Precedence, OfTwoThatSayThatASlotIsTheirsExactlyOneGivesWay) {
  std::vector<Owning> words;
  for (const std::uint64_t cessions : {3U, 4U}) {
    for (const std::uint32_t restarts : {0U, 1U, 9U}) {
      for (const bool begins : {false, true}) words.push_back({{cessions, restarts}, begins});
    }
  }
  for (const Owning& mine : words) {
    for (const Owning& his : words) {
      EXPECT_NE(gives_way(mine, "n1", his, "n2"), gives_way(his, "n2", mine, "n1"));
      if (mine.term.cessions > his.term.cessions) {
        EXPECT_FALSE(gives_way(mine, "n1", his, "n2")) << "no restart outranks a cession";
      }
    }
  }
}

TEST(Precedence, WhoServesGivesWayToNoStartOfAsManyCessionsHoweverOftenThatFailed) {
  EXPECT_FALSE(gives_way({.term = {3}}, "n2", {.term = {3, 99}, .begins = true}, "n1"));
  EXPECT_TRUE(gives_way({.term = {3, 99}, .begins = true}, "n1", {.term = {3}}, "n2"));
}

TEST(Precedence, AStartGivesWayToACessionToAnotherAtAsManyAndToOneToItselfAtMore) {
  const Owning start{.term = {3, 2}, .begins = true};
  EXPECT_TRUE(gives_way_to_known(start, {3}, false));
  EXPECT_FALSE(gives_way_to_known(start, {3}, true)) << "that is what it has";
  EXPECT_TRUE(gives_way_to_known(start, {4}, true)) << "a life that its disk has forgotten";
  EXPECT_FALSE(gives_way_to_known(start, {2, 9}, false));
  const Owning serves{.term = {3}};
  EXPECT_FALSE(gives_way_to_known(serves, {3, 9}, false));
  EXPECT_TRUE(gives_way_to_known(serves, {4}, false));
}

TEST_F(Start, ServesNothingBeforeItHasHeardAllOrTheTimeIsUp) {
  begin_with(owner_at(3, 1));
  EXPECT_TRUE(owners_->in_startup_grace());
  EXPECT_TRUE(owners_->begins(kSlot));
  EXPECT_EQ(go_on(false), std::vector<Slot>{});
  now_.steady_ms += kStartupGraceMs;
  EXPECT_EQ(go_on(false), std::vector<Slot>{kSlot}) << "who has not answered cannot be reached";
  EXPECT_FALSE(owners_->begins(kSlot));
}

TEST_F(Start, ComparesWithItsTermOfBeforeTheStart) {
  begin_with(owner_at(3, 1));
  EXPECT_EQ(owners_->owning(kSlot, title_).term, (Term{3, 0}));
  EXPECT_FALSE(hears(kAnother, 3, 0, true))
      << "both begin with the same: the name decides, not who failed more often";
  begin_with(owner_at(3, 2));
  EXPECT_FALSE(hears(kAnother, 3, 1, true));
  EXPECT_TRUE(hears(kAnother, 3, 2, true));
}

TEST_F(Start, WaitsUntilALowerOwnerHasGivenWay) {
  begin_with(owner_at(3, 1));
  EXPECT_FALSE(hears(kAnother, 2));
  owners_->answered(kAnother);
  EXPECT_EQ(go_on(true), std::vector<Slot>{});
  now_.steady_ms += 10 * kStartupGraceMs;
  EXPECT_EQ(go_on(true), std::vector<Slot>{}) << "it is reached";
  owners_->hears_not(kSlot, kAnother);
  EXPECT_EQ(go_on(true), std::vector<Slot>{kSlot});
}

TEST_F(Start, DoesNotWaitForALowerOwnerThatCannotBeReachedAnyMore) {
  begin_with(owner_at(3, 1));
  EXPECT_FALSE(hears(kAnother, 2));
  reached_ = false;
  EXPECT_EQ(go_on(true), std::vector<Slot>{}) << "it was a moment ago";
  now_.steady_ms += kStartupGraceMs;
  EXPECT_EQ(go_on(true), std::vector<Slot>{kSlot});
}

TEST_F(Start, LastsWhileItIsUndecidedWhatBecomesOfASlot) {
  begin_with(owner_at(3, 1));
  owners_->answered(kAnother);
  undecided_ = true;
  EXPECT_EQ(go_on(true), std::vector<Slot>{});
  EXPECT_TRUE(owners_->begins());
  EXPECT_FALSE(owners_->in_startup_grace()) << "what is decided goes on";
  undecided_ = false;
  EXPECT_EQ(go_on(true), std::vector<Slot>{kSlot});
  EXPECT_FALSE(owners_->begins());
}

TEST_F(Start, WhatANodeDoesNotSayAgainWhenItIsAskedIsOver) {
  begin_with(owner_at(3, 1));
  EXPECT_FALSE(hears(kAnother, 2));
  EXPECT_FALSE(hears(kThird, 2));
  owners_->asks(kAnother);
  owners_->asks(kThird);
  EXPECT_FALSE(hears(kThird, 2));
  owners_->answered(kAnother);
  owners_->answered(kThird);
  EXPECT_EQ(go_on(true), std::vector<Slot>{});
  owners_->hears_not(kSlot, kThird);
  EXPECT_EQ(go_on(true), std::vector<Slot>{kSlot});
}

TEST_F(Start, WhoeverLeavesASlotWaitingForLongIsAskedAgain) {
  using Members = std::vector<Member>;
  begin_with(owner_at(3, 1));
  owners_->asks(kAnother);
  owners_->answered(kAnother);
  owners_->hears_not(kSlot, kAnother);
  EXPECT_FALSE(hears(kAnother, 2)) << "it said so before it said that the slot is not its own";
  EXPECT_EQ(go_on(true), std::vector<Slot>{});
  EXPECT_EQ(owners_->take_to_ask(), Members{});
  now_.steady_ms += kStartupGraceMs;
  EXPECT_EQ(go_on(true), std::vector<Slot>{});
  EXPECT_EQ(owners_->take_to_ask(), Members{kAnother});
  now_.steady_ms += kStartupGraceMs;
  EXPECT_EQ(go_on(true), std::vector<Slot>{});
  EXPECT_EQ(owners_->take_to_ask(), Members{}) << "it has not answered yet";
  owners_->asks(kAnother);
  owners_->answered(kAnother);
  EXPECT_EQ(go_on(true), std::vector<Slot>{kSlot});
}

TEST_F(Start, AGrantIsNotServedWhileAnotherBeginsWithTheSlot) {
  begin_with({});
  owners_->answered(kAnother);
  EXPECT_EQ(go_on(true), std::vector<Slot>{});
  EXPECT_FALSE(hears(kThird, 2)) << "who gives it";
  EXPECT_FALSE(hears(kAnother, 1, 0, true));
  title_ = owner_at(3);
  EXPECT_TRUE(owners_->gets(kSlot, kThird, {3}));
  EXPECT_TRUE(owners_->begins(kSlot));
  EXPECT_EQ(go_on(true), std::vector<Slot>{});
  owners_->hears_not(kSlot, kAnother);
  EXPECT_EQ(go_on(true), std::vector<Slot>{kSlot});
  owners_->loses(kSlot, title_);
  EXPECT_TRUE(owners_->lost(kSlot, title_));
  EXPECT_FALSE(owners_->gets(kSlot, kThird, {5})) << "nobody else says that it is its own";
}

TEST_F(Start, ASlotThatAClaimBeginsEmptyIsServedLaterAndGoesToWhoeverHasMoreOfItUntilThen) {
  begin_with({});
  owners_->answered(kAnother);
  ASSERT_EQ(go_on(true), std::vector<Slot>{});
  owners_->claims(kSlot, now_);
  title_ = owner_at(100);
  EXPECT_TRUE(owners_->gets(kSlot, 0xffff, {100}));
  EXPECT_EQ(go_on(true), std::vector<Slot>{});
  EXPECT_TRUE(hears(kAnother, 101)) << "he has claimed it, too, with all that there is of it";
  owners_->hears_not(kSlot, kAnother);
  now_.steady_ms += kClaimWaitMs;
  EXPECT_EQ(go_on(true), std::vector<Slot>{kSlot});
  EXPECT_FALSE(owners_->gets(kSlot, kAnother, {102})) << "it is over";
}

TEST_F(Start, ASlotOfALifeThatTheDiskHasForgottenIsNamedUntilSomebodyHoldsIt) {
  begin_with(owner_at(3, 1));
  EXPECT_TRUE(owners_->hears_of(kSlot, kMyself, {5}, title_)) << "it was given back to this node";
  EXPECT_EQ(owners_->forgotten().at(kSlot), Term{5});
  EXPECT_FALSE(owners_->hears_of(kSlot, kAnother, {4}, {})) << "an earlier holder changes nothing";
  EXPECT_EQ(owners_->forgotten().size(), 1U);
  EXPECT_FALSE(owners_->hears(kSlot, kAnother, {.term = {6}}, {}, now_));
  EXPECT_TRUE(owners_->forgotten().empty()) << "somebody has it";
}

TEST_F(Start, ASlotWhoseGrantIsOnItsWayIsNotForgotten) {
  begin_with({});
  const SlotTitle promise = promised({}, {.from = kAnother, .term = {4, 1}, .migration = kTry, .bytes = 9});
  EXPECT_FALSE(owners_->hears_of(kSlot, kMyself, {5}, promise));
  EXPECT_TRUE(owners_->forgotten().empty());
  EXPECT_FALSE(owners_->hears_of(kSlot, kMyself, {6}, promise));
  EXPECT_EQ(owners_->forgotten().size(), 1U);
}

TEST_F(Start, OfTwoThatServedApartTheNameDecidesAtEqualTerms) {
  begin_with(owner_at(3, 1));
  serve();
  EXPECT_FALSE(hears(kAnother, 3, 1)) << "n1 comes before n2";
  EXPECT_TRUE(hears(kAnother, 3, 2));
  EXPECT_FALSE(hears(kAnother, 3, 2, true)) << "a start gives way itself";
}

}  // namespace
}  // namespace limpet::handoff
