#include "progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace limpet::client {
namespace {

using resp::Value;
using ::testing::HasSubstr;

struct Said {
  std::string name;
  std::string state = "up";
  std::int64_t slots = 0;
  std::int64_t to_give = 0;
  std::int64_t giving = 0;
  std::int64_t receiving = 0;
  std::int64_t epoch = 1;
  bool answers = true;
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

TEST(Progress, ANodeThatDoesNotAnswerIsWaitedForUnlessItIsAway) {
  EXPECT_THAT(
      progress_of(status_of({{"n1"}, {.name = "n2", .state = "unreachable", .answers = false}})).waits_for,
      HasSubstr("n2"));
  EXPECT_TRUE(progress_of(status_of({{"n1"}, {.name = "n2", .state = "down", .answers = false}})).settled);
  EXPECT_TRUE(progress_of(status_of({{"n1"}, {.name = "n2", .state = "left", .answers = false}})).settled);
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
  EXPECT_THAT(progress_text(stuck, 9, true), HasSubstr("nobody can take the 9 slots"));
  EXPECT_TRUE(progress_of_node(status_of({{"n1"}}), "n9").lost);
}

TEST(Progress, ABarShowsWhatHasBeenDone) {
  const Progress half{.left = 50};
  EXPECT_THAT(progress_text(half, 100, true), HasSubstr("[###############...............] 50 of 100"));
  EXPECT_EQ(progress_text(half, 100, false), "50 of 100 slots to go");
}

}  // namespace
}  // namespace limpet::client
