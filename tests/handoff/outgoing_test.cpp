// Which slots a shard gives away, and what becomes of each; the test is the disk, the ledger and the other
// node.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/handoff/outgoing.hpp>
#include <string>
#include <vector>

#include "samples.hpp"

namespace limpet::handoff {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OutgoingTest : public ::testing::Test {
 protected:
  static constexpr Member kMe = 0;
  static constexpr Member kOther = 1;
  OutgoingTest() {
    for (const Slot slot : {kSlot, kNext}) view_.owners[slot] = kOther;
    outgoing_.view_changed(now_, out_);
    store_.put_string(KeyRef::of("k{u}"), "value", store::Expiry::none(), now_.unix_ms);
  }
  void start() {
    outgoing_.start_more([this](Slot slot) { return slot != busy_; }, now_, out_);
  }
  // What it asks, and of which slots.
  std::vector<Kind> questions() {
    asked_.clear();
    std::vector<Kind> kinds;
    const std::vector<Question> all = std::exchange(out_.questions, {});
    for (const Question& question : all) {
      Message message;
      EXPECT_TRUE(read_message(question.body.view(), message));
      if (message.kind == Kind::piece) sent_ = message.number + message.rest.size();
      if (message.kind == Kind::finish) said_ = read_history(message.rest);
      message.rest = {};
      EXPECT_EQ(question.to, kOther);
      kinds.push_back(message.kind);
      asked_.emplace_back(question.slot, message);
    }
    return kinds;
  }
  // The other answers what it was asked last about the slot.
  bool hears(Kind kind, std::uint64_t number = 0, std::string_view rest = {}) {
    Message answer{
        .kind = kind, .migration = try_.migration, .term = try_.term, .number = number, .rest = rest};
    if (kind == Kind::ready && takes_ends_) answer.digest = kTakesEnds;
    return outgoing_.heard(kOther, kSlot, answer, now_, out_);
  }
  // Begins to give kSlot alone.
  void begin() {
    busy_ = kNext;
    start();
    ASSERT_THAT(questions(), ElementsAre(Kind::begin));
    try_ = asked_[0].second;
  }
  // All of it goes over, up to the title that is to be written.
  void go_over() {
    hears(Kind::ready);
    outgoing_.copy_on(now_, out_);
    (void)questions();
    hears(Kind::taken, sent_);
    EXPECT_THAT(questions(), ElementsAre(Kind::settle));
    hears(Kind::settled);
    EXPECT_THAT(questions(), ElementsAre(Kind::finish));
    hears(Kind::prepared, sent_);
  }

