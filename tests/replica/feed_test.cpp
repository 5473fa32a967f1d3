// What a feed makes of what its follower says it has.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/replica/entry.hpp>
#include <limpet/replica/feed.hpp>
#include <limpet/store/store.hpp>
#include <string>
#include <vector>

namespace limpet::replica {
namespace {

using Kind = Entry::Kind;
using State = Feed::State;

constexpr std::int64_t kNow = 1'800'000'000'000;
constexpr LastChange kOwn{{5, 0}, 30, 9};

class Feeding : public testing::Test, public OwnSlots {
 protected:
  Feeding() {
    store_.put_string(KeyRef::of("{u}"), "value", store::Expiry::none(), kNow);
    feed_.follow(slot_);
    feed_.begin(1);
    (void)sent();
  }

  [[nodiscard]] Term term(Slot) const override { return {5, 0}; }
  [[nodiscard]] LastChange last(Slot) const override { return version_.last; }
  [[nodiscard]] journal::SlotVersion version(Slot) const override { return version_; }

  void change(const std::string& effects = "x") {
    ++version_.last.number;
    end_ += 100;
    log_.add({.slot = slot_, .made = version_.last, .end = end_, .effects = effects});
  }
  bool says(CopyState::Kind kind, const LastChange& last = {}) {
    return feed_.heard({.stream = 1, .taken = bytes_, .confirmed = bytes_, .states = {{slot_, kind, last}}});
  }
  void confirm() {
    EXPECT_TRUE(feed_.heard({.stream = 1, .taken = bytes_, .confirmed = bytes_, .states = {}}));
  }
  // The entries that have been sent since the last call; of changes their numbers.
  std::vector<std::pair<Kind, std::uint64_t>> sent() {
    while (const auto piece = feed_.next_piece()) {
      EXPECT_EQ(piece->at, bytes_);
      bytes_ += piece->bytes.size();
      stream_.append(piece->bytes);
    }
    std::vector<std::pair<Kind, std::uint64_t>> entries;
    for (EntryStep step = next_entry(stream_.view()); step.kind == EntryStep::Kind::entry;
         step = next_entry(stream_.view())) {
      entries.emplace_back(step.entry.kind, step.entry.number);
      stream_.consume(step.consumed);
    }
    return entries;
  }

