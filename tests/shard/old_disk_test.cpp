// Whole clusters in which a data directory of the past is put back: what others hold by then stays theirs,
// however often the node is started and killed, and everything is served again.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "moving.hpp"

namespace limpet::shard {
namespace {

void edit(SimCluster& cluster, const std::vector<FileNode>& nodes, std::uint64_t epoch) {
  for (unsigned node = 0; node < nodes.size(); ++node) {
    cluster.write_file(node, cluster_text(nodes, epoch));
    if (!cluster.alive(node)) continue;
    EXPECT_TRUE(cluster.reload(node));
  }
  cluster.run_for(100);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
}

const std::vector<FileNode> kAllUp(3);
const std::vector<FileNode> kFirstDrained{{.state = "draining"}, {}, {}};

void write_all(SimCluster& cluster, unsigned node, const std::string& value) {
  const auto client = cluster.connect(node);
  for (unsigned i = 0; i < kKeys; ++i)
    ASSERT_EQ(cluster.ask(client, "SET " + key(i) + " " + value), "OK") << i;
}

// Of the keys, those that this node answers otherwise.
std::vector<std::string> others_than(SimCluster& cluster, unsigned node, const std::string& value) {
  std::vector<std::string> others;
  const auto client = cluster.connect(node);
  for (unsigned i = 0; i < kKeys; ++i) {
    const std::string reply = cluster.ask(client, "GET " + key(i));
    if (reply != value) others.push_back(reply);
  }
  return others;
}

// Kills n1 as soon as it has started, so and so often, before it has heard anybody, and after.
void start_and_kill(SimCluster& cluster, unsigned times) {
  for (unsigned start = 0; start < times; ++start) {
    cluster.start(0);
    cluster.run_for(1 + 400 * (start % 2));
    cluster.kill(0);
  }
}

TEST(OldDisk, WhatOthersHoldByNowStaysTheirsHoweverOftenItsNodeIsKilled) {
  for (const unsigned kills : {0U, 5U}) {
    SimCluster cluster(moving(3, 3, 7 + kills));
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    ASSERT_NO_FATAL_FAILURE(write_all(cluster, 0, "old"));
    const SimDisk past = cluster.disk(0);
    ASSERT_NO_FATAL_FAILURE(edit(cluster, kFirstDrained, 2));
    ASSERT_EQ(cluster.stats(0).handoff.slots, 0U);
    ASSERT_NO_FATAL_FAILURE(write_all(cluster, 1, "new"));
    cluster.kill(0);
    cluster.put_back(0, past);
    start_and_kill(cluster, kills);
    cluster.start(0);
    cluster.run_for(3'000);
    ASSERT_TRUE(cluster.settle()) << kills << "\n" << tail(cluster);
    for (unsigned node = 0; node < 3; ++node) {
      EXPECT_EQ(others_than(cluster, node, "new"), std::vector<std::string>{}) << "by node " << node;
    }
    // And it all goes back, as if nothing had been.
    ASSERT_NO_FATAL_FAILURE(edit(cluster, kAllUp, 3));
    EXPECT_GT(cluster.stats(0).handoff.slots, kSlots / 4U);
    EXPECT_EQ(others_than(cluster, 2, "new"), std::vector<std::string>{});
  }
}

TEST(OldDisk, SlotsThatItsNodeHasHeldLaterAreNotServedUntilSomebodyClaimsThemAndAllOthersAre) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  ASSERT_NO_FATAL_FAILURE(write_all(cluster, 0, "old"));
  const SimDisk past = cluster.disk(0);
  const std::uint64_t share = cluster.stats(0).handoff.slots;
  ASSERT_NO_FATAL_FAILURE(edit(cluster, kFirstDrained, 2));
  ASSERT_NO_FATAL_FAILURE(edit(cluster, kAllUp, 3));
  ASSERT_EQ(cluster.stats(0).handoff.slots, share);
  ASSERT_NO_FATAL_FAILURE(write_all(cluster, 1, "new"));
  cluster.kill(0);
  cluster.put_back(0, past);
  start_and_kill(cluster, 3);
  cluster.start(0);
  cluster.run_for(3'000);
  EXPECT_EQ(cluster.stats(0).handoff.slots, 0U) << "what it has is old, and it knows";
  const std::vector<std::string> others = others_than(cluster, 1, "new");
  EXPECT_GT(others.size(), 10U);
  EXPECT_LT(others.size(), kKeys - 10U) << "what others hold is served";
  for (const std::string& reply : others) EXPECT_EQ(reply.rfind("CLUSTERDOWN", 0), 0U) << reply;
  EXPECT_GT(cluster.stats(0).handoff.forgotten, kSlots / 4U);
  // Whoever gives that life up has the others claim the slots.
  cluster.kill(0);
  for (unsigned node = 0; node < 3; ++node) {
    cluster.write_file(node, cluster_text(std::vector<FileNode>{{.state = "down"}, {}, {}}, 4));
  }
  for (const unsigned node : {1U, 2U}) ASSERT_TRUE(cluster.reload(node));
  cluster.run_for(500);
  const auto client = cluster.connect(1);
  EXPECT_GT(std::stoi(cluster.ask(client, "CLUSTER CLAIM n1")), static_cast<int>(kSlots / 4U));
  cluster.run_for(1'000);  // until the titles are written, and all have heard of it
  ASSERT_NO_FATAL_FAILURE(write_all(cluster, 2, "newer"));
  // The node is back, with the same old disk.
  cluster.start(0);
  cluster.run_for(2'000);
  EXPECT_EQ(cluster.stats(0).handoff.forgotten, 0U) << "somebody holds them";
  ASSERT_NO_FATAL_FAILURE(edit(cluster, kAllUp, 5));
  EXPECT_EQ(others_than(cluster, 0, "newer"), std::vector<std::string>{});
}

TEST(OldDisk, AClusterThatStartsAllAtOnceAfterAnyNumberOfCrashesServesEverything) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  ASSERT_NO_FATAL_FAILURE(write_all(cluster, 0, "x"));
  start_and_kill((cluster.kill(0), cluster), 4);
  for (const unsigned node : {1U, 2U}) cluster.kill(node);
  for (const unsigned node : {2U, 0U, 1U}) cluster.start(node);
  cluster.run_for(300);
  EXPECT_EQ(others_than(cluster, 1, "x"), std::vector<std::string>{}) << "and soon: nobody is missing";
}

TEST(OldDisk, ANodeThatIsGoneStopsAStartForASecondOnly) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  ASSERT_NO_FATAL_FAILURE(write_all(cluster, 0, "x"));
  for (const unsigned node : {0U, 2U}) cluster.kill(node);
  cluster.start(0);
  cluster.run_for(1'200);
  const auto client = cluster.connect(0);
  for (unsigned i = 0; i < 20; ++i) EXPECT_EQ(cluster.ask(client, "GET " + cluster.key_of(0, i)), "(null)");
}

}  // namespace
}  // namespace limpet::shard
