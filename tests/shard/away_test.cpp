// What nodes tell of slots whose holder is away: of a node that is gone, after the others have been
// restarted, and of a node whose data directory is not the one that it had.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "moving.hpp"

namespace limpet::shard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Nodes = std::vector<FileNode>;

void edit_file(SimCluster& cluster, const Nodes& nodes, std::uint64_t epoch) {
  for (unsigned node = 0; node < nodes.size(); ++node) {
    cluster.write_file(node, cluster_text(nodes, epoch));
    if (!cluster.alive(node)) continue;
    EXPECT_TRUE(cluster.reload(node));
  }
  cluster.run_for(500);
}

std::uint64_t slots_of(const SimCluster& cluster, unsigned node) { return cluster.stats(node).handoff.slots; }

// What CLUSTER STATUS at `asked` says in this field of node `name`; "none": it says nothing.
std::string status(SimCluster& cluster, unsigned asked, const std::string& name, const std::string& field) {
  const auto reply = cluster.ask_for(cluster.connect(asked), "CLUSTER STATUS");
  if (!reply) return "no reply";
  for (const resp::Value& node : reply->elements) {
    const auto text = [&](std::size_t at) {
      const resp::Value& value = node.elements[at];
      return value.type == resp::Value::Type::integer ? std::to_string(value.integer) : value.text;
    };
    if (node.elements.size() < 2 || text(1) != name) continue;
    for (std::size_t at = 0; at + 1 < node.elements.size(); at += 2) {
      if (text(at) == field) return text(at + 1);
    }
  }
  return "none";
}

// The first error that a client of this node gets for a key.
std::string first_error(SimCluster& cluster, unsigned node) {
  const auto client = cluster.connect(node);
  for (unsigned i = 0; i < kKeys; ++i) {
    const std::string reply = cluster.ask(client, "GET " + key(i));
    if (reply.rfind("CLUSTERDOWN", 0) == 0) return reply;
  }
  return "none";
}

