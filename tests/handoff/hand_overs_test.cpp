// Which slots a shard gives and takes, when, and what it says of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/handoff/hand_overs.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace limpet::handoff {
namespace {

using ::testing::HasSubstr;

constexpr Member kMe = 0;
constexpr Member kOther = 1;

// One shard that owns every slot; the test is the world around it.
class OneShard : public ::testing::Test {
 protected:
  OneShard() : hand_overs_(kMe, 3, 1, 0, all_owned(), store_, now_) {}

  static std::vector<SlotTitle> all_owned() {
    return std::vector<SlotTitle>(kSlots, {.title = {.kind = Title::Kind::own, .term = {1}}, .promise = {}});
  }
  static HandOverView view(std::uint64_t epoch, const std::vector<Slot>& of_other) {
    HandOverView view{.epoch = epoch, .owners = std::vector<Member>(kSlots, kMe)};
    for (const Slot slot : of_other) view.owners[slot] = kOther;
    return view;
  }
  static std::vector<Slot> slots(unsigned count) {
    std::vector<Slot> slots;
    for (unsigned slot = 0; slot < count; ++slot) slots.push_back(static_cast<Slot>(slot));
    return slots;
  }
  std::vector<Message> questions() {
    questions_ = std::exchange(hand_overs_.wishes().questions, {});
    std::vector<Message> messages;
    for (const auto& question : questions_)
      EXPECT_TRUE(read_message(question.body.view(), messages.emplace_back()));
    return messages;
  }
  Message asked(const Message& question, Slot slot, Member from = kOther) {
    Bytes body;
    append_message(body, question);
    hand_overs_.asked(from, slot, body.view(), 1, now_);
    answers_ = std::exchange(hand_overs_.wishes().answers, {});
    Message answer;
    if (answers_.size() != 1 || !read_message(answers_[0].body.view(), answer)) {
      ADD_FAILURE() << answers_.size() << " answers";
    }
    return answer;
  }
  void answer(const Message& question, Slot slot, Kind kind, std::string_view rest = {},
              std::uint64_t number = 0) {
    Bytes body;
    append_message(body, {.kind = kind,
                          .migration = question.migration,
                          .term = question.term,
                          .number = number,
                          .rest = rest});
    hand_overs_.answered(kOther, slot, body.view(), now_);
  }
  // All that is under way gets over, to this answer, and was frozen for so long. How many there were.
  std::size_t get_over(std::int64_t held_ms, Kind last = Kind::owned) {
    std::map<Slot, Message> begun;
    const std::vector<Message> messages = questions();
    for (std::size_t at = 0; at < messages.size(); ++at) {
      if (messages[at].kind == Kind::begin) begun[questions_[at].slot] = messages[at];
    }
    for (const auto& [slot, begin] : begun) answer(begin, slot, Kind::ready);
    while (hand_overs_.can_copy()) hand_overs_.go_on(now_);
    for (const auto& [slot, begin] : begun) answer(begin, slot, Kind::settled);
    now_.steady_ms += held_ms;
    for (const auto& [slot, begin] : begun) {
      answer(begin, slot, Kind::prepared);
      hand_overs_.written(slot, now_);
    }
    (void)questions();
    for (const auto& [slot, begin] : begun) answer(begin, slot, last);
    return begun.size();
  }

