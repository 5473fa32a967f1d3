// A follower takes what its slot's owner says, refuses what does not fit, and confirms what its disk has.
#include <gtest/gtest.h>

#include <limpet/replica/copies.hpp>
#include <limpet/store/change.hpp>
#include <string>
#include <vector>

#include "keeper.hpp"

namespace limpet::replica {
namespace {

using Kind = Entry::Kind;
using Said = CopyState::Kind;

constexpr Sender kOwner{.node = 1, .shard = 0};
constexpr Sender kOtherNode{.node = 2, .shard = 0};
constexpr Term kTerm{5, 0};
constexpr LastChange kLast{{5, 0}, 30, 9};

class CopiesTest : public testing::Test {
 protected:
  CopiesTest() { copies_->safe(kEndOfAll); }

  static std::string effects(const std::string& value) {
    Bytes bytes;
    store::EffectWriter writer;
    writer.begin(bytes);
    writer.put_string("{u}", value, kNoExpiry);
    return std::string(bytes.view());
  }
  bool send(const std::vector<Entry>& entries, const Sender& from = kOwner, std::uint64_t stream = 7) {
    Bytes bytes;
    for (const Entry& entry : entries) append_entry(bytes, entry);
    std::uint64_t& at = at_[{from, stream}];
    const std::uint64_t begin = std::exchange(at, at + bytes.size());
    return copies_->take(from, {.boot = boot_, .id = stream}, begin, bytes.view());
  }
  // What is said next, to whomever.
  Followed said() {
    const auto next = copies_->next_followed();
    return next ? next->second : Followed{};
  }
  // The copy has one change.
  void become_whole() {
    const std::string value = effects("a");
    ASSERT_TRUE(send({{.kind = Kind::ask, .slot = slot_, .term = kTerm},
                      {.kind = Kind::begin, .slot = slot_, .term = kTerm},
                      {.kind = Kind::run, .slot = slot_, .effects = value},
                      {.kind = Kind::whole, .slot = slot_, .last = kLast}}));
    (void)said();
  }
  std::string value() {
    return std::string(keeper_.store().find(KeyRef::of("{u}"), TestKeeper::kNow).string());
  }
  bool change(std::uint64_t number, const std::string& value) {
    const std::string bytes = effects(value);
    return send({{.kind = Kind::change, .slot = slot_, .number = number, .effects = bytes}});
  }

