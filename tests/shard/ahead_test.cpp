// Requests of a pipeline are read some at a time, and taken as if each had been read alone.
#include <gtest/gtest.h>

#include "sim_cluster.hpp"

namespace limpet::shard {
namespace {

std::string request(const std::vector<std::string>& args) {
  std::string out = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) out += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  return out;
}

std::vector<std::string> texts(const std::vector<resp::Value>& replies) {
  std::vector<std::string> out;
  for (const resp::Value& reply : replies) {
    using Type = resp::Value::Type;
    out.push_back(reply.type == Type::integer ? std::to_string(reply.integer)
                  : reply.type == Type::null  ? "(null)"
                                              : reply.text);
  }
  return out;
}

class Ahead : public ::testing::Test {
 protected:
  std::vector<std::string> run(SimCluster& cluster, const std::string& bytes) {
    const auto client = cluster.connect(0);
    cluster.send(client, bytes);
    cluster.run_for(300);
    return texts(cluster.take_replies(client));
  }
};

TEST_F(Ahead, EachCommandSeesWhatThoseBeforeItDidToTheSameKeys) {
  SimCluster cluster({.nodes = 1, .shards = 1});
  std::string bytes;
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    const std::string key = "k" + std::to_string(i % 7);
    bytes += request({"GET", key}) + request({"SET", key, std::to_string(i)}) + request({"GET", key}) +
             request({"INCR", key}) + request({"DEL", key}) + request({"EXISTS", key}) +
             request({"HSET", "{" + key + "}h", "f", "v"}) + request({"HLEN", "{" + key + "}h"});
    const std::string n = std::to_string(i);
    expected.insert(expected.end(),
                    {"(null)", "OK", n, std::to_string(i + 1), "1", "0", i < 7 ? "1" : "0", "1"});
  }
  EXPECT_EQ(run(cluster, bytes), expected);
}

TEST_F(Ahead, ThePasswordInTheMiddleOfAPipelineCountsFromThereOn) {
  SimCluster cluster({.nodes = 1, .shards = 1, .password = "pw"});
  const std::string big(100'000, 'x');  // more than a stranger may send
  const auto replies = run(cluster, request({"SET", "a", "1"}) + request({"AUTH", "pw"}) +
                                        request({"SET", "a", big}) + request({"STRLEN", "a"}));
  EXPECT_EQ(replies, (std::vector<std::string>{"NOAUTH Authentication required.", "OK", "OK", "100000"}));
}

TEST_F(Ahead, AfterResetTheRestIsReadAsAStrangers) {
  SimCluster cluster({.nodes = 1, .shards = 1, .password = "pw"});
  const auto replies =
      run(cluster, request({"AUTH", "pw"}) + request({"SET", "a", "1"}) + request({"RESET"}) +
                       request({"GET", "a"}) + request({"SET", "a", std::string(20'000, 'x')}));
  ASSERT_EQ(replies.size(), 5U);
  EXPECT_EQ(replies[3], "NOAUTH Authentication required.");
  EXPECT_EQ(replies[4], "ERR Protocol error: unauthenticated bulk length");
}

TEST_F(Ahead, NothingBehindQuitOrAProtocolErrorIsTaken) {
  SimCluster cluster({.nodes = 1, .shards = 1});
  EXPECT_EQ(run(cluster, request({"SET", "a", "1"}) + request({"QUIT"}) + request({"SET", "a", "2"})),
            (std::vector<std::string>{"OK", "OK"}));
  EXPECT_EQ(run(cluster, request({"GET", "a"}) + "*1\r\n+x\r\n" + request({"SET", "a", "3"})),
            (std::vector<std::string>{"1", "ERR Protocol error: expected '$', got '+'"}));
  EXPECT_EQ(run(cluster, request({"GET", "a"})), (std::vector<std::string>{"1"}));
}

TEST_F(Ahead, LinesWithQuotesAndArraysMayTakeTurns) {
  SimCluster cluster({.nodes = 1, .shards = 1});
  std::string bytes;
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    bytes += "SET \"a key\" \"value\\x41 " + n + "\"\r\n" + request({"GET", "a key"}) + "\r\n*0\r\n";
  }
  const auto replies = run(cluster, bytes);
  ASSERT_EQ(replies.size(), 40U);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(replies[2 * static_cast<std::size_t>(i) + 1], "valueA " + std::to_string(i));
}

// Commands for elsewhere stop a client again and again, in the middle of what was read ahead; a request that
// has come in half is read on where it was left, however the bytes were cut.
TEST_F(Ahead, AStalledClientGoesOnWithTheVeryNextRequestHoweverItsBytesAreCut) {
  for (const std::size_t piece : {1U, 7U, 100U, 1000U, 100'000U}) {
    SimCluster cluster({.nodes = 3, .shards = 2, .seed = piece});
    std::string bytes;
    std::vector<std::string> expected;
    for (int i = 0; i < 300; ++i) {
      const std::string key = "key" + std::to_string(i % 40);
      const std::string value = std::to_string(i) + std::string(static_cast<std::size_t>(i) * 7 % 900, 'v');
      bytes += request({"SET", key, value}) + request({"GET", key});
      expected.insert(expected.end(), {"OK", value});
      if (i % 50 == 0) {
        bytes += request({"CLIENT", "GETNAME"});
        expected.emplace_back("(null)");
      }
    }
    const auto client = cluster.connect(0);
    for (std::size_t at = 0; at < bytes.size(); at += piece) cluster.send(client, bytes.substr(at, piece));
    cluster.run_for(3000);
    EXPECT_EQ(texts(cluster.take_replies(client)), expected) << "pieces of " << piece;
  }
}

// The first reply is there at once and the second is far away: they leave together, or the first alone after
// a while.
TEST_F(Ahead, RepliesWaitForThoseBehindThemThatAreOnTheirWayButNotForLong) {
  SimCluster cluster({.nodes = 2, .shards = 1, .delay_ms_max = 0});
  const auto client = cluster.connect(0);
  cluster.ask(client, "SET " + cluster.key_of(1, 0) + " far");
  cluster.send(client, "PING\r\nGET " + cluster.key_of(1, 0) + "\r\n");
  cluster.run_for(30);
  EXPECT_EQ(cluster.take_replies(client).size(), 2U);
  cluster.pause(1);
  cluster.send(client, "PING\r\nGET " + cluster.key_of(1, 0) + "\r\n");
  cluster.run_for(1);
  EXPECT_TRUE(cluster.take_replies(client).empty()) << "one write for both";
  cluster.run_for(3 * kTickMs);
  EXPECT_EQ(cluster.take_replies(client).size(), 1U) << "nobody waits longer than a tick for others' replies";
}

}  // namespace
}  // namespace limpet::shard