void restart(SimCluster& cluster, const std::vector<unsigned>& nodes) {
  for (const unsigned node : nodes) cluster.kill(node);
  for (const unsigned node : nodes) cluster.start(node);
  cluster.run_for(3'000);
}

// n2 is gone with all that it held: down in the file, or not in it any more. Returns how many slots it held.
std::uint64_t lose_second(SimCluster& cluster, const FileNode& gone) {
  EXPECT_TRUE(cluster.settle()) << tail(cluster);
  const std::uint64_t held = slots_of(cluster, 1);
  cluster.kill(1);
  edit_file(cluster, {{}, gone, {}}, 2);
  return held;
}

TEST(Away, TheHolderOfASlotIsNamedAfterTheOthersWereRestartedOneByOne) {
  for (const FileNode& gone : {FileNode{.state = "down"}, FileNode{.listed = false}}) {
    SimCluster cluster(moving(3, 3));
    const std::uint64_t held = lose_second(cluster, gone);
    ASSERT_GT(held, 0U);
    restart(cluster, {0});
    restart(cluster, {2});
    restart(cluster, {0});
    for (const unsigned node : {0U, 2U}) {
      const ShardStats stats = cluster.stats(node);
      EXPECT_EQ(stats.handoff.unheld, 0U) << node;
      EXPECT_EQ(stats.handoff.unreachable, held) << node;
      EXPECT_EQ(stats.peers[1].slots, held) << node;
      EXPECT_EQ(status(cluster, node, "n2", "slots"), std::to_string(held));
      EXPECT_THAT(first_error(cluster, node), HasSubstr("node n2"));
      EXPECT_THAT(first_error(cluster, node), HasSubstr("cannot be reached"));
    }
    EXPECT_EQ(cluster.ask(cluster.connect(2), "CLUSTER CLAIM n2"), std::to_string(held));
    cluster.run_for(2'000);
    EXPECT_TRUE(cluster.settle()) << tail(cluster);
    EXPECT_EQ(first_error(cluster, 0), "none");
    EXPECT_EQ(cluster.stats(0).handoff.unreachable, 0U);
  }
}

TEST(Away, WhoMayHoldASlotIsNamedWhereNobodyKnowsIt) {
  SimCluster cluster(moving(3, 3));
  const std::uint64_t held = lose_second(cluster, {.state = "down"});
  restart(cluster, {0, 2});
  const std::uint64_t unheld = cluster.stats(0).handoff.unheld + cluster.stats(2).handoff.unheld;
  EXPECT_EQ(unheld, held);
  EXPECT_EQ(cluster.stats(0).handoff.unreachable, 0U) << "each slot is counted once";
  const std::string way_out = "`limpet cluster claim n2`";
  for (const unsigned node : {0U, 2U}) EXPECT_THAT(first_error(cluster, node), HasSubstr(way_out));
  EXPECT_THAT(status(cluster, 2, "n1", "why_unheld"), HasSubstr(way_out));
  EXPECT_EQ(cluster.ask(cluster.connect(0), "CLUSTER CLAIM n2"), std::to_string(held));
  cluster.run_for(2'000);
  EXPECT_EQ(first_error(cluster, 2), "none");
  EXPECT_EQ(status(cluster, 2, "n1", "why_unheld"), "");
}

// The disk of n2 was lost while all stood still, and n2 holds other slots by now.
TEST(Away, WhereAllAnswerAndNobodyKnowsTheHolderTheWayOutIsNamed) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  edit_file(cluster, {{}, {.weight = "0.9"}, {}}, 2);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  for (const unsigned node : {0U, 1U, 2U}) cluster.kill(node);
  cluster.put_back(1, SimDisk());
  for (const unsigned node : {0U, 1U, 2U}) cluster.start(node);
  cluster.run_for(3'000);
  EXPECT_GT(cluster.stats(1).handoff.unheld, 0U);
  const std::uint64_t forgotten = cluster.stats(1).handoff.forgotten;  // of which others know; few
  EXPECT_THAT(status(cluster, 0, "n2", "why_unheld"), HasSubstr("`limpet cluster claim n2`"));
  edit_file(cluster, {{}, {.weight = "0.9"}, {.state = "draining"}}, 3);
  ASSERT_TRUE(cluster.eventually([&] { return slots_of(cluster, 2) == 0; }, 60'000)) << tail(cluster);
  ASSERT_GT(slots_of(cluster, 1), 0U);
  EXPECT_THAT(status(cluster, 0, "n2", "why_unheld"), HasSubstr("drain one node, stop it"));
  EXPECT_THAT(first_error(cluster, 0), HasSubstr("drain one node, stop it"));
  cluster.kill(2);
  edit_file(cluster, {{}, {.weight = "0.9"}, {.state = "down"}}, 4);
  EXPECT_GT(std::stoi(cluster.ask(cluster.connect(0), "CLUSTER CLAIM n3")), 0);
  cluster.run_for(2'000);
  for (const unsigned node : {0U, 1U}) EXPECT_EQ(cluster.stats(node).handoff.unheld, 0U) << node;
  EXPECT_EQ(cluster.stats(1).handoff.forgotten, forgotten);
  EXPECT_EQ(slots_of(cluster, 0) + slots_of(cluster, 1) + forgotten, kSlots);
}

TEST(Away, WhatIsSaidOfALostDirectoryIsSoOnlyUntilTheNodeHoldsSlotsAgain) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const std::uint64_t held = slots_of(cluster, 0);
  cluster.kill(0);
  cluster.put_back(0, SimDisk());
  cluster.start(0);
  cluster.run_for(3'000);
  EXPECT_EQ(cluster.stats(0).handoff.forgotten, held);
  EXPECT_EQ(status(cluster, 1, "n1", "data_directory"), "knows of no slot");
  EXPECT_THAT(first_error(cluster, 1), HasSubstr("`limpet cluster claim n1`"));
  edit_file(cluster, {{}, {.state = "draining"}, {}}, 2);
  cluster.run_for(2'000);
  ASSERT_GT(slots_of(cluster, 0), 0U);
  EXPECT_EQ(status(cluster, 1, "n1", "data_directory"), "an old copy");
  EXPECT_THAT(first_error(cluster, 1), Not(HasSubstr("claim")));
  EXPECT_THAT(first_error(cluster, 1), HasSubstr("`limpet cluster status`"));
}

// n3 stands still while an old copy of the directory of n1 is started, and n1 is drained.
TEST(Away, ADrainOfALifeWithALowerBootIsBelievedByWhoMissedItsBeginning) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const SimDisk past = cluster.disk(0);
  for (int start = 0; start < 3; ++start) restart(cluster, {0});
  cluster.leave(0);
  cluster.run_for(100);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  // It stays after all, and ends before much has come back to it.
  cluster.leave(0, false);
  cluster.run_for(20);
  cluster.pause(2);
  cluster.kill(0);
  cluster.put_back(0, past);
  cluster.start(0);
  cluster.run_for(100);
  cluster.leave(0);
  cluster.run_for(1'000);
  cluster.resume(2);
  cluster.run_for(5'000);
  EXPECT_EQ(slots_of(cluster, 0), 0U);
  EXPECT_GT(slots_of(cluster, 2), kSlots / 3U);
  for (const unsigned node : {1U, 2U}) EXPECT_EQ(cluster.stats(node).handoff.to_give, 0U) << tail(cluster);
}

}  // namespace
}  // namespace limpet::shard