  std::uint64_t boot_ = 1;  // of whoever sends
  const Slot slot_ = KeyRef::of("{u}").slot;
  TestKeeper keeper_;
  std::optional<Copies> copies_{std::in_place, keeper_, 0U, 1U};
  std::map<std::pair<Sender, std::uint64_t>, std::uint64_t> at_;
};

TEST_F(CopiesTest, TakeACopyAndTheChangesBehindIt) {
  become_whole();
  EXPECT_EQ(keeper_.last(slot_), kLast);
  EXPECT_TRUE(change(31, "b"));
  EXPECT_EQ(value(), "b");
  EXPECT_EQ(keeper_.last(slot_), (LastChange{{5, 0}, 31, 9}));
  EXPECT_EQ(copies_->state(slot_), Copies::State::whole);
}

TEST_F(CopiesTest, SayWhatIsThere) {
  become_whole();
  copies_.emplace(keeper_, 0U, 1U);
  copies_->safe(kEndOfAll);
  copies_->loaded(slot_);
  send({{.kind = Kind::ask, .slot = slot_, .term = kTerm}}, kOwner, 8);
  const Followed followed = said();
  ASSERT_EQ(followed.states.size(), 1U);
  EXPECT_EQ(followed.states[0].kind, Said::has);
  EXPECT_EQ(followed.states[0].last, kLast);
  send({{.kind = Kind::from, .slot = slot_, .last = kLast}}, kOwner, 8);
  const std::string bytes = effects("b");
  EXPECT_TRUE(send({{.kind = Kind::change, .slot = slot_, .number = 31, .effects = bytes}}, kOwner, 8));
  EXPECT_EQ(value(), "b");
}

TEST_F(CopiesTest, ConfirmWhatTheDiskHas) {
  copies_->safe(0);
  become_whole();
  EXPECT_EQ(said().confirmed, 0U);
  copies_->safe(keeper_.end());
  const Followed followed = said();
  EXPECT_EQ(followed.confirmed, followed.taken);
  EXPECT_GT(followed.taken, 0U);
}

TEST_F(CopiesTest, WhatMakesRoomIsTakenThoughThereIsNone) {
  become_whole();
  keeper_.set_full(true);
  Bytes bytes;
  store::EffectWriter effects;
  effects.begin(bytes);
  effects.erase("{u}");
  send({{.kind = Kind::change, .slot = slot_, .number = 31, .effects = bytes.view()}});
  EXPECT_EQ(keeper_.store().keys_in(slot_), 0U);
  EXPECT_EQ(copies_->state(slot_), Copies::State::whole);
}

// Replies wait for it at the owner, who may never hear of what was wrong.
TEST_F(CopiesTest, ConfirmNothingBehindWhatAWholeCopyCannotTake) {
  for (const bool full : {false, true}) {
    become_whole();
    const std::uint64_t taken = said().taken;
    keeper_.set_full(full);
    EXPECT_TRUE(change(full ? 31 : 32, "b"));
    EXPECT_EQ(value(), "a");
    const Followed followed = said();
    ASSERT_EQ(followed.states.size(), 1U);
    EXPECT_EQ(followed.states[0].kind, full ? Said::full : Said::broken);
    keeper_.set_full(false);
    EXPECT_TRUE(change(31, "b"));
    EXPECT_EQ(value(), "a");
    EXPECT_LE(said().confirmed, std::max(taken, followed.confirmed));
    copies_.emplace(keeper_, 0U, 1U);
    copies_->safe(kEndOfAll);
    at_.clear();
  }
}

TEST_F(CopiesTest, AreWorthNothingOnceAnEffectIsNotKnown) {
  become_whole();
  EXPECT_TRUE(send({{.kind = Kind::change, .slot = slot_, .number = 31, .effects = "\x1f?"}}));
  EXPECT_EQ(keeper_.last(slot_).term, Term{});
  EXPECT_EQ(said().states.at(0).kind, Said::broken);
}

TEST_F(CopiesTest, OfASlotThatIsItsOwnAreRefused) {
  keeper_.set_owned(slot_);
  send({{.kind = Kind::ask, .slot = slot_, .term = kTerm}});
  EXPECT_EQ(said().states.at(0).kind, Said::refused);
  EXPECT_EQ(copies_->state(slot_), Copies::State::none);
}

TEST_F(CopiesTest, AreTakenFromWhoeverOwnsTheSlotAtTheLaterTerm) {
  become_whole();
  const std::vector<Entry> anew{{.kind = Kind::ask, .slot = slot_, .term = {4, 3}},
                                {.kind = Kind::begin, .slot = slot_, .term = {4, 3}}};
  send(anew, kOtherNode, 3);
  EXPECT_EQ(said().states.at(0).kind, Said::refused);
  EXPECT_EQ(value(), "a") << "whoever owned it before wipes nothing";
  send({{.kind = Kind::ask, .slot = slot_, .term = {6, 0}}}, kOtherNode, 3);
  const Followed before = said();
  EXPECT_EQ(before.stream, 7U);
  EXPECT_EQ(before.states.at(0).kind, Said::refused);
  EXPECT_EQ(said().states.at(0).kind, Said::has);
  change(31, "b");
  EXPECT_EQ(value(), "a") << "who has lost it is heard no more";
  copies_->say_again(kOwner.node);
  EXPECT_EQ(said().confirmed, before.confirmed) << "nor is anything confirmed to it";
  send({{.kind = Kind::from, .slot = slot_, .last = {{6, 0}, 30, 12}}}, kOtherNode, 3);
  const std::string bytes = effects("c");
  send({{.kind = Kind::change, .slot = slot_, .number = 31, .effects = bytes}}, kOtherNode, 3);
  EXPECT_EQ(value(), "c");
}

TEST_F(CopiesTest, AStreamThatHasEndedStaysSo) {
  become_whole();
  const Slot half = static_cast<Slot>(slot_ + 1);
  send(
      {{.kind = Kind::ask, .slot = half, .term = kTerm}, {.kind = Kind::begin, .slot = half, .term = kTerm}});
  const std::uint64_t confirmed = said().confirmed;
  copies_->forget(slot_);
  copies_->forget(half);
  send({{.kind = Kind::ask, .slot = half, .term = kTerm}});
  EXPECT_EQ(said().confirmed, confirmed);
}

TEST_F(CopiesTest, ASlotThatAnotherOwnsEndsTheStreamOfTheOneBeforeOnlyWithWhatItSendsOfIt) {
  for (const bool drops : {true, false}) {
    become_whole();
    send({{.kind = Kind::ask, .slot = slot_, .term = {kTerm.cessions + 1, 0}}}, kOtherNode, 9);
    while (copies_->next_followed()) {
    }
    if (drops) send({{.kind = Kind::drop, .slot = slot_}});
    EXPECT_TRUE(drops || change(31, "b"));
    const Followed confirmed = said();
    send({{.kind = Kind::ask, .slot = static_cast<Slot>(slot_ + 1), .term = kTerm}});
    EXPECT_EQ(said().confirmed > confirmed.confirmed, drops);
    copies_.emplace(keeper_, 0U, 1U);
    copies_->safe(kEndOfAll);
    at_.clear();
  }
}

TEST_F(CopiesTest, OfAnEarlierStreamAreNotTaken) {
  become_whole();
  EXPECT_TRUE(send({{.kind = Kind::ask, .slot = slot_, .term = kTerm}}, kOwner, 8));
  EXPECT_TRUE(change(31, "b")) << "of one that has ended, and no fault";
  EXPECT_EQ(value(), "a");
}

TEST_F(CopiesTest, AreSaidAgainWhereWhatWasSaidMayBeLost) {
  send({{.kind = Kind::ask, .slot = slot_, .term = kTerm}});
  EXPECT_EQ(said().states.size(), 1U);
  EXPECT_FALSE(copies_->next_followed());
  copies_->say_again(kOtherNode.node);
  EXPECT_FALSE(copies_->next_followed());
  copies_->say_again(kOwner.node);
  EXPECT_EQ(said().states.size(), 1U);
  send({{.kind = Kind::from, .slot = slot_}});
  (void)said();
  copies_->say_again(kOwner.node);
  EXPECT_EQ(said().states.size(), 0U) << "its owner has heard it";
}

TEST_F(CopiesTest, AreNotAnsweredForBeforeTheyAreLoaded) {
  keeper_.set_loading(true);
  send({{.kind = Kind::ask, .slot = slot_, .term = kTerm}});
  EXPECT_EQ(said().states.size(), 0U);
  keeper_.set_loading(false);
  copies_->loaded(slot_);
  EXPECT_EQ(said().states.size(), 1U);
}

TEST_F(CopiesTest, AStreamThatMakesNoSenseIsRefusedAndOneWithAGapEnds) {
  EXPECT_FALSE(copies_->take(kOwner, {boot_, 7}, 0, "\xff\xff\xff"));
  EXPECT_TRUE(copies_->take(kOwner, {boot_, 7}, 3, "x")) << "it has ended";
  Copies odd(keeper_, 1, 2);
  Bytes bytes;
  append_entry(bytes, {.kind = Kind::ask, .slot = 4, .term = kTerm});
  EXPECT_FALSE(odd.take(kOwner, {boot_, 7}, 0, bytes.view())) << "the slot is another shard's";
  EXPECT_TRUE(copies_->take(kOtherNode, {boot_, 3}, 100, bytes.view()));
  EXPECT_EQ(copies_->state(4), Copies::State::none);
}

// A node that has lost its disk counts its starts anew, and so its streams.
TEST_F(CopiesTest, AreTakenFromAnotherStartOfTheirOwnerWhateverItsStreamsAreCalled) {
  become_whole();
  boot_ = 2;
  ASSERT_TRUE(send({{.kind = Kind::ask, .slot = slot_, .term = kTerm}}, kOwner, 3));
  EXPECT_EQ(said().states.size(), 1U);
  EXPECT_EQ(copies_->state(slot_), Copies::State::asked);
  boot_ = 1;
  ASSERT_TRUE(change(2, "late"));
  ASSERT_TRUE(send({{.kind = Kind::begin, .slot = slot_, .term = kTerm}}, kOwner, 9))
      << "of the start before";
  EXPECT_EQ(copies_->state(slot_), Copies::State::asked);
  EXPECT_EQ(value(), "a");
}

}  // namespace
}  // namespace limpet::replica
