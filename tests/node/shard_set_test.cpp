// The way of tasks to the shards of a node, over the real threads.
#include "shard_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <limpet/net/resolver.hpp>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "countdown.hpp"

namespace limpet::node {
namespace {

constexpr unsigned kShards = 3;

class ShardSetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    shard::ShardConfig config;
    config.view = std::make_shared<const cluster::View>(
        cluster::single_node({"127.0.0.1", 7379}, cluster::Durability::none));
    config.shards = kShards;
    for (config.index = 0; config.index < kShards; ++config.index) {
      net::DriverHooks hooks;
      hooks.effects = [](shard::NodeEffects& effects) { effects = {}; };
      shards_.add(
          std::make_unique<ShardThread>(config, shard::ShardTunables{}, resolver_, std::move(hooks), 0));
    }
  }
  void TearDown() override { shards_.stop(); }

  net::Resolver resolver_;
  ShardSet shards_;
};

TEST_F(ShardSetTest, ATaskForAllRunsOnceOnTheThreadOfEach) {
  shards_.start();
  Countdown ran(kShards);
  std::array<std::atomic<int>, kShards> runs{};
  std::array<std::thread::id, kShards> threads;
  for (unsigned index = 0; index < kShards; ++index) {
    shards_.at(index, [&, index](shard::Shard&) { threads[index] = std::this_thread::get_id(); });
  }
  shards_.each([&](shard::Shard&) {
    for (unsigned index = 0; index < kShards; ++index)
      runs[index] += threads[index] == std::this_thread::get_id();
    ran.done();
  });
  ASSERT_TRUE(ran.wait_for(std::chrono::seconds(20)));
  for (const std::atomic<int>& each : runs) EXPECT_EQ(each, 1);
}

TEST_F(ShardSetTest, TasksOfAShardAndOfItsDriverKeepTheirOrder) {
  shards_.start();
  Countdown ran(1);
  std::vector<int> order;
  for (int i = 0; i < 100; i += 2) {
    shards_.at(1, [&order, i](shard::Shard&) { order.push_back(i); });
    shards_.at(1, [&order, i](net::Driver&) { order.push_back(i + 1); });
  }
  shards_.at(1, [&](shard::Shard&) { ran.done(); });
  ASSERT_TRUE(ran.wait_for(std::chrono::seconds(20)));
  ASSERT_EQ(order.size(), 100U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(ShardSetTest, FiguresAreOfAllShardsThatHandThemInInTime) {
  EXPECT_TRUE(shards_.figures(std::chrono::milliseconds(1)).empty());  // none runs yet
  shards_.start();
  EXPECT_EQ(shards_.figures(std::chrono::seconds(20)).size(), kShards);
}

TEST_F(ShardSetTest, WhatFindsAShardStoppedIsNotRun) {
  shards_.start();
  shards_.stop();
  bool ran = false;
  shards_.each([&](shard::Shard&) { ran = true; });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace limpet::node
