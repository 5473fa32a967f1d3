// Who may change the cluster: each order is taken with the password, or without one from this host alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "moving.hpp"

namespace limpet::shard {
namespace {

using ::testing::Not;
using ::testing::StartsWith;

// Every way to say it. None of them does anything to a cluster of which all nodes are there, but for the
// last.
constexpr const char* kOrders[] = {
    "CLUSTER CLAIM n2", "cluster claim n2",   "CLUSTER RELOAD",   "CLUSTER RELOAD ALL", "cluster reload",
    "CLUSTER UNDRAIN",  "CLUSTER UNDRAIN n2", "CLUSTER DRAIN n2", "cluster drain n3",   "CLUSTER DRAIN"};

TEST(Orders, WithoutAPasswordAreTakenFromClientsOfThisHostAlone) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const auto outside = cluster.connect(0, false);
  for (const char* order : kOrders) {
    EXPECT_THAT(cluster.ask(outside, order), StartsWith("NOPERM without a password")) << order;
  }
  cluster.run_for(100);
  ASSERT_TRUE(cluster.settled()) << "nothing has happened";
  EXPECT_THAT(cluster.ask(outside, "GET x"), Not(StartsWith("NOPERM"))) << "other commands are taken";
  const auto inside = cluster.connect(0);
  for (const char* order : kOrders) {
    EXPECT_THAT(cluster.ask(inside, order), Not(StartsWith("NOPERM"))) << order;
  }
}

TEST(Orders, WithAPasswordAreTakenFromWhoeverKnowsIt) {
  SimCluster::Options options = moving(3, 3);
  options.password = "sesame";
  SimCluster cluster(options);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  for (const bool of_this_host : {true, false}) {
    const auto stranger = cluster.connect(0, of_this_host);
    for (const char* order : kOrders) {
      EXPECT_THAT(cluster.ask(stranger, order), StartsWith("NOAUTH")) << order;
    }
  }
  cluster.run_for(100);
  ASSERT_TRUE(cluster.settled()) << "nothing has happened";
  const auto outside = cluster.connect(0, false);
  ASSERT_EQ(cluster.ask(outside, "AUTH sesame"), "OK");
  for (const char* order : kOrders) {
    EXPECT_THAT(cluster.ask(outside, order), Not(StartsWith("NO"))) << order;
  }
}

}  // namespace
}  // namespace limpet::shard