  const Slot kSlot = slot_of("k{u}");
  const Slot kNext = static_cast<Slot>(kSlot + 1);
  Now now_{.steady_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  store::Store store_{1};
  TitleLedger ledger_{1, 0, std::vector<SlotTitle>(kSlots, owner_at(1))};
  HandOverView view_{.epoch = 2, .owners = std::vector<Member>(kSlots, kMe), .names = {"n1", "n2"}};
  Outgoing outgoing_{kMe, 3, ledger_, view_, store_};
  Actions out_;
  Slot busy_ = kSlots - 1;
  Message try_;
  std::uint64_t sent_ = 0;  // bytes of the stream
  std::optional<History> said_;
  bool takes_ends_ = true;
  std::vector<std::pair<Slot, Message>> asked_;
};

TEST_F(OutgoingTest, OffersWhatTheViewWantsElsewhere) {
  EXPECT_EQ(outgoing_.to_move(), 2U);
  EXPECT_EQ(outgoing_.sessions_to_move(), 1U);
  start();
  EXPECT_THAT(questions(), ElementsAre(Kind::begin, Kind::begin));
  EXPECT_NE(asked_[0].second.migration, asked_[1].second.migration) << "each try has its name";
  EXPECT_TRUE(outgoing_.is_moving(kSlot));
  EXPECT_TRUE(outgoing_.is_under_way(kNext, asked_[1].second) ||
              outgoing_.is_under_way(kNext, asked_[0].second));
}

TEST_F(OutgoingTest, LeavesAloneWhatIsHeldBackOrBusy) {
  outgoing_.hold_back(kNext, true);
  busy_ = kSlot;
  start();
  EXPECT_TRUE(questions().empty());
  outgoing_.hold_back(kNext, false);
  start();
  EXPECT_THAT(questions(), ElementsAre(Kind::begin));
  EXPECT_TRUE(outgoing_.is_moving(kNext));
  EXPECT_EQ(outgoing_.to_move(), 2U);
}

TEST_F(OutgoingTest, WhatTheOtherHasACopyOfGoesWithoutASession) {
  const History history{.last = {{1, 0}, 12}, .ends = {}};
  outgoing_.set_numbering(
      {.begin = {}, .copied = {}, .goes_on = {}, .history = [&](Slot) { return history; }});
  outgoing_.set_target_copies([](Slot, Member) { return TargetCopy::there; });
  begin();
  EXPECT_EQ(try_.digest, kOntoCopy);
  outgoing_.changed(kSlot, "which follows otherwise");
  hears(Kind::ready);
  EXPECT_FALSE(outgoing_.can_copy());
  EXPECT_THAT(questions(), ElementsAre(Kind::settle));
  outgoing_.changed(kSlot, "the same");
  EXPECT_FALSE(outgoing_.is_frozen(kSlot));
  hears(Kind::settled);
  EXPECT_TRUE(outgoing_.is_frozen(kSlot));
  EXPECT_THAT(questions(), ElementsAre(Kind::finish));
  EXPECT_EQ(said_, history) << "for the other to compare";
  hears(Kind::prepared);
  EXPECT_TRUE(outgoing_.is_ceding(kSlot));
  EXPECT_EQ(out_.titles.at(0).title.title.bytes, 0U);
}

TEST_F(OutgoingTest, WhatTheOtherIsAboutToHaveACopyOfWaitsForThat) {
  TargetCopy copy = TargetCopy::coming;
  outgoing_.set_target_copies([&](Slot slot, Member) { return slot == kSlot ? copy : TargetCopy::none; });
  start();
  EXPECT_THAT(questions(), ElementsAre(Kind::begin));
  EXPECT_EQ(asked_[0].first, kNext);
  EXPECT_EQ(asked_[0].second.digest, 0U) << "there is none of that one";
  start();
  EXPECT_THAT(questions(), ElementsAre());
  copy = TargetCopy::there;
  start();
  EXPECT_THAT(questions(), ElementsAre(Kind::begin));
  EXPECT_EQ(asked_[0].second.digest, kOntoCopy);
}

TEST_F(OutgoingTest, ASlotIsFrozenCededGrantedAndDropped) {
  begin();
  go_over();
  ASSERT_EQ(out_.modes.size(), 1U);
  EXPECT_EQ(out_.modes[0].kind, SlotMode::frozen);
  EXPECT_TRUE(outgoing_.is_frozen(kSlot));
  ASSERT_EQ(out_.titles.size(), 1U);
  EXPECT_EQ(out_.titles[0].title.title.kind, Title::Kind::ceded);
  EXPECT_EQ(out_.titles[0].title.title.to, kOther);
  EXPECT_TRUE(outgoing_.is_ceding(kSlot));
  EXPECT_FALSE(outgoing_.is_granting(kSlot));
  outgoing_.give_up(kSlot, "too late for that", now_, out_);
  EXPECT_TRUE(outgoing_.is_moving(kSlot));

  outgoing_.written(kSlot, now_, out_);
  EXPECT_THAT(questions(), ElementsAre(Kind::grant));
  EXPECT_EQ(out_.modes.back().kind, SlotMode::moved);
  EXPECT_TRUE(outgoing_.is_granting(kSlot, kOther));
  EXPECT_FALSE(outgoing_.is_granting(kSlot, kMe));
  EXPECT_EQ(store_.keys_in(kSlot), 1U) << "this is the only copy that is served for sure";

  EXPECT_TRUE(hears(Kind::owned));
  EXPECT_FALSE(outgoing_.is_moving(kSlot));
  EXPECT_EQ(store_.keys_in(kSlot), 0U);
  EXPECT_EQ(outgoing_.progress().given_total, 1U);
  EXPECT_EQ(outgoing_.progress().sessions_total, 1U);
  ASSERT_EQ(out_.notes.size(), 1U);
  EXPECT_THAT(out_.notes[0].text, HasSubstr("was handed over to n2"));
  EXPECT_TRUE(out_.failures.empty());
}

class WithNumbers : public OutgoingTest {
 protected:
  WithNumbers() {
    outgoing_.set_numbering(
        {.begin = {}, .copied = {}, .goes_on = {}, .history = [this](Slot) { return history_; }});
  }
  const History history_{.last = {{5, 1}, 90, 22}, .ends = {{{4, 0}, 70, 20}, {{5, 1}, 80, 21}}};
};

TEST_F(WithNumbers, ItIsSaidWhichChangesGoOverAndWhereTermsEnded) {
  begin();
  go_over();
  EXPECT_EQ(said_, history_);
}

TEST_F(WithNumbers, AnEarlierReleaseHearsOfTheLastChangeAlone) {
  takes_ends_ = false;
  begin();
  go_over();
  EXPECT_EQ(said_, (History{.last = {{5, 1}, 90}, .ends = {}}));
}

TEST(Histories, OfAnotherNodeAreNotBelievedBlindly) {
  const auto read = [](const History& history, std::size_t cut = 0) {
    Bytes bytes;
    append_history(bytes, history);
    return read_history(bytes.view().substr(0, bytes.size() - cut));
  };
  const History good{.last = {{9, 0}, 90}, .ends = {{{4, 0}, 70}, {{4, 1}, 80}}};
  EXPECT_EQ(read(good), good);
  EXPECT_FALSE(read(good, 1)) << "cut off";
  EXPECT_FALSE(read({.last = {{9, 0}, 90}, .ends = {}}, 1)) << "cut off";
  EXPECT_FALSE(read({.last = {{9, 0}, 90}, .ends = {{{4, 1}, 70}, {{4, 0}, 80}}})) << "in no order";
  EXPECT_FALSE(read({.last = {{9, 0}, 90}, .ends = {{{9, 0}, 70}}})) << "the term is not over";
  History many{.last = {{99, 0}, 90}, .ends = {}};
  while (many.ends.size() < kTermsRemembered) many.ends.push_back({{many.ends.size() + 1, 0}, 1});
  EXPECT_TRUE(read(many));
  many.ends.push_back({{50, 0}, 1});
  EXPECT_FALSE(read(many)) << "more than anybody keeps";
}

TEST_F(OutgoingTest, WhatIsRefusedStaysAndIsTriedAgainLater) {
  begin();
  hears(Kind::refused, 0, "it has no room");
  EXPECT_THAT(questions(), ElementsAre(Kind::abort));
  EXPECT_THAT(out_.failures, ElementsAre(HasSubstr("it has no room")));
  EXPECT_FALSE(outgoing_.is_moving(kSlot));
  EXPECT_EQ(outgoing_.to_move(), 2U);
  start();
  EXPECT_TRUE(questions().empty());
  now_.steady_ms += 60'000;
  start();
  EXPECT_THAT(questions(), ElementsAre(Kind::begin));
}

TEST_F(OutgoingTest, ATitleThatFindsNoRoomLeavesTheSlotServed) {
  begin();
  go_over();
  outgoing_.withdrawn(kSlot, "the disk is full", now_, out_);
  EXPECT_EQ(out_.modes.back().kind, SlotMode::serving);
  EXPECT_THAT(out_.failures, ElementsAre(HasSubstr("the disk is full")));
  EXPECT_FALSE(outgoing_.is_moving(kSlot));
  EXPECT_EQ(store_.keys_in(kSlot), 1U);
}

TEST_F(OutgoingTest, AnotherViewGivesUpWhatIsPointless) {
  begin();
  view_.owners[kSlot] = kMe;
  outgoing_.view_changed(now_, out_);
  EXPECT_THAT(questions(), ElementsAre(Kind::abort));
  EXPECT_FALSE(outgoing_.is_moving(kSlot));
  EXPECT_EQ(outgoing_.to_move(), 1U);
  outgoing_.has_come(kSlot);
  EXPECT_EQ(outgoing_.to_move(), 1U) << "it is where it should be";
}

TEST_F(OutgoingTest, WhatWasGivenAwayStaysWhereCopiesAreKept) {
  outgoing_.set_numbering({}, true);
  begin();
  go_over();
  outgoing_.written(kSlot, now_, out_);
  (void)questions();
  EXPECT_TRUE(hears(Kind::owned));
  EXPECT_FALSE(outgoing_.is_moving(kSlot));
  EXPECT_EQ(store_.keys_in(kSlot), 1U);
}

TEST_F(OutgoingTest, AGrantThatAnotherHasOvertakenDropsTheCopy) {
  begin();
  go_over();
  outgoing_.written(kSlot, now_, out_);
  outgoing_.ended_elsewhere(kSlot, out_);
  EXPECT_FALSE(outgoing_.is_moving(kSlot));
  EXPECT_EQ(store_.keys_in(kSlot), 0U);
}

}  // namespace
}  // namespace limpet::handoff
