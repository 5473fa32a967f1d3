// What a shard takes in, and what it says to whoever gives it; the test is the disk and the ledger, and a
// real Source gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/handoff/incoming.hpp>
#include <limpet/handoff/source.hpp>
#include <optional>
#include <string>
#include <vector>

#include "samples.hpp"

namespace limpet::handoff {
namespace {

using ::testing::HasSubstr;

class IncomingTest : public ::testing::Test {
 protected:
  static constexpr Member kMe = 0;
  static constexpr Member kOther = 1;
  static constexpr Term kTerm{5, 2};
  IncomingTest() : source_(kSlot, kMe, kTry, kTerm, view_.epoch, now_, std::uint64_t{1}) {
    from_.put_string(KeyRef::of("k{u}"), "value", store::Expiry::none(), now_.unix_ms);
  }
  // The only answer since the last call.
  std::optional<Message> answer() {
    answers_ = std::exchange(out_.answers, {});
    Message said;
    if (answers_.size() != 1 || !read_message(answers_[0].body.view(), said)) return std::nullopt;
    return said;
  }
  std::optional<Message> begin(std::uint64_t attempt, bool busy = false) {
    Message question{.kind = Kind::begin, .migration = {.boot = 3, .attempt = attempt}, .term = kTerm};
    question.number = view_.epoch;
    incoming_.begin(kOther, kSlot, question, ++ticket_, busy, now_, out_);
    return answer();
  }
  void is_refused(bool busy, const std::string& why) {
    const std::optional<Message> said = begin(kTry.attempt, busy);
    ASSERT_TRUE(said);
    EXPECT_EQ(said->kind, Kind::refused);
    EXPECT_THAT(std::string(said->rest), HasSubstr(why));
    EXPECT_FALSE(incoming_.is_moving(kSlot));
  }
  // The source says what it has to say, and hears the answers.
  void talk() { talk(source_); }
  void talk(Source& source) {
    Bytes history;
    if (finish_with_) append_history(history, *finish_with_);
    for (source.copy_on(from_, now_); std::optional<Message> question = source.next(now_);
         source.copy_on(from_, now_)) {
      if (question->kind == Kind::finish) question->rest = history.view();
      if (question->kind == Kind::begin) {
        incoming_.begin(kOther, kSlot, *question, ++ticket_, false, now_, out_);
      } else {
        ASSERT_TRUE(incoming_.is_of(kOther, kSlot, *question));
        incoming_.asked(kSlot, *question, ++ticket_, now_, out_);
      }
      for (const Slot slot : std::exchange(out_.syncs, {})) incoming_.settled(slot, now_, out_);
      if (const auto said = answer()) source.heard(*said, now_);
    }
  }
  // The title that it wants written gets to the disk.
  SlotTitle write() {
    EXPECT_EQ(out_.titles.size(), 1U);
    const WantedTitle wanted = out_.titles.at(0);
    out_.titles.clear();
    ledger_.write(wanted, now_);
    ledger_.written(kSlot, now_);
    incoming_.written(kSlot, now_, out_);
    return wanted.title;
  }