  Now now_{.steady_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  store::Store store_{1};
  HandOvers hand_overs_;
  std::vector<Question> questions_;
  std::vector<Answer> answers_;
};

TEST_F(OneShard, GivesNothingThatTheViewDoesNotGiveToAnother) {
  hand_overs_.set_view(view(1, {}), now_);
  hand_overs_.tick(now_);
  EXPECT_TRUE(questions().empty());
  EXPECT_EQ(hand_overs_.progress().to_give, 0U);
}

TEST_F(OneShard, TellsOfEachMomentAsItComes) {
  std::vector<std::pair<Step, Kind>> passed;
  hand_overs_.set_crash_hook([&](Step step, Kind kind) { passed.emplace_back(step, kind); });
  hand_overs_.set_view(view(2, slots(1)), now_);
  const Message begin = questions().at(0);
  answer(begin, 0, Kind::ready);
  hand_overs_.go_on(now_);
  answer(begin, 0, Kind::settled);
  EXPECT_THAT(passed, ::testing::ElementsAre(
                          std::pair(Step::asks, Kind::begin), std::pair(Step::hears, Kind::ready),
                          std::pair(Step::asks, Kind::settle), std::pair(Step::hears, Kind::settled),
                          std::pair(Step::asks, Kind::finish), std::pair(Step::freezes, Kind::finish)));
}

TEST_F(OneShard, GivesAFewSlotsAtATime) {
  hand_overs_.set_view(view(2, slots(100)), now_);
  EXPECT_EQ(questions().size(), kHandoversFirst);
  EXPECT_EQ(hand_overs_.progress().to_give, 100U);
  EXPECT_EQ(hand_overs_.progress().giving, kHandoversFirst);
}

TEST_F(OneShard, GivesMoreAtATimeWhileSlotsAreFrozenBrieflyAndFewerOnceTheyAreNot) {
  hand_overs_.set_view(view(2, slots(100)), now_);
  for (std::size_t given = 0; given < kHandoversGrow;) given += get_over(1);
  EXPECT_GT(get_over(1), kHandoversFirst);
  for (int i = 0; i < 3; ++i) EXPECT_GT(get_over(100), 0U);
  EXPECT_LT(get_over(1), kHandoversFirst);
}

TEST_F(OneShard, ASlotWhoseNewHolderHasNotSaidThatItHasItIsUnderWayForAWhile) {
  hand_overs_.set_view(view(2, slots(100)), now_);
  get_over(1, Kind::prepared);
  hand_overs_.tick(now_);
  EXPECT_TRUE(questions().empty());
  now_.steady_ms += kGrantEveryMs;
  hand_overs_.tick(now_);  // it may be gone
  EXPECT_THAT(questions(), ::testing::Contains(::testing::Field(&Message::kind, Kind::begin)));
}

TEST_F(OneShard, NeverUsesTheNameOfATryTwice) {
  std::vector<Migration> seen;
  hand_overs_.set_view(view(2, slots(5)), now_);
  for (int i = 0; i < 10; ++i) {
    std::map<Slot, Migration> current;
    const std::vector<Message> messages = questions();
    for (std::size_t at = 0; at < messages.size(); ++at) {
      const Message& begin = messages[at];
      if (begin.kind != Kind::begin) continue;
      current[questions_[at].slot] = begin.migration;
      EXPECT_EQ(begin.migration.boot, 3U);
      EXPECT_THAT(seen, ::testing::Not(::testing::Contains(begin.migration)));
      seen.push_back(begin.migration);
    }
    for (const Slot slot : slots(5)) {
      if (hand_overs_.is_moving_out(slot))
        answer({.migration = current[slot], .term = {1}}, slot, Kind::refused, "no");
    }
    now_.steady_ms += kHandoffRetryMaxMs;
    hand_overs_.tick(now_);
  }
  EXPECT_GE(seen.size(), 10U);
}

// Whoever was promised it by a try that this node's disk has forgotten may keep it.
TEST_F(OneShard, OfWhatItHasGivenWayToSaysThatItWasCeded) {
  std::vector<SlotTitle> titles = all_owned();
  titles[0] = {.title = {.kind = Title::Kind::ceded, .term = {2}, .to = kOther}, .promise = {}};
  HandOvers gave_way(kMe, 3, 1, 0, titles, store_, now_);
  const Message question{.kind = Kind::ask, .migration = {.boot = 2, .attempt = 5}, .term = {1}, .number = 7};
  Bytes body;
  append_message(body, question);
  gave_way.asked(kOther, 0, body.view(), 1, now_);
  Message answer;
  ASSERT_EQ(gave_way.wishes().answers.size(), 1U);
  ASSERT_TRUE(read_message(gave_way.wishes().answers[0].body.view(), answer));
  EXPECT_EQ(answer.kind, Kind::committed);
  EXPECT_EQ(answer.migration, question.migration);
  EXPECT_EQ(answer.number, question.number);
}

TEST_F(OneShard, ANodeThatTakesNoneIsOfferedNoneForAWhileAndTheReasonIsTold) {
  hand_overs_.set_view(view(2, slots(1)), now_);
  const Message begin = questions().at(0);
  answer(begin, 0, Kind::refused, "it has read epoch 1");
  EXPECT_EQ(questions().at(0).kind, Kind::abort);
  EXPECT_FALSE(hand_overs_.is_moving_out(0));
  ASSERT_EQ(hand_overs_.wishes().notes.size(), 1U);
  EXPECT_FALSE(hand_overs_.wishes().notes[0].went_well);
  EXPECT_THAT(hand_overs_.wishes().notes[0].text, HasSubstr("it has read epoch 1"));
  EXPECT_STREQ(hand_overs_.progress().last_failure.data(), "node number 1: it has read epoch 1");
  hand_overs_.tick(now_);
  EXPECT_TRUE(questions().empty());
  now_.steady_ms += kHandoffRetryMinMs;
  hand_overs_.tick(now_);
  EXPECT_EQ(questions().size(), 1U);
}

TEST_F(OneShard, ANewViewEndsWhatItMakesPointless) {
  hand_overs_.set_view(view(2, slots(2)), now_);
  questions();
  hand_overs_.set_view(view(3, {1}), now_);
  EXPECT_FALSE(hand_overs_.is_moving_out(0));
  EXPECT_TRUE(hand_overs_.is_moving_out(1)) << "it goes on";
  EXPECT_TRUE(hand_overs_.serves(0));
  EXPECT_EQ(questions().at(0).kind, Kind::abort);
}

TEST_F(OneShard, TakesNothingWithoutTheRightOrBeforeItHasReadTheFile) {
  hand_overs_.set_view(view(2, {7}), now_);
  questions();
  Message begin{.kind = Kind::begin, .migration = {.boot = 1, .attempt = 1}, .term = {5}, .number = 3};
  EXPECT_THAT(std::string(asked(begin, 4).rest), HasSubstr("epoch 2"));
  begin.number = 2;
  EXPECT_THAT(std::string(asked(begin, 7).rest), HasSubstr("not its own"));
  EXPECT_THAT(std::string(asked(begin, 4).rest), HasSubstr("later title")) << "it owns it";
}

TEST_F(OneShard, AnswersWhatIsNoQuestionWithARefusal) {
  hand_overs_.asked(kOther, 3, "rubbish", 1, now_);
  ASSERT_EQ(hand_overs_.wishes().answers.size(), 1U);
  hand_overs_.answered(kOther, 3, "rubbish", now_);
  hand_overs_.unanswered(3, "rubbish", "the link broke", now_);
  EXPECT_TRUE(hand_overs_.serves(3));
}

TEST_F(OneShard, WithSlotsUnderWayForOthersGoesOnWhenANodeDoesNotAnswer) {
  hand_overs_.set_view(view(2, slots(1)), now_);
  now_.steady_ms += kHandoffSilenceMs;
  hand_overs_.tick(now_);
  EXPECT_FALSE(hand_overs_.is_moving_out(0));
  EXPECT_TRUE(hand_overs_.serves(0));
  EXPECT_EQ(hand_overs_.progress().failed_total, 1U);
}

TEST_F(OneShard, ManyRefusalsAtOnceCountOnce) {
  hand_overs_.set_view(view(2, slots(20)), now_);
  const std::vector<Message> begins = questions();
  std::vector<Slot> slots_asked;
  for (const auto& question : questions_) slots_asked.push_back(question.slot);
  for (std::size_t i = 0; i < begins.size(); ++i) {
    Bytes body;
    append_message(body, {.kind = Kind::refused, .migration = begins[i].migration, .term = {1}});
    hand_overs_.answered(kOther, slots_asked[i], body.view(), now_);
  }
  questions();
  now_.steady_ms += kHandoffRetryMinMs;
  hand_overs_.tick(now_);
  EXPECT_FALSE(questions().empty());
}

TEST_F(OneShard, ASlotThatCannotGoHoldsUpNoOther) {
  constexpr unsigned kCount = 40;
  hand_overs_.set_view(view(2, slots(kCount)), now_);
  std::set<Slot> gone;
  for (int i = 0; i < 30; ++i) {  // no time passes
    std::map<Slot, Message> begun;
    const std::vector<Message> messages = questions();
    for (std::size_t at = 0; at < messages.size(); ++at) {
      if (messages[at].kind == Kind::begin) begun[questions_[at].slot] = messages[at];
    }
    for (const auto& [slot, begin] : begun) {
      if (slot % 2 == 1) {
        answer(begin, slot, Kind::refused, "what arrived is not what was sent", kOfTheSlot);
        continue;
      }
      answer(begin, slot, Kind::ready);
      while (hand_overs_.can_copy()) hand_overs_.go_on(now_);
      answer(begin, slot, Kind::settled);
      answer(begin, slot, Kind::prepared);
      hand_overs_.written(slot, now_);
      answer(begin, slot, Kind::owned);
      gone.insert(slot);
    }
    hand_overs_.tick(now_);
  }
  EXPECT_EQ(gone.size(), kCount / 2);
  now_.steady_ms += kHandoffRetryMinMs;
  hand_overs_.tick(now_);
  EXPECT_THAT(questions(), ::testing::Contains(::testing::Field(&Message::kind, Kind::begin))) << "again";
}

TEST_F(OneShard, WhereTitlesCannotBeWrittenNothingIsGivenOrTakenAnyMore) {
  hand_overs_.set_view(view(2, {}), now_);
  hand_overs_.not_written(5, "the disk is broken", now_);
  hand_overs_.set_view(view(3, slots(2)), now_);
  hand_overs_.tick(now_);
  EXPECT_TRUE(questions().empty());
  EXPECT_TRUE(hand_overs_.serves(0)) << "what it owns it serves";
  EXPECT_THAT(hand_overs_.progress().last_failure.data(), HasSubstr("the disk is broken"));
}

TEST_F(OneShard, WithoutRoomForTheCommitTheSlotStaysAndIsServedAndGoesOnceThereIs) {
  hand_overs_.set_view(view(2, slots(1)), now_);
  const auto to_the_commit = [&] {
    const Message begin = questions().at(0);
    EXPECT_EQ(begin.kind, Kind::begin);
    answer(begin, 0, Kind::ready);
    while (hand_overs_.can_copy()) hand_overs_.go_on(now_);
    answer(begin, 0, Kind::settled);
    answer(begin, 0, Kind::prepared);
    EXPECT_FALSE(hand_overs_.serves(0));
    EXPECT_EQ(std::exchange(hand_overs_.wishes().writes, {}).size(), 1U);
    (void)questions();
    return begin;
  };
  to_the_commit();
  hand_overs_.no_room(0, "no space left", now_);
  EXPECT_EQ(questions().at(0).kind, Kind::abort);
  EXPECT_TRUE(hand_overs_.serves(0));
  EXPECT_EQ(hand_overs_.wishes().modes.back().kind, SlotMode::serving);
  EXPECT_THAT(hand_overs_.progress().last_failure.data(), HasSubstr("no space left"));
  hand_overs_.tick(now_);
  EXPECT_TRUE(questions().empty()) << "not at once";
  now_.steady_ms += kDiskRetryMs;
  hand_overs_.tick(now_);
  const Message begin = to_the_commit();
  hand_overs_.written(0, now_);
  EXPECT_EQ(questions().at(0).kind, Kind::grant);
  answer(begin, 0, Kind::owned);
  EXPECT_EQ(hand_overs_.progress().given_total, 1U);
}

TEST_F(OneShard, WithoutRoomForAPromiseTheSlotIsRefusedAndNothingIsReceivedForAWhile) {
  HandOvers taker(kMe, 3, 1, 0, std::vector<SlotTitle>(kSlots), store_, now_);
  taker.set_view(view(1, {}), now_);
  const auto ask = [&](Message question) {
    Bytes body;
    append_message(body, question);
    taker.asked(kOther, 4, body.view(), 1, now_);
    Message said{};
    auto answers = std::exchange(taker.wishes().answers, {});
    if (!answers.empty() && !read_message(answers[0].body.view(), said)) ADD_FAILURE() << "no message";
    return said.kind;
  };
  Message question{.kind = Kind::begin, .migration = {.boot = 1, .attempt = 1}, .term = 5, .number = 1};
  EXPECT_EQ(ask(question), Kind::ready);
  question.kind = Kind::finish;
  question.number = 0;
  ask(question);
  ASSERT_EQ(std::exchange(taker.wishes().writes, {}).size(), 1U);
  taker.no_room(4, "no space left", now_);
  Message said;
  ASSERT_TRUE(read_message(taker.wishes().answers.at(0).body.view(), said));
  EXPECT_EQ(said.kind, Kind::refused);
  taker.wishes().answers.clear();
  question = {.kind = Kind::begin, .migration = {.boot = 1, .attempt = 2}, .term = 5, .number = 1};
  EXPECT_EQ(ask(question), Kind::refused);
  now_.steady_ms += kDiskRetryMs;
  taker.tick(now_);
  EXPECT_EQ(ask(question), Kind::ready);
  // What was granted has to be written: it waits for room, and is written then.
  question.kind = Kind::finish;
  question.number = 0;
  ask(question);
  taker.written(4, now_);
  taker.wishes() = {};
  question.kind = Kind::grant;
  ask(question);
  ASSERT_EQ(std::exchange(taker.wishes().writes, {}).size(), 1U);
  taker.no_room(4, "no space left", now_);
  taker.tick(now_);
  EXPECT_TRUE(taker.wishes().writes.empty());
  now_.steady_ms += kDiskRetryMs;
  taker.tick(now_);
  ASSERT_EQ(std::exchange(taker.wishes().writes, {}).size(), 1U);
  taker.written(4, now_);
  EXPECT_TRUE(taker.serves(4));
}

TEST_F(OneShard, SlotsThatAreCopiedTakeTurns) {
  // As many keys in each of four slots as a turn can take many times.
  std::vector<Slot> four;
  for (const char* uid : {"a", "b", "c", "d"}) {
    four.push_back(slot_of(uid));
    for (int i = 0; i < 4'000; ++i) {
      store_.put_string(KeyRef::of("k" + std::to_string(i) + "{" + uid + "}"), std::string(100, 'v'),
                        store::Expiry::none(), now_.unix_ms);
    }
  }
  hand_overs_.set_view(view(2, four), now_);
  std::map<Slot, Message> begins;
  const std::vector<Message> asked_first = questions();
  for (std::size_t i = 0; i < asked_first.size(); ++i) begins[questions_[i].slot] = asked_first[i];
  for (const auto& [slot, begin] : begins) answer(begin, slot, Kind::ready);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(hand_overs_.can_copy());
    hand_overs_.go_on(now_);
  }
  std::map<Slot, std::size_t> sent;
  const auto messages = questions();
  for (std::size_t i = 0; i < messages.size(); ++i) sent[questions_[i].slot] += messages[i].rest.size();
  ASSERT_EQ(sent.size(), 4U);
  for (const auto& [slot, bytes] : sent) EXPECT_GE(bytes, kHandoffAheadBytes / 2);
}

}  // namespace
}  // namespace limpet::handoff
