// What operators want of a node that is in no cluster.
#include "orders.hpp"

#include <gtest/gtest.h>

namespace limpet::node {
namespace {

using Kind = shard::Order::Kind;

TEST(Orders, OneThatReadsTheFilesAgainIsPassedOnToWhoHasThem) {
  ShardSet shards;
  int reloads = 0;
  int checks = 0;
  NodeHooks hooks;
  hooks.reload_files = [&](const auto&) { ++reloads; };
  hooks.check_files = [&](const auto&) { ++checks; };
  Orders orders(hooks, shards);
  orders.carry_out(0, {{Kind::reload, 1}, {Kind::check, 2}, {Kind::reload, 3}});
  EXPECT_EQ(reloads, 2);
  EXPECT_EQ(checks, 1);
}

TEST(Orders, ANodeOfNoClusterCannotLeaveIt) {
  ShardSet shards;
  EXPECT_FALSE(Orders({}, shards).leave());
}

}  // namespace
}  // namespace limpet::node
