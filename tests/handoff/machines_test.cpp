// What each machine does for itself: bounds, waiting, and what it takes for an answer.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/handoff/source.hpp>
#include <limpet/handoff/sync_time.hpp>
#include <limpet/handoff/target.hpp>
#include <string>
#include <vector>

#include "samples.hpp"

namespace limpet::handoff {
namespace {

constexpr Term kTerm{5, 2};
constexpr std::uint64_t kEpoch = 9;

std::string effects_of(const std::string& key, const std::string& value) {
  Bytes bytes;
  store::EffectWriter writer;
  writer.begin(bytes);
  writer.put_string(key, value, kNoExpiry);
  return std::string(bytes.view());
}

class Machines : public ::testing::Test {
 protected:
  Machines() : slot_(slot_of("{u}")), source_(slot_, 1, kTry, kTerm, kEpoch, now_, kQuick) {}

  void fill(int keys, std::size_t bytes) {
    for (int i = 0; i < keys; ++i) {
      from_.put_string(KeyRef::of("k" + std::to_string(i) + "{u}"), std::string(bytes, 'v'),
                       store::Expiry::none(), now_.unix_ms);
    }
  }
  static Message answer(Kind kind, std::uint64_t number = 0) {
    return {.kind = kind, .migration = kTry, .term = kTerm, .number = number};
  }
  void begin() {
    ASSERT_EQ(source_.next(now_)->kind, Kind::begin);
    source_.heard(answer(Kind::ready), now_);
    ASSERT_EQ(source_.state(), Source::State::copying);
  }
  // It is known that the other node's disk is quick: nothing has to be there before the freeze.
  static constexpr std::uint64_t kQuick = 1;
  // Sends what the source says to the target, and brings back the answers, until neither has anything to say.
  void talk() {
    for (bool more = true; more;) {
      more = false;
      source_.copy_on(from_, now_);
      while (const std::optional<Message> message = source_.next(now_)) {
        more = true;
        if (message->kind == Kind::begin) {
          target_.emplace(slot_, 0, message->migration, message->term, now_);
        }
        if (const auto reply = target_->heard(*message, title_, to_, now_)) source_.heard(*reply, now_);
        if (target_->settles()) source_.heard(target_->settled(kQuick), now_);
      }
    }
  }
  // Has the target write its title.
  void write() {
    ASSERT_TRUE(target_->title());
    title_ = *target_->title();
    source_.heard(target_->written(), now_);
  }

