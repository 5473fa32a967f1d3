// Copies in whole clusters: what was acknowledged is on the disk of a follower, too, and in the end all
// copies are what their owners have.
#include <gtest/gtest.h>

#include <limpet/shard/shard.hpp>
#include <string>

#include "sim_cluster.hpp"

namespace limpet::shard {
namespace {

using replica::Acks;

SimCluster::Options followed(unsigned nodes, unsigned followers, Acks acks, std::uint64_t seed = 1) {
  SimCluster::Options options;
  options.nodes = nodes;
  options.seed = seed;
  options.moves = true;
  options.journal = true;
  options.copies = CopiesConfig{.policy = {.followers = followers, .acks = acks}};
  return options;
}

// On how many disks a start would find it.
unsigned disks_with(const SimCluster& cluster, unsigned nodes, const std::string& key,
                    const std::string& value) {
  unsigned count = 0;
  for (unsigned node = 0; node < nodes; ++node) {
    const auto strings = cluster.disk(node).strings();
    const auto found = strings.find(key);
    count += found != strings.end() && found->second == value ? 1U : 0U;
  }
  return count;
}

// Of the nodes' disks, each key is on so many, with one value.
std::string odd_one(const SimCluster& cluster, unsigned nodes, unsigned copies) {
  std::map<std::string, std::map<std::string, unsigned>> found;
  for (unsigned node = 0; node < nodes; ++node) {
    for (const auto& [key, value] : cluster.disk(node).strings()) ++found[key][value];
  }
  for (const auto& [key, values] : found) {
    if (values.size() != 1) return key + " has " + std::to_string(values.size()) + " values";
    if (values.begin()->second != copies)
      return key + " is on " + std::to_string(values.begin()->second) + " disks";
  }
  return {};
}

// Keys of the first node.
std::vector<std::string> keys_of_first(const SimCluster& cluster) {
  std::vector<std::string> keys;
  for (unsigned i = 0; i < 100; ++i) keys.push_back(cluster.key_of(0, i));
  return keys;
}

void set_all(SimCluster& cluster, SimCluster::ClientIndex client, const std::vector<std::string>& keys,
             const std::string& value) {
  for (const std::string& key : keys) ASSERT_EQ(cluster.ask(client, "SET " + key + " " + value), "OK");
}

TEST(Copies, WhatWasAcknowledgedIsOnAFollowersDiskAsWell) {
  SimCluster cluster(followed(2, 1, Acks::one));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    ASSERT_EQ(cluster.ask(client, "SET " + key + " v"), "OK");
    EXPECT_EQ(disks_with(cluster, 2, key, "v"), 2U) << key;
  }
}

TEST(Copies, SlotsThatWereThereBeforeAreCopied) {
  SimCluster cluster(followed(3, 1, Acks::one));
  ASSERT_TRUE(cluster.settle());
  const auto client = cluster.connect(0);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(cluster.ask(client, "SET k" + std::to_string(i) + " v"), "OK");
  cluster.run_for(10'000);
  EXPECT_EQ(odd_one(cluster, 3, 2), "");
}

TEST(Copies, AFollowerThatIsGoneIsWaitedForNoMoreAndHasEverythingOnceItIsBack) {
  SimCluster cluster(followed(2, 1, Acks::all));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  const std::vector<std::string> keys = keys_of_first(cluster);
  set_all(cluster, client, keys, "v");
  cluster.kill(1);
  set_all(cluster, client, keys, "w");
  cluster.start(1);
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(10'000);
  EXPECT_EQ(odd_one(cluster, 2, 2), "");
  EXPECT_EQ(disks_with(cluster, 2, keys[0], "w"), 2U);
}

TEST(Copies, AReplyThatWaitsForAFollowerThatIsSilentLeavesOnceThatIsOut) {
  SimCluster cluster(followed(2, 1, Acks::all));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(0, 1);
  ASSERT_EQ(cluster.ask(client, "SET " + key + " v"), "OK");
  cluster.block(0, 1, true);
  cluster.send(client, "SET " + key + " w\r\n");
  cluster.run_for(500);
  EXPECT_TRUE(cluster.take_replies(client).empty());
  cluster.run_for(5'000);
  EXPECT_EQ(cluster.take_replies(client).size(), 1U);
  cluster.block(0, 1, false);
  cluster.run_for(10'000);
  EXPECT_EQ(disks_with(cluster, 2, key, "w"), 2U);
}

TEST(Copies, AnOwnerThatIsBackGoesOnSendingToWhoeverHasItsCopies) {
  SimCluster cluster(followed(2, 1, Acks::one));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(1);
  const std::vector<std::string> keys = keys_of_first(cluster);
  set_all(cluster, client, keys, "v");
  cluster.kill(0);
  cluster.run_for(500);
  cluster.start(0);
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(10'000);
  for (const std::string& key : keys) {
    ASSERT_EQ(cluster.ask(client, "SET " + key + " w"), "OK");
    EXPECT_EQ(disks_with(cluster, 2, key, "w"), 2U) << key;
  }
  cluster.run_for(1'000);
  EXPECT_EQ(odd_one(cluster, 2, 2), "");
}

TEST(Copies, OfAnOwnerThatHasNotLoadedItsSlotsYetAreNotTakenForEmpty) {
  SimCluster cluster(followed(2, 1, Acks::one));
  ASSERT_TRUE(cluster.settle());
  cluster.kill(1);
  const auto client = cluster.connect(0);
  const std::vector<std::string> keys = keys_of_first(cluster);
  set_all(cluster, client, keys, "v");
  cluster.kill(0);
  cluster.start(1);
  cluster.start(0);
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(10'000);
  EXPECT_EQ(odd_one(cluster, 2, 2), "");
}

}  // namespace
}  // namespace limpet::shard
