#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "a_snapshot.hpp"

namespace limpet::node {
namespace {

using Json = nlohmann::json;

TEST(StatusTest, SaysWhichNodeOfWhichCluster) {
  const cluster::View view = three_nodes();
  const Json page = Json::parse(status_json(a_snapshot(view)));
  EXPECT_EQ(page["node"], "n2");
  EXPECT_EQ(page["version"], "0.2.0");
  EXPECT_EQ(page["pid"], 4242);
  EXPECT_EQ(page["started"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(page["uptime_seconds"], 12);
  EXPECT_EQ(page["cluster"]["name"], "demo");
  EXPECT_EQ(page["cluster"]["epoch"], 7);
  EXPECT_EQ(page["cluster"]["content_digest"], "00000000000000ab");
  EXPECT_EQ(page["cluster"]["placement_digest"], "fedcba9876543210");
}

TEST(StatusTest, CountsWhatThisNodeHolds) {
  const cluster::View view = three_nodes();
  const Json page = Json::parse(status_json(a_snapshot(view)));
  EXPECT_EQ(page["here"]["keys"], 42);
  EXPECT_EQ(page["here"]["sessions"], 21);
  EXPECT_EQ(page["here"]["clients"], 2);
  EXPECT_EQ(page["here"]["max_clients"], 10'000);
  ASSERT_EQ(page["shards"].size(), 2u);
  EXPECT_EQ(page["shards"][0]["keys"], 20);
  EXPECT_EQ(page["shards"][1]["keys"], 22);
}

TEST(StatusTest, TellsOfMovesHowMuchIsLeftAndHowFastItGoes) {
  const cluster::View view = three_nodes();
  NodeSnapshot snapshot = a_snapshot(view);
  const Json here = Json::parse(status_json(snapshot))["here"];
  EXPECT_EQ(here["slots_to_give"], 200);
  EXPECT_EQ(here["sessions_to_give"], 42);
  EXPECT_EQ(here["sessions_given_per_second"], 7);
  EXPECT_EQ(here["bytes_given_per_second"], 8'192);
  EXPECT_EQ(here["handover_seconds_left"], 6);
  EXPECT_EQ(here["handover_rate_max"], 2'000'000);
  EXPECT_EQ(here["handover_last_failure"], "");
  EXPECT_EQ(here["ops_per_second"], 500);
  for (reports::ShardStats& shard : snapshot.shards) shard.rates = {};
  EXPECT_EQ(Json::parse(status_json(snapshot))["here"]["handover_seconds_left"], nullptr);
}

TEST(StatusTest, ShowsEveryNodeAndTheLinkToIt) {
  const cluster::View view = three_nodes();
  const Json nodes = Json::parse(status_json(a_snapshot(view)))["nodes"];
  ASSERT_EQ(nodes.size(), 3u);
  EXPECT_EQ(nodes[0]["client"], "127.0.0.1:7601");
  EXPECT_EQ(nodes[0]["admin"], nullptr);
  EXPECT_EQ(nodes[0]["slots"], 5462);
  EXPECT_EQ(nodes[0]["link"]["state"], "up");
  EXPECT_EQ(nodes[0]["link"]["round_trip_us"], 250);
  EXPECT_EQ(nodes[1]["self"], true);
  EXPECT_EQ(nodes[1]["link"], nullptr);
  EXPECT_EQ(nodes[2]["link"]["last_error"], "Connection refused");
  EXPECT_EQ(nodes[2]["link"]["round_trip_us"], nullptr);
}

TEST(StatusTest, ANodeThatIsInNoFileIsShownAsLongAsItHoldsSlots) {
  cluster::View view = three_nodes();
  view.nodes[2].listed = false;
  NodeSnapshot snapshot = a_snapshot(view);
  for (reports::ShardStats& shard : snapshot.shards) {
    shard.peers[2].slots = 825;
    shard.peers[2].sessions = 12;
    shard.handoff.unreachable = 400;
  }
  Json page = Json::parse(status_json(snapshot));
  ASSERT_EQ(page["nodes"].size(), 3u);
  EXPECT_EQ(page["nodes"][2]["slots_held"], 825);
  EXPECT_EQ(page["nodes"][2]["sessions"], 12);
  EXPECT_EQ(page["nodes"][0]["sessions"], nullptr) << "it has not said";
  EXPECT_EQ(page["here"]["slots_unreachable"], 800);
  EXPECT_NE(metrics_text(snapshot).find("limpet_peer_up{peer=\"n3\"}"), std::string::npos);
  for (reports::ShardStats& shard : snapshot.shards) shard.peers[2].slots = 0;
  EXPECT_EQ(Json::parse(status_json(snapshot))["nodes"].size(), 2u);
  EXPECT_EQ(metrics_text(snapshot).find("n3"), std::string::npos);
}

TEST(StatusTest, ListsOnlyCommandsThatWereUsed) {
  if (command::find("get") == nullptr) GTEST_SKIP() << "no command table";
  const cluster::View view = three_nodes();
  const Json commands = Json::parse(status_json(a_snapshot(view)))["commands"];
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(commands["get"]["calls"], 20);
}

TEST(StatusTest, BytesThatAreNoTextDoNotSpoilThePage) {
  const cluster::View view = three_nodes();
  NodeSnapshot snapshot = a_snapshot(view);
  snapshot.shards[0].peers[2].last_error = "bad \xff byte";
  EXPECT_TRUE(Json::accept(status_json(snapshot)));
}

}  // namespace
}  // namespace limpet::node