  using Sent = std::vector<std::pair<Kind, std::uint64_t>>;
  const Slot slot_ = KeyRef::of("{u}").slot;
  store::Store store_{3};
  store::CopyScope copying_{store_};
  ChangeLog log_{std::size_t{64} << 20};
  journal::SlotVersion version_{.last = kOwn, .cessions = 5, .ends = {{{3, 0}, 20, 4}}};
  Lsn end_ = 0;
  Feed feed_{log_, *this, 0, 1};
  std::uint64_t bytes_ = 0;
  Bytes stream_;
};

class Parted : public Feeding {};

TEST_F(Parted, ACopyWithOtherChangesIsLeftAsItIs) {
  for (const LastChange& last :
       {LastChange{{5, 0}, 31, 9}, LastChange{{5, 0}, 30, 8}, LastChange{{3, 0}, 21, 4}}) {
    EXPECT_TRUE(says(CopyState::Kind::has, last));
    EXPECT_EQ(feed_.state(slot_), State::parted);
    EXPECT_FALSE(feed_.can_copy());
    feed_.ask_again();
    EXPECT_EQ(feed_.state(slot_), State::asked);
    (void)sent();
  }
}

TEST_F(Parted, OneThatIsOlderThanAllOfTheHistoryIsCopiedAnew) {
  for (const LastChange& last : {LastChange{}, LastChange{{2, 0}, 50, 3}, LastChange{{}, 7, 77}}) {
    EXPECT_TRUE(says(CopyState::Kind::has, last));
    EXPECT_EQ(feed_.state(slot_), State::waiting);
    feed_.unfollow(slot_);
    feed_.follow(slot_);
    (void)sent();
  }
}

TEST_F(Feeding, TheAnswerToAnEarlierQuestionIsNone) {
  const std::uint64_t heard = bytes_;
  feed_.unfollow(slot_);
  feed_.spare(slot_);
  feed_.follow(slot_);
  EXPECT_EQ(sent(), (Sent{{Kind::drop, 0}, {Kind::spare, 0}, {Kind::ask, 0}}));
  EXPECT_TRUE(feed_.heard(
      {.stream = 1, .taken = heard, .confirmed = heard, .states = {{slot_, CopyState::Kind::has, kOwn}}}));
  EXPECT_EQ(feed_.state(slot_), State::asked) << "what it had then is gone";
  EXPECT_TRUE(says(CopyState::Kind::has, LastChange{}));
  EXPECT_EQ(feed_.state(slot_), State::waiting);
}

TEST_F(Feeding, WhoHasAllFollows) {
  EXPECT_TRUE(says(CopyState::Kind::has, kOwn));
  EXPECT_EQ(sent(), (Sent{{Kind::from, 0}}));
  EXPECT_TRUE(feed_.take_joined().empty()) << "it has not said that it has heard it";
  confirm();
  EXPECT_EQ(feed_.take_joined(), std::vector<Slot>{slot_});
  change();
  feed_.go_on(kFollowStepBytes);
  EXPECT_EQ(sent(), (Sent{{Kind::from, 0}, {Kind::change, 31}}));
  EXPECT_EQ(feed_.confirmed(), 0U);
  confirm();
  EXPECT_EQ(feed_.confirmed(), 100U);
}

TEST_F(Feeding, WhoHasSomeGetsTheChangesSince) {
  for (int i = 0; i < 5; ++i) change();
  EXPECT_TRUE(says(CopyState::Kind::has, {{5, 0}, 33, 9}));
  EXPECT_EQ(feed_.state(slot_), State::replayed);
  feed_.go_on(kFollowStepBytes);
  EXPECT_EQ(feed_.state(slot_), State::following);
  EXPECT_EQ(sent(), (Sent{{Kind::from, 0}, {Kind::change, 34}, {Kind::change, 35}}));
}

TEST_F(Feeding, WhatTheLogDoesNotHaveIsCopied) {
  change();
  EXPECT_TRUE(says(CopyState::Kind::has, {{3, 0}, 20, 4}));
  EXPECT_EQ(feed_.state(slot_), State::waiting);
  feed_.go_on(kFollowStepBytes);
  EXPECT_TRUE(feed_.can_copy());
  feed_.copy_on(store_, 1);
  feed_.copy_on(store_, kFollowStepBytes);
  EXPECT_EQ(feed_.state(slot_), State::following);
  const Sent entries = sent();
  ASSERT_GE(entries.size(), 3U);
  EXPECT_EQ(entries.front().first, Kind::begin);
  EXPECT_EQ(entries.back().first, Kind::whole);
}

TEST_F(Feeding, WhatChangesWhileItIsCopiedGoesOutInBetween) {
  for (int i = 0; i < 200; ++i) {
    const std::string key = "{u}" + std::to_string(i);
    store_.put_string(KeyRef::of(key), std::string(2'000, 'v'), store::Expiry::none(), kNow);
  }
  EXPECT_TRUE(says(CopyState::Kind::has, {}));
  feed_.copy_on(store_, 1);
  ASSERT_EQ(feed_.state(slot_), State::copied);
  EXPECT_EQ(sent().front().first, Kind::begin);
  change();
  EXPECT_FALSE(feed_.can_copy()) << "what has changed goes first";
  feed_.go_on(kFollowStepBytes);
  EXPECT_EQ(sent(), (Sent{{Kind::from, 0}, {Kind::change, 31}}));
  while (feed_.can_copy()) feed_.copy_on(store_, kFollowStepBytes);
  EXPECT_EQ(sent().back().first, Kind::whole);
  change();
  feed_.go_on(kFollowStepBytes);
  EXPECT_EQ(sent(), (Sent{{Kind::change, 32}}));
}

TEST_F(Feeding, NoMoreIsMadeThanThereIsCreditFor) {
  EXPECT_TRUE(says(CopyState::Kind::has, kOwn));
  (void)sent();
  confirm();
  for (int i = 0; i < 12; ++i) change(std::string(1'000'000, 'v'));
  for (int i = 0; i < 100 && feed_.can_go_on(); ++i) feed_.go_on(kFollowStepBytes);
  EXPECT_LE(sent().size(), 6U);
  EXPECT_FALSE(feed_.can_go_on());
  confirm();
  EXPECT_TRUE(feed_.can_go_on());
}

TEST_F(Feeding, WhatIsWrongWithACopyThatCountsEndsTheStream) {
  EXPECT_TRUE(says(CopyState::Kind::has, kOwn));
  (void)sent();
  confirm();
  (void)feed_.take_joined();
  EXPECT_TRUE(says(CopyState::Kind::full));
  EXPECT_FALSE(feed_.awaits());
  EXPECT_EQ(feed_.take_left(), std::vector<Slot>{slot_});
  EXPECT_EQ(feed_.take_troubles().wrong, CopyState::Kind::full);
}

TEST_F(Feeding, WhatHadNoRoomAsItsChangesCameIsCopied) {
  change();
  EXPECT_TRUE(says(CopyState::Kind::has, kOwn));
  EXPECT_EQ(feed_.state(slot_), State::replayed);
  EXPECT_TRUE(says(CopyState::Kind::full));
  bytes_ = 0;
  stream_.clear();
  feed_.begin(2);
  (void)sent();
  EXPECT_TRUE(feed_.heard(
      {.stream = 2, .taken = bytes_, .confirmed = bytes_, .states = {{slot_, CopyState::Kind::has, kOwn}}}));
  EXPECT_EQ(feed_.state(slot_), State::waiting);
}

TEST_F(Feeding, WhatIsRefusedIsAskedForAgain) {
  EXPECT_TRUE(says(CopyState::Kind::refused));
  EXPECT_EQ(feed_.state(slot_), State::left);
  feed_.ask_again();
  EXPECT_EQ(sent(), (Sent{{Kind::ask, 0}}));
}

TEST_F(Feeding, WhoIsTooFarBehindIsLostAndMayStillBeLeft) {
  EXPECT_TRUE(says(CopyState::Kind::has, kOwn));
  (void)sent();
  confirm();
  log_.set_bytes_max(1'000);
  for (int i = 0; i < 10; ++i) change(std::string(300'000, 'v'));
  EXPECT_TRUE(feed_.is_lost());
  feed_.go_on(kFollowStepBytes);
  feed_.unfollow(slot_);
  EXPECT_EQ(feed_.confirmed(), 0U);
}

TEST_F(Feeding, ASlotOfAnotherShardIsNothingThatItHasBeenAskedFor) {
  Feed odd(log_, *this, 1, 2);
  odd.begin(1);
  EXPECT_TRUE(odd.heard({.stream = 1, .states = {{5, CopyState::Kind::refused, {}}}}));
  EXPECT_FALSE(odd.heard({.stream = 1, .states = {{4, CopyState::Kind::refused, {}}}}));
}

TEST_F(Feeding, NobodyHasTakenWhatWasNotSent) {
  EXPECT_FALSE(feed_.heard({.stream = 1, .taken = bytes_ + 1, .confirmed = 0, .states = {}}));
  EXPECT_TRUE(feed_.heard({.stream = 0, .taken = bytes_ + 1, .confirmed = 0, .states = {}}))
      << "of a stream that has ended";
}

}  // namespace
}  // namespace limpet::replica
