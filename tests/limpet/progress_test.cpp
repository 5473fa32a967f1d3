#include "progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace limpet::client {
namespace {

using resp::Value;
using ::testing::HasSubstr;
using ::testing::Not;

struct Said {
  std::string name;
  std::string state = "up";
  std::int64_t slots = 0;
  std::int64_t to_give = 0;
  std::int64_t giving = 0;
  std::int64_t receiving = 0;
  std::int64_t epoch = 1;
  bool answers = true;
  std::int64_t sessions = 0;  // to give
  std::int64_t per_second = 0;
  std::string seconds_left = {};
  std::string last_failure = {};
  std::string digest = "d1";
  std::int64_t forgotten = 0;
  std::string data_directory = {};
  std::int64_t unreachable = 0;
  std::int64_t unheld = 0;
  std::string why_unheld = {};
};

Value text(std::string_view bytes) {
  Value value;
  value.type = Value::Type::bulk;
  value.text = bytes;
  return value;
}

Value status_of(const std::vector<Said>& nodes) {
  Value status;
  status.type = Value::Type::array;
  for (const Said& said : nodes) {
    Value node;
    node.type = Value::Type::array;
    const auto add = [&](std::string_view name, const std::string& value) {
      node.elements.push_back(text(name));
      node.elements.push_back(text(value));
    };
    add("name", said.name);
    add("state", said.state);
    add("slots", std::to_string(said.slots));
    if (said.answers) {
      add("slots_to_give", std::to_string(said.to_give));
      add("slots_giving", std::to_string(said.giving));
      add("slots_receiving", std::to_string(said.receiving));
      add("epoch", std::to_string(said.epoch));
      add("digest", said.digest);
      add("sessions_to_give", std::to_string(said.sessions));
      add("sessions_given_per_second", std::to_string(said.per_second));
      add("bytes_given_per_second", std::to_string(1000 * said.per_second));
      add("seconds_left", said.seconds_left);
      add("last_failure", said.last_failure);
      add("slots_forgotten", std::to_string(said.forgotten));
      add("data_directory", said.data_directory);
      add("slots_unreachable", std::to_string(said.unreachable));
      add("slots_unheld", std::to_string(said.unheld));
      add("why_unheld", said.why_unheld);
    } else {
      add("error", "CLUSTERDOWN no");
    }
    status.elements.push_back(std::move(node));
  }
  return status;
}

TEST(Progress, AClusterHasSettledOnceNothingIsOnItsWay) {
  EXPECT_TRUE(progress_of(status_of({{"n1"}, {"n2"}})).settled);
  const Progress giving = progress_of(status_of({{.name = "n1", .to_give = 7, .giving = 3}, {"n2"}}));
  EXPECT_FALSE(giving.settled);
  EXPECT_EQ(giving.left, 7U);
  EXPECT_FALSE(progress_of(status_of({{.name = "n1", .giving = 1}})).settled);
  EXPECT_FALSE(progress_of(status_of({{.name = "n1", .receiving = 1}})).settled);
}

TEST(Progress, ANodeThatHasNotReadTheNewestFileIsNamed) {
  const Progress progress = progress_of(status_of({{.name = "n1", .epoch = 2}, {.name = "n2", .epoch = 1}}));
  EXPECT_FALSE(progress.settled);
  EXPECT_THAT(progress.waits_for, HasSubstr("n2 has read epoch 1"));
}

TEST(Progress, OtherContentAtOneEpochIsToldApart) {
  const Progress progress = progress_of(status_of({{"n1"}, {.name = "n2", .digest = "d2"}}));
  EXPECT_FALSE(progress.settled);
  EXPECT_FALSE(progress.one_file);
  EXPECT_EQ(progress.waits_for, "node n2 runs another cluster file of epoch 1");
}

TEST(Progress, WhyANodeCannotGiveIsTold) {
  const Progress progress = progress_of(
      status_of({{.name = "n1", .to_give = 3, .last_failure = "n2: its memory is full"}, {"n2"}}));
  EXPECT_EQ(progress.waits_for, "node n1 could not give a slot to n2: its memory is full");
}

TEST(Progress, EverybodyThatIsWaitedForIsNamed) {
  const Progress progress = progress_of(status_of({{.name = "n1", .epoch = 2},
                                                   {.name = "n2", .state = "unreachable", .answers = false},
                                                   {.name = "n3", .epoch = 1}}));
  EXPECT_EQ(
      progress.waits_for,
      "node n2 does not answer (CLUSTERDOWN no); node n3 has read epoch 1 of the cluster file, not 2 yet");
}

TEST(Progress, ItGoesAsFastAsAllNodesAndTakesAsLongAsTheLastOfThem) {
  const Progress progress = progress_of(
      status_of({{.name = "n1", .to_give = 10, .sessions = 100, .per_second = 20, .seconds_left = "5"},
                 {.name = "n2", .to_give = 20, .sessions = 300, .per_second = 30, .seconds_left = "10"},
                 {.name = "n3", .receiving = 2}}));
  EXPECT_EQ(progress.left, 32U);
  EXPECT_EQ(progress.sessions, 400U);
  EXPECT_EQ(progress.seconds_left, 10U);
  EXPECT_EQ(pace_text(progress), "50 sessions/s, 50.0 kB/s, 10 s left");
  const Progress unsure = progress_of(status_of(
      {{.name = "n1", .to_give = 10, .per_second = 20, .seconds_left = "5"}, {.name = "n2", .to_give = 20}}));
  EXPECT_FALSE(unsure.seconds_left) << "of n2 nobody knows";
}

TEST(Progress, ANodeThatDoesNotAnswerIsWaitedForUnlessItIsAway) {
  EXPECT_THAT(
      progress_of(status_of({{"n1"}, {.name = "n2", .state = "unreachable", .answers = false}})).waits_for,
      HasSubstr("n2"));
  EXPECT_TRUE(progress_of(status_of({{"n1"}, {.name = "n2", .state = "down", .answers = false}})).settled);
  EXPECT_TRUE(progress_of(status_of({{"n1"}, {.name = "n2", .state = "left", .answers = false}})).settled);
}

TEST(Progress, NothingIsSettledWhileANodeThatIsAwayHoldsSlots) {
  for (const char* state : {"unreachable", "down", "left"}) {
    const Progress progress =
        progress_of(status_of({{"n1"}, {.name = "n2", .state = state, .slots = 825, .answers = false}}));
    EXPECT_FALSE(progress.settled) << state;
    EXPECT_EQ(progress.unreachable, 825U);
    const std::string text = progress_text(progress, {}, false);
    EXPECT_THAT(text,
                ::testing::StartsWith(
                    "waits: node n2 does not answer (CLUSTERDOWN no), and its 825 slots are out of reach"));
    EXPECT_EQ(text.find("`limpet cluster claim n2`") != std::string::npos, state == std::string("down"));
  }
}

TEST(Progress, WhatADiskHasForgottenIsNotSettledAndTheWayOutKeepsWhatIsServed) {
  const Progress none = progress_of(
      status_of({{"n1"}, {.name = "n2", .forgotten = 825, .data_directory = "knows of no slot"}}));
  EXPECT_FALSE(none.settled);
  EXPECT_EQ(none.forgotten, 825U);
  EXPECT_THAT(none.waits_for,
              HasSubstr("node n2 held 825 slots and has a data directory that knows of no slot"));
  EXPECT_THAT(none.waits_for, HasSubstr("`limpet cluster claim n2`"));
  Said old{.name = "n2", .slots = 5, .forgotten = 3, .data_directory = "an old copy"};
  const Progress serves = progress_of(status_of({{"n1"}, old}));
  EXPECT_FALSE(serves.settled);
  EXPECT_THAT(serves.waits_for, HasSubstr("the data directory of node n2 is an old copy"));
  EXPECT_THAT(serves.waits_for,
              HasSubstr("`limpet cluster drain n2`, so that what it serves is kept, stop it, "
                        "write state = \"down\" for it, reload, and `limpet cluster claim n2`"));
  EXPECT_THAT(serves.waits_for, Not(HasSubstr("empty")));
  old.slots = 0;
  EXPECT_THAT(progress_of(status_of({{"n1"}, old})).waits_for, Not(HasSubstr("drain")))
      << "it serves nothing";
}

TEST(Progress, WhyNobodyHoldsSlotsIsSaidOnceForEachReason) {
  const Progress progress = progress_of(
      status_of({{.name = "n1", .unheld = 3, .why_unheld = "the holder may be node n4, which is not heard"},
                 {.name = "n2", .unheld = 4, .why_unheld = "the holder may be node n4, which is not heard"},
                 {.name = "n3", .unheld = 1, .why_unheld = "claim n3"}}));
  EXPECT_EQ(progress.waits_for,
            "8 slots have no holder: the holder may be node n4, which is not heard; claim n3");
}

TEST(Progress, SlotsAreOutOfReachOfANodeThatAnswersOnlyIfAnotherReachesThem) {
  const Said silent{.name = "n3", .state = "unreachable", .slots = 5, .answers = false};
  const Progress all =
      progress_of(status_of({{.name = "n1", .unreachable = 5}, {.name = "n2", .unreachable = 5}, silent}));
  EXPECT_EQ(all.unreachable, 5U);
  EXPECT_EQ(all.cut_off + all.placed_there, 0U);
  const Progress unknown =
      progress_of(status_of({{.name = "n1", .unreachable = 9}, {.name = "n2", .unreachable = 9}, silent}));
  EXPECT_EQ(unknown.unreachable, 9U);
  EXPECT_EQ(unknown.placed_there, 4U);
  EXPECT_THAT(unknown.waits_for, HasSubstr("4 slots are to be with a node that does not answer"));
  EXPECT_THAT(unknown.waits_for, Not(HasSubstr("of a node that answers")));
  const Progress cut = progress_of(status_of({{.name = "n1", .unreachable = 5}, {.name = "n2"}}));
  EXPECT_EQ(cut.unreachable, 5U);
  EXPECT_EQ(cut.waits_for, "5 slots are out of reach of a node that answers");
}

TEST(Progress, ADrainIsDoneOnceTheNodeHoldsNothing) {
  EXPECT_FALSE(progress_of_node(status_of({{.name = "n1", .slots = 9, .to_give = 9}, {"n2"}}), "n1").settled);
  const Progress done = progress_of_node(status_of({{"n1"}, {.name = "n2", .to_give = 4}}), "n1");
  EXPECT_TRUE(done.settled);
  EXPECT_FALSE(done.lost);
}

TEST(Progress, ADrainThatNobodyCanHelpWithSaysSo) {
  const Progress stuck = progress_of_node(status_of({{.name = "n1", .slots = 9}}), "n1");
  EXPECT_TRUE(stuck.settled);
  EXPECT_TRUE(stuck.lost);
  EXPECT_THAT(progress_text(stuck, {.slots = 9}, true), HasSubstr("nobody can take the 9 slots"));
  EXPECT_TRUE(progress_of_node(status_of({{"n1"}}), "n9").lost);
}

TEST(Progress, ADrainThatLeavesForgottenSlotsSaysSo) {
  const Progress drained =
      progress_of_node(status_of({{.name = "n1", .forgotten = 7, .data_directory = "an old copy"}}), "n1");
  EXPECT_TRUE(drained.settled);
  EXPECT_TRUE(drained.lost);
  EXPECT_THAT(progress_text(drained, {}, true), HasSubstr("from before it held 7 slots last"));
  EXPECT_FALSE(
      progress_of_node(status_of({{.name = "n1", .slots = 1, .to_give = 1, .forgotten = 7}}), "n1").settled)
      << "the others are given first";
}

TEST(Progress, ABarShowsWhatHasBeenDoneInSessions) {
  const Progress half{.left = 80,
                      .sessions = 500,
                      .sessions_per_second = 100,
                      .bytes_per_second = 2'000'000,
                      .seconds_left = 5};
  EXPECT_EQ(progress_text(half, {.slots = 100, .sessions = 1'000}, true),
            "[###############...............] 500 of 1000 sessions and 80 of 100 slots to go; "
            "100 sessions/s, 2.0 MB/s, 5 s left");
}

TEST(Progress, WithoutSessionsTheSlotsAreShown) {
  const Progress half{.left = 50};
  EXPECT_THAT(progress_text(half, {.slots = 100}, true),
              HasSubstr("[###############...............] 50 of 100 slots"));
  EXPECT_EQ(progress_text(half, {.slots = 100}, false), "50 of 100 slots to go");
}

TEST(Progress, TheEndSaysHowMuchHasMoved) {
  Most most;
  most.take({.left = 7, .sessions = 90});
  most.take({.left = 9, .sessions = 70});
  EXPECT_EQ(progress_text({.settled = true}, most, true), "settled: 9 slots with 90 sessions have moved");
}

}  // namespace
}  // namespace limpet::client