  Now now_{.steady_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  Slot slot_;
  store::Store from_{1};
  store::CopyScope copying_{from_};
  store::Store to_{2};
  Source source_;
  std::optional<Target> target_;
  SlotTitle title_;
};

TEST_F(Machines, ASlotGoesOverWithAllItsKeysAndItsTitle) {
  fill(1'000, 100);
  from_.put_field(KeyRef::of("h{u}"), "field", "value", now_.unix_ms);
  talk();
  EXPECT_TRUE(source_.frozen());
  write();
  ASSERT_EQ(source_.state(), Source::State::ceding);
  const SlotTitle given = source_.title();
  EXPECT_EQ(given.title.kind, Title::Kind::ceded);
  EXPECT_EQ(given.title.term, after_cession(kTerm));
  source_.written(now_);
  talk();
  write();
  EXPECT_EQ(source_.state(), Source::State::done);
  EXPECT_EQ(target_->state(), Target::State::done);
  EXPECT_TRUE(owns(title_));
  EXPECT_EQ(title_.title.term, after_cession(kTerm));
  EXPECT_EQ(to_.keys_in(slot_), 1'001U);
  EXPECT_EQ(to_.find(KeyRef::of("k999{u}"), now_.unix_ms).string(), std::string(100, 'v'));
}

TEST_F(Machines, NoMoreIsUnderWayThanTheWindowHolds) {
  fill(10'000, 100);
  begin();
  std::uint64_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    source_.copy_on(from_, now_);
    while (const auto message = source_.next(now_)) sent += message->rest.size();
  }
  EXPECT_GE(sent, kHandoffWindowBytes);
  EXPECT_LT(sent, kHandoffWindowBytes + kHandoffPieceBytes);
  EXPECT_LT(source_.bytes(), kHandoffWindowBytes + 2 * kHandoffAheadBytes) << "nor is more copied";
  source_.heard(answer(Kind::taken, sent / 2), now_);
  EXPECT_EQ(source_.next(now_)->kind, Kind::piece);
}

TEST_F(Machines, WhatIsChangedMeanwhileFollowsInItsPlace) {
  fill(10'000, 100);
  begin();
  source_.copy_on(from_, now_);
  // The source hears of what is in the store by now, as its shard would see to.
  from_.put_string(KeyRef::of("k1{u}"), "new", store::Expiry::none(), now_.unix_ms);
  source_.changed(effects_of("k1{u}", "new"));
  target_.emplace(slot_, 0, kTry, kTerm, now_);
  talk();
  write();
  EXPECT_EQ(source_.state(), Source::State::ceding);
  EXPECT_EQ(to_.find(KeyRef::of("k1{u}"), now_.unix_ms).string(), "new");
}

TEST_F(Machines, ASlotIsFrozenOnlyOnceLittleIsLeft) {
  fill(2'000, 100);
  begin();
  source_.copy_on(from_, now_);
  source_.changed(effects_of("k1{u}", std::string(3 * kHandoffFreezeBytes, 'n')));
  // The copy waits until what stands before it has gone.
  source_.copy_on(from_, now_);
  EXPECT_TRUE(source_.copies());
  for (int i = 0; i < 100 && !source_.frozen(); ++i) {
    const auto message = source_.next(now_);
    ASSERT_TRUE(message);
    if (message->kind == Kind::settle) {
      source_.heard(answer(Kind::settled), now_);
      continue;
    }
    const std::uint64_t sent = message->number + message->rest.size();
    source_.copy_on(from_, now_);
    EXPECT_FALSE(source_.frozen() && source_.bytes() - sent > kHandoffFreezeBytes);
    source_.heard(answer(Kind::taken, sent), now_);
  }
  EXPECT_TRUE(source_.frozen());
  EXPECT_FALSE(source_.copies());
}

// As of values: a run is applied as a whole, and what is copied ahead is kept in memory.
TEST_F(Machines, AHashOfFewLargeFieldsIsCutByBytes) {
  constexpr int kFields = 30;
  const std::string large(4 * kHandoffAheadBytes, 'v');
  for (int i = 0; i < kFields; ++i) {
    from_.put_field(KeyRef::of("h{u}"), "f" + std::to_string(i), large, now_.unix_ms);
  }
  begin();
  source_.copy_on(from_, now_);
  EXPECT_LE(source_.bytes(), kHandoffAheadBytes + large.size() + 100)
      << "one field more than there is room for";
  target_.emplace(slot_, 0, kTry, kTerm, now_);
  talk();
  ASSERT_TRUE(source_.frozen());
  const store::Item hash = to_.peek(KeyRef::of("h{u}"), now_.unix_ms);
  ASSERT_EQ(hash.fields(), static_cast<std::size_t>(kFields));
  std::string_view value;
  ASSERT_TRUE(hash.field("f17", value));
  EXPECT_EQ(value, large);
}

TEST_F(Machines, ALongNameIsNotRepeatedWithEachPieceOfItsValue) {
  const std::string name = "{u}" + std::string(20 * kCopyPieceBytes, 'n');
  from_.put_string(KeyRef::of(name), std::string(40 * kCopyPieceBytes, 'v'), store::Expiry::none(),
                   now_.unix_ms);
  talk();
  ASSERT_TRUE(source_.frozen());
  EXPECT_LE(source_.bytes(), 4 * (name.size() + 40 * kCopyPieceBytes));
  EXPECT_EQ(to_.peek(KeyRef::of(name), now_.unix_ms).string().size(), 40 * kCopyPieceBytes);
}

// The longest that there is: a name, a field's name and its value of 32 MiB each, by way of RENAME.
TEST_F(Machines, TheLargestFieldThatThereCanBeGoesOver) {
  const std::string name = "{u}" + std::string(kBulkBytesMax - 3, 'n');
  const std::string field(kBulkBytesMax, 'f');
  const std::string value(kBulkBytesMax, 'v');
  from_.put_field(KeyRef::of(name), field, value, now_.unix_ms);
  talk();
  ASSERT_TRUE(source_.frozen()) << source_.why();
  std::string_view there;
  ASSERT_TRUE(to_.peek(KeyRef::of(name), now_.unix_ms).field(field, there));
  EXPECT_EQ(there, value);
}

TEST_F(Machines, CommandsWaitWhileMuchOfWhatTheyChangeIsNotSent) {
  fill(2'000, 100);
  begin();
  source_.copy_on(from_, now_);
  const std::string large = effects_of("k{u}", std::string(1 << 20, 'v'));
  for (std::size_t bytes = 0; bytes <= kHandoffHoldBytes; bytes += large.size()) source_.changed(large);
  EXPECT_TRUE(source_.behind());
  while (source_.behind()) {
    const auto message = source_.next(now_);
    ASSERT_TRUE(message);
    source_.heard(answer(Kind::taken, message->number + message->rest.size()), now_);
  }
  EXPECT_EQ(source_.state(), Source::State::copying);
  EXPECT_LT(source_.bytes(), 2 * kHandoffHoldBytes);
}

TEST_F(Machines, WhatConcernsTheSlotAloneIsToldFromWhatConcernsItsNode) {
  Message refused = answer(Kind::refused);
  Source first(slot_, 1, kTry, kTerm, kEpoch, now_);
  first.heard(refused, now_);
  EXPECT_FALSE(first.of_the_slot());
  refused.number = kOfTheSlot;
  Source second(slot_, 1, kTry, kTerm, kEpoch, now_);
  second.heard(refused, now_);
  EXPECT_TRUE(second.of_the_slot());
  Target target(slot_, 0, kTry, kTerm, now_);
  Message piece = answer(Kind::piece, 5);
  piece.rest = "later";
  EXPECT_EQ(target.heard(piece, {}, to_, now_)->number, kOfTheSlot);
}

TEST_F(Machines, WhatIsChangedBeforeTheCopyHasBegunIsInIt) {
  fill(10, 10);
  begin();
  source_.changed(effects_of("k1{u}", "of no use"));
  EXPECT_EQ(source_.bytes(), 0U);
  EXPECT_FALSE(source_.next(now_));
  source_.copy_on(from_, now_);
  EXPECT_FALSE(source_.copies());
}

TEST_F(Machines, ASlotIsNotFrozenBeforeItsCopyIsThere) {
  fill(10, 10);
  begin();
  source_.copy_on(from_, now_);
  source_.changed(effects_of("k1{u}", "new"));
  const auto all = source_.next(now_);
  ASSERT_TRUE(all);
  EXPECT_FALSE(source_.frozen());
  source_.heard(answer(Kind::taken, 1), now_);
  EXPECT_FALSE(source_.frozen());
  source_.heard(answer(Kind::taken, all->rest.size()), now_);
  EXPECT_TRUE(source_.frozen());
}

TEST_F(Machines, ChangesThatTheOtherSideCannotKeepUpWithEndTheTry) {
  fill(2'000, 100);
  begin();
  source_.copy_on(from_, now_);
  const std::string large = effects_of("k{u}", std::string(1 << 20, 'v'));
  for (std::size_t bytes = 0; bytes <= kHandoffBehindBytes; bytes += large.size()) source_.changed(large);
  EXPECT_EQ(source_.state(), Source::State::failed);
  EXPECT_NE(source_.why(), "");
}

TEST_F(Machines, RefusalsLostQuestionsAndSilenceEndATryBeforeTheCommit) {
  Message refused = answer(Kind::refused);
  refused.rest = "its view is older";
  Source first(slot_, 1, kTry, kTerm, kEpoch, now_);
  first.heard(refused, now_);
  EXPECT_EQ(first.state(), Source::State::failed);
  EXPECT_EQ(first.why(), "its view is older");

  Source second(slot_, 1, kTry, kTerm, kEpoch, now_);
  second.unheard(Kind::begin, "the link broke", now_);
  EXPECT_EQ(second.why(), "the link broke");

  Source third(slot_, 1, kTry, kTerm, kEpoch, now_);
  Now later = now_;
  later.steady_ms += kHandoffSilenceMs - 1;
  third.tick(later);
  EXPECT_EQ(third.state(), Source::State::asking);
  later.steady_ms += 1;
  third.tick(later);
  EXPECT_EQ(third.state(), Source::State::failed);
}

TEST_F(Machines, AFrozenSlotIsGivenUpInTime) {
  talk();
  ASSERT_TRUE(source_.frozen());
  now_.steady_ms += kHandoffFrozenMs;
  source_.tick(now_);
  EXPECT_EQ(source_.state(), Source::State::failed);
  EXPECT_FALSE(source_.frozen());
}

TEST_F(Machines, OnASlowDiskTheCopyIsThereBeforeTheSlotIsFrozen) {
  fill(100, 100);
  Source source(slot_, 1, kTry, kTerm, kEpoch, now_);  // nobody knows how fast that disk is
  (void)source.next(now_);
  source.heard(answer(Kind::ready), now_);
  source.copy_on(from_, now_);
  const auto piece = source.next(now_);
  source.heard(answer(Kind::taken, piece->rest.size()), now_);
  EXPECT_FALSE(source.frozen());
  EXPECT_EQ(source.next(now_)->kind, Kind::settle);
  EXPECT_FALSE(source.next(now_)) << "once";
  now_.steady_ms += kAskEveryMs;
  EXPECT_EQ(source.next(now_)->kind, Kind::settle) << "and again";
  Message settled = answer(Kind::settled);
  settled.digest = 800;
  source.heard(settled, now_);
  EXPECT_TRUE(source.frozen());
  now_.steady_ms += kHandoffFrozenMs;
  source.tick(now_);
  EXPECT_TRUE(source.frozen()) << "syncs take longer there";
  now_.steady_ms += kHandoffFrozenSyncs * 800;
  source.tick(now_);
  EXPECT_EQ(source.state(), Source::State::failed);
}

TEST_F(Machines, AQuickDiskIsNotAskedForALittleAndIsForMuch) {
  fill(10, 100);
  talk();
  EXPECT_TRUE(source_.frozen()) << "the target has not been asked to settle";
  fill(10, 100'000);
  Source source(slot_, 1, kTry, kTerm, kEpoch, now_, kQuick);
  (void)source.next(now_);
  source.heard(answer(Kind::ready), now_);
  for (int i = 0; i < 1'000 && !source.copied(); ++i) {
    source.copy_on(from_, now_);
    while (const auto piece = source.next(now_)) {
      source.heard(answer(Kind::taken, piece->number + piece->rest.size()), now_);
      ASSERT_EQ(piece->kind == Kind::settle, source.copied() && piece->rest.empty());
    }
  }
  EXPECT_TRUE(source.copied());
  EXPECT_FALSE(source.frozen());
}

TEST_F(Machines, ADiskThatDoesNotSettleEndsTheTryAndNothingWasFrozen) {
  Source source(slot_, 1, kTry, kTerm, kEpoch, now_);
  (void)source.next(now_);
  source.heard(answer(Kind::ready), now_);
  source.copy_on(from_, now_);
  EXPECT_EQ(source.next(now_)->kind, Kind::settle);
  for (int i = 0; i < 100 && source.state() != Source::State::failed; ++i) {
    EXPECT_FALSE(source.frozen());
    now_.steady_ms += kHandoffKeepaliveMs;
    source.heard(answer(Kind::taken), now_);
    source.tick(now_);
  }
  EXPECT_EQ(source.state(), Source::State::failed);
}

TEST_F(Machines, AFrozenSlotThatIsSlowIsAskedAboutAgainSoThatEachQuestionHasItsAnswerSoon) {
  talk();
  ASSERT_TRUE(source_.frozen());
  EXPECT_FALSE(source_.next(now_));
  now_.steady_ms += kAskEveryMs;
  EXPECT_EQ(source_.next(now_)->kind, Kind::finish);
}

TEST(SyncTimeTest, RisesAtOnceAndFallsSlowly) {
  SyncTime time;
  time.took(800);
  EXPECT_EQ(time.expected_ms(), 800);
  time.took(1);
  EXPECT_GT(time.expected_ms(), 600);
  for (int i = 0; i < 100; ++i) time.took(1);
  EXPECT_EQ(time.expected_ms(), 1);
  EXPECT_EQ(frozen_limit_ms(1), kHandoffFrozenMs);
  EXPECT_EQ(frozen_limit_ms(800), 3 * 800);
  EXPECT_EQ(frozen_limit_ms(~std::uint64_t{0}), kHandoffFrozenMaxMs) << "whatever it says";
}

TEST_F(Machines, BehindTheCommitNothingFailsAndTheGrantIsRepeated) {
  fill(10, 10);
  talk();
  write();
  source_.written(now_);
  ASSERT_EQ(source_.next(now_)->kind, Kind::grant);
  EXPECT_FALSE(source_.next(now_));
  source_.unheard(Kind::grant, "the link broke", now_);
  Message refused = answer(Kind::refused);
  source_.heard(refused, now_);
  now_.steady_ms += 10 * kHandoffSilenceMs;
  source_.tick(now_);
  EXPECT_EQ(source_.state(), Source::State::granting);
  EXPECT_EQ(source_.next(now_)->kind, Kind::grant);
}

TEST_F(Machines, AnswersOfOtherTriesAreNotTakenForThisOne) {
  fill(10, 10);
  talk();
  Message old = answer(Kind::prepared, source_.bytes());
  old.migration.attempt = 1;
  source_.heard(old, now_);
  EXPECT_EQ(source_.state(), Source::State::frozen);
  source_.heard(answer(Kind::prepared, source_.bytes() - 1), now_);
  EXPECT_EQ(source_.state(), Source::State::frozen) << "of less than was sent";
}

TEST_F(Machines, AChangeThatIsToldTooLateEndsTheTryRatherThanBeLost) {
  talk();
  ASSERT_TRUE(source_.frozen());
  source_.changed(effects_of("k1{u}", "late"));
  EXPECT_EQ(source_.state(), Source::State::failed);
}

TEST_F(Machines, AnswersOfAnotherTermAreNotTakenForThisOne) {
  fill(10, 10);
  talk();
  Message other = answer(Kind::prepared, source_.bytes());
  other.term = after_cession(kTerm);
  source_.heard(other, now_);
  EXPECT_EQ(source_.state(), Source::State::frozen);
}

TEST_F(Machines, AGrantThatFitsNoPromiseLeavesThePromiseAsItIs) {
  const Promise promise{.from = 0, .term = kTerm, .migration = kTry, .bytes = 100};
  Target target(slot_, promise, now_);
  EXPECT_EQ(target.heard(answer(Kind::grant, 99), promised({}, promise), to_, now_)->kind, Kind::refused);
  EXPECT_EQ(target.state(), Target::State::promised);
}

TEST_F(Machines, ATargetRefusesAStreamWithAHoleAndOneThatIsNotWhatWasSent) {
  Target target(slot_, 0, kTry, kTerm, now_);
  Message piece = answer(Kind::piece, 5);
  piece.rest = "later";
  EXPECT_EQ(target.heard(piece, {}, to_, now_)->kind, Kind::refused);
  EXPECT_EQ(target.state(), Target::State::failed);

  Target other(slot_, 0, kTry, kTerm, now_);
  Message finish = answer(Kind::finish, 0);
  finish.digest = 1;
  EXPECT_EQ(other.heard(finish, {}, to_, now_)->kind, Kind::refused);
}

// Above all it must not say that anything is on the disk.
TEST_F(Machines, ATargetThatHasFailedRefusesWhateverItIsAsked) {
  target_.emplace(slot_, 0, kTry, kTerm, now_);
  target_->give_up("it was told to");
  for (const Kind kind : {Kind::begin, Kind::piece, Kind::finish, Kind::grant, Kind::abort}) {
    const auto refused = target_->heard(answer(kind), title_, to_, now_);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->kind, Kind::refused);
    EXPECT_EQ(refused->rest, "it was told to");
  }
  EXPECT_EQ(target_->state(), Target::State::failed);
}

TEST_F(Machines, ATargetTakesNothingThatIsNoEffectOnItsSlot) {
  const std::string foreign = effects_of("{another}", "v");
  for (std::string run : {foreign, std::string("\xff\xff\xff")}) {
    Target target(slot_, 0, kTry, kTerm, now_);
    run.insert(0, std::string{static_cast<char>(run.size()), 0, 0, 0});
    Message piece = answer(Kind::piece, 0);
    piece.rest = run;
    EXPECT_EQ(target.heard(piece, {}, to_, now_)->kind, Kind::refused);
  }
  EXPECT_EQ(to_.stats().keys, 0U);
}

TEST_F(Machines, ATargetTakesWhatComesTwiceOnce) {
  fill(10, 10);
  begin();
  source_.copy_on(from_, now_);
  const Message piece = *source_.next(now_);
  Target target(slot_, 0, kTry, kTerm, now_);
  const std::uint64_t length = piece.rest.size();
  EXPECT_EQ(target.heard(piece, {}, to_, now_)->number, length);
  EXPECT_EQ(target.heard(piece, {}, to_, now_)->number, length);
  EXPECT_EQ(target.state(), Target::State::receiving);
}

TEST_F(Machines, APromiseIsAskedAboutUntilItsFateIsKnown) {
  const Promise promise{.from = 0, .term = kTerm, .migration = kTry, .bytes = 100};
  const SlotTitle title = promised({}, promise);
  Target target(slot_, promise, now_);
  EXPECT_EQ(target.next(now_)->kind, Kind::ask) << "at once after a restart";
  EXPECT_FALSE(target.next(now_));
  EXPECT_FALSE(target.heard(answer(Kind::pending), title, to_, now_));
  now_.steady_ms += kAskEveryMs;
  EXPECT_EQ(target.next(now_)->kind, Kind::ask);

  Target given_up(slot_, promise, now_);
  (void)given_up.heard(answer(Kind::abandoned), title, to_, now_);
  EXPECT_EQ(given_up.state(), Target::State::failed);

  (void)target.heard(answer(Kind::committed, 100), title, to_, now_);
  ASSERT_EQ(target.state(), Target::State::owning);
  EXPECT_TRUE(owns(*target.title()));
}

TEST_F(Machines, AskedAloneANodeTellsFromItsTitleWhatItKnows) {
  const SlotTitle owner{.title = {.kind = Title::Kind::own, .term = {7}}, .promise = std::nullopt};
  Message grant = answer(Kind::grant);
  grant.term = {6};
  EXPECT_EQ(answer_alone(grant, owner, Fate::abandoned).kind, Kind::owned) << "the answer was lost";
  grant.term = {7};
  EXPECT_EQ(answer_alone(grant, owner, Fate::abandoned).kind, Kind::refused);
  EXPECT_EQ(answer_alone(answer(Kind::piece), owner, Fate::abandoned).kind, Kind::refused);
  EXPECT_EQ(answer_alone(answer(Kind::abort), owner, Fate::abandoned).kind, Kind::aborted);
  EXPECT_EQ(answer_alone(answer(Kind::ask), owner, Fate::pending).kind, Kind::pending);
  EXPECT_EQ(answer_alone(answer(Kind::ask), owner, Fate::abandoned).kind, Kind::abandoned);
  const SlotTitle given = ceded(owner, 1, kTry, 100);
  Message ask = answer(Kind::ask);
  ask.term = {7};
  const Message told = answer_alone(ask, given, fate_of(given, {7}, kTry, false));
  EXPECT_EQ(told.kind, Kind::committed);
  EXPECT_EQ(told.term, Term{7});
  EXPECT_EQ(told.number, 100U);
}

TEST_F(Machines, ATargetThatHearsNothingGivesUpUnlessItHasPromised) {
  Target target(slot_, 0, kTry, kTerm, now_);
  Target promised_one(slot_, Promise{.from = 0, .term = kTerm, .migration = kTry, .bytes = 0}, now_);
  now_.steady_ms += kHandoffSilenceMs;
  target.tick(now_);
  promised_one.tick(now_);
  EXPECT_EQ(target.state(), Target::State::failed);
  EXPECT_EQ(promised_one.state(), Target::State::promised);
}

}  // namespace
}  // namespace limpet::handoff