  const Slot kSlot = slot_of("k{u}");
  Now now_{.steady_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  store::Store from_{1};
  store::CopyScope copying_{from_};
  store::Store store_{2};
  TitleLedger ledger_{1, 0, std::vector<SlotTitle>(kSlots)};
  HandOverView view_{.epoch = 9, .owners = std::vector<Member>(kSlots, kMe), .names = {"n1", "n2"}};
  Incoming incoming_{kMe, ledger_, view_, store_};
  Source source_;
  Actions out_;
  std::vector<Answer> answers_;
  std::uint64_t ticket_ = 0;
  std::optional<History> finish_with_;
};

TEST_F(IncomingTest, ASlotIsPromisedOnlyOnTheDiskAndIsItsOwnOnlyThere) {
  talk();
  EXPECT_TRUE(incoming_.is_preparing(kSlot));
  EXPECT_EQ(incoming_.promise(kSlot)->from, kOther) << "which it is about to promise";
  ASSERT_EQ(out_.titles.size(), 1U);
  EXPECT_TRUE(out_.titles[0].after_data) << "with what was received";
  EXPECT_EQ(out_.modes.back().kind, SlotMode::frozen);
  EXPECT_TRUE(write().promise);
  const std::optional<Message> prepared = answer();
  ASSERT_TRUE(prepared);
  EXPECT_EQ(answers_[0].ticket, ticket_) << "the question waited for the disk";
  source_.heard(*prepared, now_);
  ASSERT_EQ(source_.state(), Source::State::ceding);
  source_.written(now_);
  talk();
  EXPECT_TRUE(incoming_.is_owning(kSlot));
  EXPECT_TRUE(owns(write()));
  source_.heard(*answer(), now_);
  EXPECT_EQ(source_.state(), Source::State::done);
  EXPECT_FALSE(incoming_.is_moving(kSlot));
  EXPECT_EQ(incoming_.moved_total(), 1U);
  EXPECT_EQ(out_.modes.back().kind, SlotMode::serving);
  EXPECT_THAT(out_.notes.at(0).text, HasSubstr("was received from n2: 1 sessions"));
  EXPECT_EQ(store_.find(KeyRef::of("k{u}"), now_.unix_ms).string(), "value");
}

// A copy of the slot is here, with all changes up to `last`; its owner sends it what follows otherwise.
class OntoCopy : public IncomingTest {
 protected:
  OntoCopy() {
    store_.put_string(KeyRef::of("k{u}"), "value", store::Expiry::none(), now_.unix_ms);
    incoming_.set_numbering({.begin = [](Slot, Term) { ADD_FAILURE() << "nothing begins anew"; },
                             .copied = [](Slot, const History&) { ADD_FAILURE() << "nothing was copied"; },
                             .goes_on = [this](Slot, Term term) { goes_on_at_ = term; },
                             .history = [this](Slot) { return History{.last = last_}; }});
    finish_with_ = History{.last = last_};
  }
  LastChange last_{kTerm, 90, 7};
  std::optional<Term> goes_on_at_;
  Source source_{kSlot, kMe, kTry, kTerm, view_.epoch, now_, std::uint64_t{1}, true};
};

TEST_F(OntoCopy, ThatHasAllThatTheOtherHasIsPromised) {
  talk(source_);
  EXPECT_TRUE(incoming_.is_preparing(kSlot));
  EXPECT_FALSE(incoming_.follows_on(kSlot)) << "from here on nothing may change it";
  EXPECT_EQ(goes_on_at_, after_cession(kTerm)) << "before the promise, which is written behind it";
  EXPECT_EQ(store_.keys_in(kSlot), 1U);
  EXPECT_TRUE(write().promise);
  source_.heard(*answer(), now_);
  EXPECT_EQ(source_.state(), Source::State::ceding);
}

TEST_F(OntoCopy, OfAnotherHistoryOrWithLessIsRefused) {
  for (const LastChange& last :
       {LastChange{kTerm, 89, 7}, LastChange{kTerm, 90, 8}, LastChange{{4, 0}, 90, 7}}) {
    last_ = last;
    Source source{kSlot, kMe, kTry, kTerm, view_.epoch, now_, std::uint64_t{1}, true};
    talk(source);
    EXPECT_EQ(source.state(), Source::State::failed);
    EXPECT_TRUE(source.of_the_slot()) << "others may fare better";
    EXPECT_FALSE(incoming_.is_moving(kSlot));
    EXPECT_FALSE(goes_on_at_);
  }
}

TEST_F(OntoCopy, StaysACopyIfNothingComesOfIt) {
  Message question{.kind = Kind::begin, .migration = kTry, .term = kTerm, .number = view_.epoch};
  question.digest = kOntoCopy;
  incoming_.begin(kOther, kSlot, question, ++ticket_, false, now_, out_);
  EXPECT_TRUE(incoming_.follows_on(kSlot));
  incoming_.give_up(kSlot, "the test wants it so", now_, out_);
  EXPECT_FALSE(incoming_.is_moving(kSlot));
  EXPECT_EQ(store_.keys_in(kSlot), 1U);
}

TEST_F(IncomingTest, WhichChangesItHasReceivedIsNotedBeforeItIsPromised) {
  const History history{.last = {{5, 1}, 90}, .ends = {{{4, 0}, 70}, {{5, 0}, 80}}};
  std::optional<History> noted;
  incoming_.set_numbering({.begin = [](Slot, Term) {},
                           .copied =
                               [&](Slot, const History& copy) {
                                 EXPECT_TRUE(out_.titles.empty());
                                 noted = copy;
                               },
                           .goes_on = {},
                           .history = [](Slot) { return History{}; }});
  finish_with_ = history;
  talk();
  ASSERT_EQ(out_.titles.size(), 1U);
  EXPECT_TRUE(source_.takes_ends()) << "it says that it takes them";
  EXPECT_EQ(noted, history);
}

TEST_F(IncomingTest, RefusesWhatItCannotTakeAndSaysWhy) {
  is_refused(true, "still busy");
  incoming_.set_ready(kSlot, false);
  is_refused(false, "not loaded");
  incoming_.set_ready(kSlot, true);
  view_.owners[kSlot] = kOther;
  is_refused(false, "not its own");
  view_.owners[kSlot] = kMe;
  incoming_.set_startup_grace(true);
  is_refused(false, "just started");
  incoming_.set_startup_grace(false);
  ledger_.close("this node is stopping");
  is_refused(false, "stopping");
}

TEST_F(IncomingTest, WhatTheStoreHadOfTheSlotGoesWhenItComes) {
  store_.put_string(KeyRef::of("old{u}"), "of long ago", store::Expiry::none(), now_.unix_ms);
  EXPECT_EQ(begin(2)->kind, Kind::ready);
  EXPECT_EQ(store_.keys_in(kSlot), 0U);
}

TEST_F(IncomingTest, ALaterTryTakesThePlaceOfAnEarlierOneAndNotTheOtherWayRound) {
  EXPECT_EQ(begin(4)->kind, Kind::ready);
  EXPECT_EQ(begin(3)->kind, Kind::refused);
  EXPECT_EQ(begin(5)->kind, Kind::ready);
  EXPECT_EQ(incoming_.moving(), 1U);
}

TEST_F(IncomingTest, WhatCannotBePromisedIsDropped) {
  talk();
  out_.titles.clear();
  incoming_.give_up(kSlot, "the disk is full", now_, out_);
  const std::optional<Message> said = answer();
  ASSERT_TRUE(said);
  EXPECT_EQ(said->kind, Kind::refused);
  EXPECT_FALSE(incoming_.is_moving(kSlot));
  EXPECT_EQ(store_.keys_in(kSlot), 0U);
  EXPECT_EQ(out_.failures.size(), 1U);
  EXPECT_EQ(out_.modes.back().kind, SlotMode::moved) << "who waits goes to whoever has it";
}

// A promise of before the last start, of which nobody has said yet what became of it.
class Promised : public IncomingTest {
 protected:
  Promised() {
    const Promise promise{.from = kOther, .term = kTerm, .migration = kTry};
    ledger_.write({.slot = kSlot, .title = {.title = {}, .promise = promise}}, now_);
    ledger_.written(kSlot, now_);
    store_.put_string(KeyRef::of("k{u}"), "value", store::Expiry::none(), now_.unix_ms);
    incoming_.resume(kSlot, promise, now_, out_);
  }
  void hears(Kind kind) {
    incoming_.heard(kOther, kSlot, {.kind = kind, .migration = kTry, .term = kTerm}, now_, out_);
  }
};

TEST_F(Promised, ItAsksWhatBecameOfItAndClientsWait) {
  EXPECT_EQ(out_.modes.back().kind, SlotMode::frozen);
  incoming_.tick(now_, out_);
  ASSERT_EQ(out_.questions.size(), 1U);
  Message asked;
  ASSERT_TRUE(read_message(out_.questions[0].body.view(), asked));
  EXPECT_EQ(asked.kind, Kind::ask);
  EXPECT_EQ(incoming_.promise(kSlot)->term, kTerm);
}

TEST_F(Promised, CommittedItIsItsOwn) {
  hears(Kind::committed);
  EXPECT_TRUE(owns(write()));
  EXPECT_EQ(store_.keys_in(kSlot), 1U);
}

TEST_F(Promised, AbandonedItIsForgottenWithWhatWasReceived) {
  hears(Kind::abandoned);
  EXPECT_EQ(store_.keys_in(kSlot), 0U);
  ASSERT_EQ(out_.titles.size(), 1U);
  EXPECT_FALSE(out_.titles[0].title.promise);
}

TEST_F(Promised, AbandonedItIsItsOwnAllTheSameIfOthersKnowItToBe) {
  incoming_.is_known_as_its(kSlot, after_cession(kTerm));
  hears(Kind::abandoned);
  EXPECT_TRUE(owns(write()));
}

TEST_F(Promised, NothingIsBelievedWhileTheNodeHearsTheOthersFirst) {
  incoming_.set_startup_grace(true);
  hears(Kind::committed);
  EXPECT_TRUE(out_.titles.empty());
}

TEST_F(Promised, OfAnEarlierTermItIsOvertaken) {
  incoming_.overtaken(kSlot, kTerm, now_, out_);
  EXPECT_TRUE(incoming_.is_moving(kSlot)) << "whoever serves it at that term may still end the hand-over";
  incoming_.overtaken(kSlot, after_cession(kTerm), now_, out_);
  EXPECT_FALSE(incoming_.is_moving(kSlot));
}

}  // namespace
}  // namespace limpet::handoff
