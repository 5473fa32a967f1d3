// How fast slots are given away where an operator has set a rate.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/hand_overs.hpp>
#include <limpet/handoff/pace.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace limpet::handoff {
namespace {

constexpr std::uint64_t kRate = 100'000;

class PaceTest : public ::testing::Test {
 protected:
  void pass(std::int64_t ms) {
    now_.steady_ms += ms;
    pace_.go_on(now_);
  }
  // What could be copied in that time, a step of 1,000 bytes whenever there is room for one.
  std::uint64_t copied_in(std::int64_t ms) {
    std::uint64_t copied = 0;
    for (const std::int64_t end = now_.steady_ms + ms; now_.steady_ms < end; pass(10)) {
      for (; pace_.room() > 0; copied += 1'000) pace_.copied(1'000);
    }
    return copied;
  }

  Now now_{.steady_ms = 1'000'000};
  Pace pace_;
};

TEST_F(PaceTest, WithoutARateThereIsAlwaysRoom) {
  pace_.copied(1'000'000'000);
  EXPECT_EQ(pace_.room(), Pace::kUnlimited);
}

TEST_F(PaceTest, AsMuchIsCopiedAsTheRateAllows) {
  pace_.set_rate(kRate, now_);
  EXPECT_EQ(pace_.room(), 0U);
  const std::uint64_t copied = copied_in(10'000);
  EXPECT_LE(copied, 10 * kRate + kRate * kPaceBurstMs / 1'000 + 1'000);
  EXPECT_GE(copied, 10 * kRate - kRate / 10);
}

TEST_F(PaceTest, APauseLeavesOverNoMoreThanAMoment) {
  pace_.set_rate(kRate, now_);
  pass(60'000);
  EXPECT_EQ(pace_.room(), kRate * kPaceBurstMs / 1'000);
}

TEST_F(PaceTest, AStepThatTookMoreIsPaidForByAPause) {
  pace_.set_rate(kRate, now_);
  pass(10);
  pace_.copied(2 * kRate);
  pass(1'900);
  EXPECT_EQ(pace_.room(), 0U);
  pass(200);
  EXPECT_GT(pace_.room(), 0U);
}

TEST_F(PaceTest, ARateBelowAByteForATickIsARateStill) {
  pace_.set_rate(3, now_);
  std::uint64_t copied = 0;
  for (int i = 0; i < 2'000; ++i, pass(50)) {
    for (; pace_.room() > 0; ++copied) pace_.copied(1);
  }
  EXPECT_NEAR(static_cast<double>(copied), 300, 2);
}

TEST_F(PaceTest, ChangesTakeHalfOfItAtMostAndNothingOnceTheyAreOver) {
  pace_.set_rate(kRate, now_);
  std::uint64_t copied = 0;
  for (int i = 0; i < 100; ++i) {
    pace_.changed(10 * kRate);
    copied += copied_in(100);
  }
  EXPECT_NEAR(static_cast<double>(copied), 5.0 * kRate, 0.1 * kRate);
  (void)copied_in(2'000);
  EXPECT_GE(copied_in(1'000), kRate - 2'000);
}

TEST_F(PaceTest, AnotherRateCountsAtOnce) {
  pace_.set_rate(kRate, now_);
  (void)copied_in(1'000);
  pace_.set_rate(10 * kRate, now_);
  EXPECT_GE(copied_in(1'000), 9 * kRate);
  pace_.set_rate(0, now_);
  EXPECT_EQ(pace_.room(), Pace::kUnlimited);
  pace_.set_rate(kRate, now_);
  EXPECT_EQ(pace_.room(), 0U) << "what was copied without a limit counts for nothing";
  EXPECT_LE(copied_in(1'000), kRate + kRate / 5);
}

// Two nodes of one shard; the first gives, and every message takes a step to arrive.
class Pair : public ::testing::Test {
 protected:
  static constexpr Member kGiver = 0;
  static constexpr Member kTaker = 1;
  static constexpr std::int64_t kStepMs = 10;
  static constexpr unsigned kUids = 20;
  static constexpr unsigned kKeysOfEach = 200;

  struct Node {
    Node(Member self, const std::vector<SlotTitle>& titles, Now now)
        : store(self + 1), hand_overs(self, 3, 1, 0, titles, store, now) {}
    store::Store store;
    HandOvers hand_overs;
  };
  struct Post {
    std::int64_t at_ms = 0;
    Member to = 0;
    bool question = false;
    Slot slot = 0;
    std::string bytes;
    std::string answers;  // the question that it answers
  };

  Pair() {
    const SlotTitle own{.title = {.kind = Title::Kind::own, .term = {1}}, .promise = {}};
    nodes_[kGiver] = std::make_unique<Node>(kGiver, std::vector<SlotTitle>(kSlots, own), now_);
    nodes_[kTaker] = std::make_unique<Node>(kTaker, std::vector<SlotTitle>(kSlots), now_);
    for (unsigned uid = 0; uid < kUids; ++uid) {
      for (unsigned i = 0; i < kKeysOfEach; ++i) put(uid, i, std::string(400, 'v'));
    }
  }

  static std::string key(unsigned uid, unsigned i) {
    return std::to_string(i) + "{u" + std::to_string(uid) + "}";
  }
  HandOvers& giver() { return nodes_[kGiver]->hand_overs; }
  void put(unsigned uid, unsigned i, std::string_view value) {
    const std::string text = key(uid, i);
    nodes_[kGiver]->store.put_string(KeyRef::of(text), value, store::Expiry::none(), now_.unix_ms);
  }
  // A command of a client at the giver. False: it has to wait, or the slot is the other's.
  bool change(unsigned uid, unsigned i, const std::string& value) {
    const Slot slot = KeyRef::of(key(uid, i)).slot;
    if (!giver().serves(slot)) return false;
    put(uid, i, value);
    if (!giver().is_moving_out(slot)) return true;
    Bytes bytes;
    store::EffectWriter writer;
    writer.begin(bytes);
    writer.put_string(key(uid, i), value, kNoExpiry);
    giver().changed(slot, bytes.view());
    drain(kGiver);
    return true;
  }
  std::string at_taker(unsigned uid, unsigned i) {
    const std::string text = key(uid, i);
    const store::Item item = nodes_[kTaker]->store.peek(KeyRef::of(text), now_.unix_ms);
    return item ? std::string(item.string()) : "";
  }
  void begin(std::uint64_t rate) {
    HandOverView view{.epoch = 1, .owners = std::vector<Member>(kSlots, kGiver)};
    for (unsigned uid = 0; uid < kUids; ++uid) view.owners[KeyRef::of(key(uid, 0)).slot] = kTaker;
    giver().set_rate(rate, now_);
    for (auto& node : nodes_) node->hand_overs.set_view(view, now_);
    for (const Member node : {kGiver, kTaker}) drain(node);
  }
  // Has done what a node wants; what it sends is under way.
  void drain(Member self) {
    HandOvers& hand_overs = nodes_[self]->hand_overs;
    const HandOvers::Wishes wishes = std::exchange(hand_overs.wishes(), {});
    for (const auto& question : wishes.questions) {
      Message message;
      ASSERT_TRUE(read_message(question.body.view(), message));
      sent_ += message.kind == Kind::piece ? message.rest.size() : 0;
      post({now_.steady_ms + kStepMs,
            question.to,
            true,
            question.slot,
            std::string(question.body.view()),
            {}});
    }
    for (const auto& answer : wishes.answers) {
      const auto [slot, asked] = asked_.extract(answer.ticket).mapped();
      const Member to = self == kGiver ? kTaker : kGiver;
      post({now_.steady_ms + kStepMs, to, false, slot, std::string(answer.body.view()), asked});
    }
    for (const auto& turn : wishes.modes) {
      if (self == kGiver) note_turn(turn);
    }
    for (const Slot slot : wishes.syncs) hand_overs.settled(slot, now_);
    for (const auto& write : wishes.writes) hand_overs.written(write.slot, now_);
    if (!wishes.writes.empty() || !wishes.syncs.empty()) drain(self);
  }
  void note_turn(const ModeChange& turn) {
    if (turn.kind == SlotMode::frozen) {
      frozen_[turn.slot] = now_.steady_ms;
    } else if (const auto since = frozen_.find(turn.slot); since != frozen_.end()) {
      longest_freeze_ms_ = std::max(longest_freeze_ms_, now_.steady_ms - since->second);
      frozen_.erase(since);
    }
  }
  void post(Post post) {
    if (!cut_) net_.push_back(std::move(post));
  }
  void arrive(const Post& post) {
    HandOvers& to = nodes_[post.to]->hand_overs;
    if (post.question) {
      asked_[++tickets_] = {post.slot, post.bytes};
      to.asked(post.to == kGiver ? kTaker : kGiver, post.slot, post.bytes, tickets_, now_);
    } else {
      to.answered(post.to == kGiver ? kTaker : kGiver, post.slot, post.bytes, now_);
    }
    drain(post.to);
  }
  void step() {
    now_.steady_ms += kStepMs;
    now_.unix_ms += kStepMs;
    for (; !net_.empty() && net_.front().at_ms <= now_.steady_ms; net_.pop_front()) arrive(net_.front());
    if (now_.steady_ms % kTickMs == 0) {
      for (const Member node : {kGiver, kTaker}) {
        nodes_[node]->hand_overs.tick(now_);
        drain(node);
      }
    }
    while (giver().can_copy()) {
      giver().go_on(now_);
      drain(kGiver);
    }
  }
  void run_for(std::int64_t ms) {
    for (const std::int64_t end = now_.steady_ms + ms; now_.steady_ms < end;) step();
  }
  bool run_until_given(std::int64_t ms_max) {
    for (const std::int64_t end = now_.steady_ms + ms_max; now_.steady_ms < end; step()) {
      if (giver().progress().to_give + giver().progress().giving == 0) return true;
    }
    return false;
  }
  void expect_all_at_taker() {
    for (unsigned uid = 0; uid < kUids; ++uid) {
      EXPECT_EQ(nodes_[kTaker]->store.keys_in(KeyRef::of(key(uid, 0)).slot), kKeysOfEach);
    }
    EXPECT_EQ(nodes_[kGiver]->store.stats().keys, 0U);
  }

  Now now_{.steady_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  std::unique_ptr<Node> nodes_[2];
  std::deque<Post> net_;
  std::map<std::uint64_t, std::pair<Slot, std::string>> asked_;  // by ticket
  std::uint64_t tickets_ = 0;
  std::uint64_t sent_ = 0;  // bytes of slots
  std::map<Slot, std::int64_t> frozen_;
  std::int64_t longest_freeze_ms_ = 0;
  bool cut_ = false;
};

TEST_F(Pair, OverAnyTimeNoMoreLeavesThanTheRateAllowsAndAllOfItArrives) {
  begin(kRate);
  std::vector<std::uint64_t> sent;
  while (giver().progress().to_give > 0 && sent.size() < 10'000) {
    step();
    sent.push_back(sent_);
  }
  EXPECT_TRUE(run_until_given(1'000));
  expect_all_at_taker();
  EXPECT_GE(sent_, kUids * kKeysOfEach * 400);
  constexpr std::uint64_t kStep = 16 * 450;  // keys of a step of the copying, at most
  constexpr std::uint64_t kBurst = kRate * kPaceBurstMs / 1'000 + kStep;
  for (std::size_t from = 0; from < sent.size(); ++from) {
    for (std::size_t to = from + 1; to < sent.size(); to += 7) {
      ASSERT_LE(sent[to] - sent[from], kRate * (to - from) * kStepMs / 1'000 + kBurst)
          << from << " to " << to;
    }
  }
  const auto seconds = static_cast<double>(sent.size()) * kStepMs / 1e3;
  EXPECT_NEAR(seconds, static_cast<double>(sent_) / kRate, 1.5);
}

TEST_F(Pair, ARateMakesNoFreezeLonger) {
  begin(kRate);
  EXPECT_TRUE(run_until_given(60'000));
  // The last pieces and the question whether all is there go one way, its answer the other.
  EXPECT_LE(longest_freeze_ms_, 3 * kStepMs);
  EXPECT_EQ(giver().progress().failed_total, 0U);
}

TEST_F(Pair, WithoutARateNothingWaits) {
  begin(0);
  EXPECT_TRUE(run_until_given(1'000));
  EXPECT_LE(longest_freeze_ms_, 3 * kStepMs);
  expect_all_at_taker();
}

TEST_F(Pair, WhatIsChangedMeanwhileIsSentWhateverTheRate) {
  begin(1'000);
  run_for(1'000);
  const std::uint64_t before = sent_;
  for (int i = 0; i < 100; ++i) {
    const std::string value = std::string(500, 'c') + std::to_string(i);
    std::vector<unsigned> begun;
    for (unsigned uid = 0; uid < kUids; ++uid) {
      if (nodes_[kTaker]->store.keys_in(KeyRef::of(key(uid, 0)).slot) > 0) begun.push_back(uid);
      ASSERT_TRUE(change(uid, 0, value));
    }
    ASSERT_FALSE(begun.empty());
    run_for(kTickMs + kStepMs);
    for (const unsigned uid : begun) ASSERT_EQ(at_taker(uid, 0), value);
  }
  EXPECT_GT(sent_ - before, 100 * 500U) << "far more than the rate";
  EXPECT_LT(sent_ - before, 4 * 100 * 500U) << "but nothing of slots whose turn has not come";
}

TEST_F(Pair, ASlotThatIsChangedAllTheTimeGetsOverAllTheSame) {
  begin(kRate);
  const std::int64_t began_ms = now_.steady_ms;
  bool given = false;
  for (int i = 0; !given && i < 10'000; ++i) {
    for (unsigned uid = 0; uid < kUids; ++uid)
      (void)change(uid, 0, std::string(500, 'c') + std::to_string(i));
    step();
    given = giver().progress().to_give == 0;
  }
  EXPECT_TRUE(given);
  const double undisturbed_ms = kUids * kKeysOfEach * 400 * 1e3 / kRate;
  EXPECT_GE(static_cast<double>(now_.steady_ms - began_ms), 1.5 * undisturbed_ms);
  EXPECT_TRUE(run_until_given(1'000));
  expect_all_at_taker();
}

TEST_F(Pair, ALowRateIsNoSilence) {
  begin(50);
  run_for(20 * kHandoffSilenceMs);
  for (const auto& node : nodes_) EXPECT_EQ(node->hand_overs.progress().failed_total, 0U);
  EXPECT_LE(sent_, 50U * 20 * kHandoffSilenceMs / 1'000 + 16 * 450);
  EXPECT_GT(giver().progress().to_give, 10U);
}

TEST_F(Pair, ANodeThatIsGoneIsNoticedThoughTheRateIsLow) {
  begin(50);
  run_for(10'000);
  cut_ = true;
  net_.clear();
  run_for(kHandoffSilenceMs + 2 * kHandoffKeepaliveMs);
  EXPECT_GT(giver().progress().failed_total, 0U);
}

TEST_F(Pair, ARateThatIsChangedMeanwhileCountsAtOnce) {
  begin(50);
  run_for(10'000);
  EXPECT_GT(giver().progress().to_give, 10U);
  giver().set_rate(0, now_);
  EXPECT_TRUE(run_until_given(1'000));
  expect_all_at_taker();
}

TEST_F(Pair, WhatIsToBeGivenAndWhatWasIsCountedInSessions) {
  begin(kRate);
  EXPECT_EQ(giver().sessions_to_give(), kUids);
  EXPECT_TRUE(run_until_given(60'000));
  EXPECT_EQ(giver().sessions_to_give(), 0U);
  EXPECT_EQ(giver().progress().sessions_total, kUids);
  EXPECT_EQ(giver().progress().sent_total, giver().progress().bytes_total);
  EXPECT_GT(giver().progress().took_ms_total, 1'000U);
}

}  // namespace
}  // namespace limpet::handoff
