// Where not all nodes answer: what is out of reach is counted, and who asks for less than all gets it, and is
// told what is missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "moving.hpp"

namespace limpet::shard {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Partial : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    set_keys(cluster, 0);
    cluster.run_for(2'000);  // so that all have heard of all sessions
  }
  resp::Value ask(const std::string& line) {
    const auto reply = cluster.ask_for(client, line);
    EXPECT_TRUE(reply.has_value()) << line;
    return reply.value_or(resp::Value{});
  }
  void kill_n3() {
    held_by_n3 = cluster.stats(2).store.sessions;
    slots_of_n3 = cluster.stats(2).handoff.slots;
    cluster.kill(2);
    cluster.run_for(500);
  }

  SimCluster cluster{moving(3, 3)};
  SimCluster::ClientIndex client = cluster.connect(0);
  std::uint64_t held_by_n3 = 0;
  std::uint64_t slots_of_n3 = 0;
};

TEST_F(Partial, WhereAllAnswerNothingIsMissing) {
  const resp::Value reply = ask("CLUSTER PARTIAL DBSIZE");
  ASSERT_EQ(reply.elements.size(), 2U);
  EXPECT_EQ(reply.elements[0].integer, static_cast<std::int64_t>(kKeys));
  EXPECT_TRUE(reply.elements[1].elements.empty());
}

TEST_F(Partial, DbsizeAndKeysAreThoseOfTheNodesThatAnswerAndTheOtherIsNamed) {
  kill_n3();
  EXPECT_THAT(cluster.ask(client, "DBSIZE"), StartsWith("CLUSTERDOWN node n3"));
  const resp::Value size = ask("CLUSTER PARTIAL DBSIZE");
  ASSERT_EQ(size.elements.size(), 2U);
  EXPECT_EQ(size.elements[0].integer, static_cast<std::int64_t>(kKeys - held_by_n3));
  ASSERT_EQ(size.elements[1].elements.size(), 2U);
  EXPECT_EQ(size.elements[1].elements[0].text, "n3");
  EXPECT_THAT(size.elements[1].elements[1].text, StartsWith("CLUSTERDOWN"));
  const resp::Value keys = ask("CLUSTER PARTIAL KEYS *");
  ASSERT_EQ(keys.elements.size(), 2U);
  EXPECT_EQ(keys.elements[0].elements.size(), kKeys - held_by_n3);
  EXPECT_EQ(keys.elements[1].elements.size(), 2U);
}

TEST_F(Partial, AScanGoesOnBesideANodeThatDoesNotAnswer) {
  kill_n3();
  std::set<std::string> found;
  std::string cursor = "0";
  for (int rounds = 0; rounds < 1'000; ++rounds) {
    const resp::Value reply = ask("CLUSTER PARTIAL SCAN " + cursor + " COUNT 20");
    ASSERT_EQ(reply.elements.size(), 2U);
    ASSERT_EQ(reply.elements[0].elements.size(), 2U);
    EXPECT_EQ(reply.elements[1].elements.size(), 2U) << "each reply says what is missing";
    for (const resp::Value& key : reply.elements[0].elements[1].elements) found.insert(key.text);
    cursor = reply.elements[0].elements[0].text;
    if (cursor == "0") break;
  }
  EXPECT_EQ(cursor, "0");
  EXPECT_EQ(found.size(), kKeys - held_by_n3);
}

TEST_F(Partial, OtherCommandsAreRefused) {
  EXPECT_THAT(cluster.ask(client, "CLUSTER PARTIAL FLUSHALL"), StartsWith("ERR CLUSTER PARTIAL takes"));
  EXPECT_THAT(cluster.ask(client, "CLUSTER PARTIAL GET x"), StartsWith("ERR CLUSTER PARTIAL takes"));
  EXPECT_THAT(cluster.ask(client, "CLUSTER PARTIAL KEYS"), StartsWith("ERR wrong number"));
  EXPECT_THAT(cluster.ask(client, "CLUSTER PARTIAL"), StartsWith("ERR wrong number"));
}

// By name, of each node.
std::map<std::string, std::map<std::string, std::string>> read_status(const resp::Value& reply) {
  std::map<std::string, std::map<std::string, std::string>> nodes;
  for (const resp::Value& node : reply.elements) {
    std::map<std::string, std::string> fields;
    for (std::size_t i = 0; i + 1 < node.elements.size(); i += 2) {
      const resp::Value& value = node.elements[i + 1];
      fields[node.elements[i].text] =
          value.type == resp::Value::Type::integer ? std::to_string(value.integer) : value.text;
    }
    nodes[fields["name"]] = fields;
  }
  return nodes;
}

TEST_F(Partial, ANodeThatDoesNotAnswerIsShownWithWhatItHeldLast) {
  EXPECT_EQ(read_status(ask("CLUSTER STATUS"))["n1"]["slots_unreachable"], "0");
  EXPECT_EQ(ask("CLUSTER WHERE x").elements.back().text, "up");
  kill_n3();
  auto nodes = read_status(ask("CLUSTER STATUS"));
  EXPECT_EQ(nodes["n3"]["state"], "unreachable");
  EXPECT_EQ(nodes["n3"]["slots"], std::to_string(slots_of_n3));
  EXPECT_EQ(nodes["n3"]["sessions"], std::to_string(held_by_n3));
  for (const char* name : {"n1", "n2"})
    EXPECT_EQ(nodes[name]["slots_unreachable"], std::to_string(slots_of_n3));
  EXPECT_THAT(cluster.ask(client, "CLUSTER INFO"),
              HasSubstr("cluster_slots_fail:" + std::to_string(slots_of_n3)));
  EXPECT_THAT(cluster.ask(client, "INFO cluster"),
              HasSubstr("limpet_slots_unreachable:" + std::to_string(slots_of_n3)));
}

// It was taken out of the file and stopped before it had given everything away.
TEST_F(Partial, WhatANodeHoldsThatIsInNoFileAndDoesNotAnswerIsOutOfReach) {
  for (unsigned node = 0; node < 3; ++node) {
    cluster.write_file(node, cluster_text(std::vector<bool>{true, true, false}, 2));
    if (node == 2) kill_n3();
    if (node != 2) {
      EXPECT_TRUE(cluster.reload(node));
    }
  }
  cluster.run_for(3'000);
  auto nodes = read_status(ask("CLUSTER STATUS"));
  EXPECT_EQ(nodes["n3"]["listed"], "0");
  EXPECT_EQ(nodes["n3"]["slots"], std::to_string(slots_of_n3));
  EXPECT_EQ(nodes["n1"]["slots_unreachable"], std::to_string(slots_of_n3));
}

}  // namespace
}  // namespace limpet::shard
