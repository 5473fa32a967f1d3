// Whoever asks other shards and nodes for much gets it some at a time, so that the rest are not kept waiting.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>

#include "sim_cluster.hpp"

namespace limpet::shard {
namespace {

constexpr std::size_t kValueBytes = 20'000;

std::string set(const std::string& key, const std::string& value) {
  return "*3\r\n$3\r\nSET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n$" +
         std::to_string(value.size()) + "\r\n" + value + "\r\n";
}

std::string repeat(const std::string& line, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += line + "\r\n";
  return out;
}

class Turns : public ::testing::Test {
 protected:
  // Has a client set `key` to a large value and ask for it many times. It has had small replies only before,
  // so nothing says how much that will be. Checks that it gets all of them.
  static void ask_for_much(SimCluster& cluster, const std::string& key, int times) {
    const auto client = cluster.connect(0);
    const std::string value(kValueBytes, 'v');
    cluster.send(client, set(key, value));
    cluster.run_for(200);
    ASSERT_EQ(cluster.take_replies(client).size(), 1U);
    cluster.send(client, repeat("GET " + key, times));
    cluster.run_for(1'500);
    const auto replies = cluster.take_replies(client);
    ASSERT_EQ(replies.size(), static_cast<std::size_t>(times));
    for (const resp::Value& reply : replies) ASSERT_EQ(reply.text, value);
  }
};

TEST_F(Turns, ASiblingThatAsksForMuchGetsItInSeveralTurns) {
  SimCluster cluster({.nodes = 1, .shards = 2});
  for (int i = 0; i < 4; ++i) {
    ask_for_much(cluster, cluster.key_of(0, static_cast<unsigned>(i)), 500);
  }
  EXPECT_GT(cluster.most_in_a_turn(), kTurnReplyBytes / 2) << "none of the keys was on the other shard";
  EXPECT_LT(cluster.most_in_a_turn(), kTurnReplyBytes + 2 * kValueBytes);
}

TEST_F(Turns, ANodeThatAsksForMuchGetsItInSeveralTurns) {
  SimCluster cluster({.nodes = 2, .shards = 1, .delay_ms_max = 0, .piece_bytes_max = 65'536});
  ask_for_much(cluster, cluster.key_of(1, 0), 500);
  EXPECT_GT(cluster.most_in_a_turn(), kTurnReplyBytes / 2);
  EXPECT_LT(cluster.most_in_a_turn(), kTurnReplyBytes + 2 * kValueBytes);
}

TEST_F(Turns, ClientsThatGetLargeRepliesShareTheirWayAndOthersPassThem) {
  SimCluster cluster({.nodes = 2, .shards = 1, .delay_ms_max = 0, .piece_bytes_max = 65'536});
  const std::string key = cluster.key_of(1, 0);
  const std::string small = cluster.key_of(1, 1);
  const auto light = cluster.connect(0);
  cluster.send(light, set(key, std::string(kValueBytes, 'v')) + "SET " + small + " little\r\n");
  cluster.run_for(200);
  cluster.take_replies(light);
  std::vector<SimCluster::ClientIndex> heavy;
  for (int i = 0; i < 20; ++i) {
    heavy.push_back(cluster.connect(0));
    cluster.send(heavy.back(), "GET " + key + "\r\n");
  }
  cluster.run_for(200);
  for (const auto client : heavy) EXPECT_EQ(cluster.take_replies(client).size(), 1U);

  cluster.pause(1);
  for (const auto client : heavy) cluster.send(client, repeat("GET " + key, 30));
  cluster.run_for(10);
  const auto in_flight = [&] { return cluster.stats(0).peers[1].requests_in_flight; };
  const std::size_t of_heavy = in_flight();
  EXPECT_GT(of_heavy, kLinkAwaitedBytes / kValueBytes / 2);
  EXPECT_LE(of_heavy, kLinkAwaitedBytes / kValueBytes + 1);
  cluster.send(light, "GET " + small + "\r\n");
  cluster.run_for(10);
  EXPECT_EQ(in_flight(), of_heavy + 1) << "who gets small replies does not wait for room";

  cluster.resume(1);
  cluster.run_for(1'000);
  EXPECT_EQ(cluster.take_replies(light).size(), 1U);
  for (const auto client : heavy) EXPECT_EQ(cluster.take_replies(client).size(), 30U);
}

TEST_F(Turns, OfManyClientsThatAskForMuchAFewAreServedInOneTurn) {
  SimCluster cluster({.nodes = 1, .shards = 1, .delay_ms_max = 0, .piece_bytes_max = 65'536});
  std::vector<SimCluster::ClientIndex> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(cluster.connect(0));
  cluster.send(clients[0], set("key", std::string(kValueBytes, 'v')));
  cluster.run_for(10);
  cluster.take_replies(clients[0]);
  for (const auto client : clients) cluster.send(client, repeat("GET key", 40));
  cluster.run_for(2'000);
  for (const auto client : clients) EXPECT_EQ(cluster.take_replies(client).size(), 40U);
  EXPECT_LE(cluster.most_to_clients(), kTurnYieldedMax * (kTurnReplyBytes + 2 * kValueBytes));
}

TEST_F(Turns, NewClientsOfWhomNothingIsKnownShareTheWayToo) {
  SimCluster cluster({.nodes = 2, .shards = 1, .delay_ms_max = 0});
  const std::string key = cluster.key_of(1, 0);
  cluster.ask(cluster.connect(0), "SET " + key + " v");
  cluster.pause(1);
  std::vector<SimCluster::ClientIndex> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(cluster.connect(0));
    cluster.send(clients.back(), repeat("GET " + key, 10));
  }
  cluster.run_for(10);
  EXPECT_EQ(cluster.stats(0).peers[1].requests_in_flight, kLinkAwaitedBytes / kFirstReplyBytes);
  cluster.resume(1);
  cluster.run_for(1'000);
  for (const auto client : clients) EXPECT_EQ(cluster.take_replies(client).size(), 10U);
}

}  // namespace
}  // namespace limpet::shard
