// What is seen of slots that change hands: how fast they go, how much is left, and why; and that a rate is
// kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "counting.hpp"
#include "moving.hpp"

namespace limpet::shard {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kValueBytes = 2'000;

void set_large_keys(SimCluster& cluster) {
  const auto client = cluster.connect(0);
  for (unsigned i = 0; i < kKeys; ++i) {
    ASSERT_EQ(cluster.ask(client, "SET " + key(i) + " " + std::string(kValueBytes, 'v')), "OK");
  }
}

// A third node comes to two.
void add_a_node(SimCluster& cluster) {
  for (unsigned node = 0; node < 3; ++node) cluster.write_file(node, cluster_text(3, 2));
  cluster.start(2);
  for (unsigned node = 0; node < 2; ++node) ASSERT_TRUE(cluster.reload(node));
}

// What a node says in CLUSTER STATUS, by name of the node and of the field.
std::map<std::string, std::map<std::string, std::string>> status(SimCluster& cluster, unsigned node) {
  const auto client = cluster.connect(node);
  const auto reply = cluster.ask_for(client, "CLUSTER STATUS");
  std::map<std::string, std::map<std::string, std::string>> nodes;
  if (!reply) return nodes;
  for (const resp::Value& each : reply->elements) {
    std::map<std::string, std::string> fields;
    for (std::size_t i = 0; i + 1 < each.elements.size(); i += 2) {
      const resp::Value& value = each.elements[i + 1];
      fields[each.elements[i].text] =
          value.type == resp::Value::Type::integer ? std::to_string(value.integer) : value.text;
    }
    nodes[fields["name"]] = fields;
  }
  return nodes;
}

TEST(Seen, ANodeGivesNoFasterThanItsRateWhileClientsGoOn) {
  SimCluster::Options options = moving(3, 2);
  options.handover_rate = 10'000;
  SimCluster cluster(options);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_large_keys(cluster);
  Counting counting(cluster, 40, {});
  for (unsigned node = 0; node < 2; ++node) counting.add_client(node);
  add_a_node(cluster);
  const std::int64_t began_ms = cluster.now_ms();
  // Until the new node is there.
  cluster.run_for(300);
  const auto failed = [&] {
    return cluster.stats(0).handoff.failed_total + cluster.stats(1).handoff.failed_total;
  };
  const std::uint64_t failed_before = failed();
  while (!cluster.settled() && cluster.now_ms() - began_ms < 60'000) {
    counting.send_some();
    cluster.run_for(20);
    counting.crowd.collect();
    const auto passed_ms = static_cast<std::uint64_t>(cluster.now_ms() - began_ms);
    for (unsigned node = 0; node < 2; ++node) {
      // Two shards; a moment's burst and a step of each, and what is changed and sent in any case.
      const std::uint64_t most = 20 * passed_ms + 2 * (1'000 + 8 * (kValueBytes + 100)) + 20'000;
      ASSERT_LE(cluster.stats(node).handoff.sent_total, most) << passed_ms;
    }
  }
  ASSERT_TRUE(cluster.settled()) << tail(cluster);
  EXPECT_GE(cluster.now_ms() - began_ms, 2'000);
  cluster.run_for(2'000);
  counting.crowd.collect();
  counting.crowd.expect_all_answered();
  EXPECT_GT(counting.crowd.acknowledged, 200);
  EXPECT_EQ(counting.crowd.in_doubt + counting.crowd.refused, 0);
  counting.check(2);
  EXPECT_EQ(failed(), failed_before);
}

TEST(Seen, WhatIsLeftAndHowFastItGoesIsToldByEveryNode) {
  SimCluster::Options options = moving(3, 2);
  options.handover_rate = 10'000;
  SimCluster cluster(options);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_large_keys(cluster);
  add_a_node(cluster);
  cluster.run_for(2'000);
  auto said = status(cluster, 2);
  ASSERT_EQ(said.size(), 3U);
  const auto number = [&](const std::string& node, const std::string& field) {
    EXPECT_TRUE(said[node].contains(field)) << field;
    return std::stol("0" + said[node][field]);
  };
  EXPECT_GT(number("n1", "sessions_to_give"), 5);
  EXPECT_GT(number("n1", "slots_to_give"), number("n1", "sessions_to_give"));
  EXPECT_GT(number("n1", "sessions_given_per_second"), 0);
  EXPECT_GT(number("n1", "bytes_given_per_second"), 5'000);
  EXPECT_LT(number("n1", "bytes_given_per_second"), 40'000);
  EXPECT_GT(number("n1", "seconds_left"), 0);
  EXPECT_NEAR(static_cast<double>(number("n1", "slots_placed")), 5'461, 110);
  EXPECT_EQ(said["n1"]["weight"], "1");
  EXPECT_EQ(number("n3", "sessions_to_give"), 0);
  EXPECT_EQ(said["n3"]["seconds_left"], "");
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  cluster.run_for(7'000);
  said = status(cluster, 0);
  EXPECT_EQ(number("n1", "sessions_to_give"), 0);
  EXPECT_EQ(number("n1", "bytes_given_per_second"), 0);
  std::uint64_t sessions = 0;
  for (unsigned node = 0; node < 3; ++node) sessions += cluster.stats(node).handoff.sessions_total;
  EXPECT_EQ(sessions, cluster.stats(2).store.sessions);
}

TEST(Seen, OperationsAreCountedWhereTheSessionsAre) {
  SimCluster cluster(moving(2, 2));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const auto client = cluster.connect(0);
  const std::string far = cluster.key_of(1, 0);
  for (int i = 0; i < 100; ++i) {
    cluster.send(client, "GET " + far + "\r\nPING\r\n");
    cluster.run_for(50);
  }
  auto said = status(cluster, 0);
  EXPECT_NEAR(std::stod(said["n2"]["ops_per_second"]), 20, 3);
  EXPECT_EQ(said["n1"]["ops_per_second"], "0") << "it has forwarded them, and PING concerns no session";
  cluster.run_for(7'000);
  EXPECT_EQ(status(cluster, 0)["n2"]["ops_per_second"], "0");
}

TEST(Seen, TheLogSaysOfEachSlotWhoGotItHowMuchItWasAndWhy) {
  SimCluster cluster(moving(3, 2));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  add_a_node(cluster);
  cluster.run_for(100);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_THAT(cluster.notes(),
              Contains(::testing::ContainsRegex("slot [0-9]+ was handed over to n3 \\(epoch 2 of the cluster "
                                                "file\\): [0-9]+ sessions, [0-9]+ bytes in [0-9]+ ms, "
                                                "[0-9]+ of them frozen")));
  EXPECT_THAT(cluster.notes(),
              Contains(::testing::ContainsRegex("was received from n[12]: [0-9]+ sessions")));
  cluster.leave(2);
  cluster.run_for(100);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_THAT(cluster.notes(), Contains(HasSubstr("was handed over to n1 (this node leaves): ")));
  cluster.kill(2);
  cluster.start(2);
  cluster.run_for(1'500);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_THAT(cluster.notes(), Contains(HasSubstr("was handed over to n3 (it is back): ")));
}

TEST(Seen, WhyASlotCannotBeGivenIsToldUntilItCan) {
  SimCluster cluster(moving(3, 2));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  for (unsigned node = 0; node < 2; ++node) {
    cluster.write_file(node, cluster_text(3, 2));
    ASSERT_TRUE(cluster.reload(node));
  }
  cluster.run_for(2'000);
  EXPECT_THAT(status(cluster, 0)["n1"]["last_failure"], AllOf(HasSubstr("n3: "), HasSubstr("reached")));
  EXPECT_THAT(cluster.notes(),
              Contains(HasSubstr("was not handed over to n3 (epoch 2 of the cluster file), and stays: ")));
  cluster.write_file(2, cluster_text(3, 2));
  cluster.start(2);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(status(cluster, 0)["n1"]["last_failure"], "");
}

}  // namespace
}  // namespace limpet::shard
