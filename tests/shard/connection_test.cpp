// Commands about connections and the node, on a cluster of one node with two shards.
#include <gtest/gtest.h>

#include "sim_cluster.hpp"

namespace limpet::shard {
namespace {

using Type = resp::Value::Type;

class ConnectionTest : public ::testing::Test {
 protected:
  std::vector<resp::Value> run(std::string_view bytes) {
    cluster_.send(client_, bytes);
    cluster_.run_for(100);
    return cluster_.take_replies(client_);
  }
  std::string ask(std::string_view line) { return cluster_.ask(client_, line); }

  SimCluster cluster_{{.nodes = 1, .shards = 2}};
  SimCluster::ClientIndex client_ = cluster_.connect(0);
};

TEST_F(ConnectionTest, HelloSaysWhoIsThereAndChangesTheVersion) {
  const auto replies = run("HELLO 3\r\nGET nothing\r\nHELLO\r\nHELLO 2\r\nGET nothing\r\n");
  ASSERT_EQ(replies.size(), 5U);
  EXPECT_EQ(replies[0].type, Type::map);
  EXPECT_EQ(replies[0].elements.size(), 14U);
  EXPECT_EQ(replies[0].elements[4].text, "proto");
  EXPECT_EQ(replies[0].elements[5].integer, 3);
  EXPECT_EQ(replies[2].elements[5].integer, 3) << "a bare HELLO keeps the version";
  EXPECT_EQ(replies[3].type, Type::array);
}

TEST_F(ConnectionTest, HelloRefusesWhatItDoesNotKnow) {
  EXPECT_EQ(ask("HELLO 4"), "NOPROTO unsupported protocol version");
  EXPECT_EQ(ask("HELLO x"), "ERR Protocol version is not an integer or out of range");
  EXPECT_EQ(ask("HELLO 3 foo"), "ERR Syntax error in HELLO option 'foo'");
}

TEST_F(ConnectionTest, PingEchoSelectQuit) {
  EXPECT_EQ(ask("PING"), "PONG");
  EXPECT_EQ(ask("ping hi"), "hi");
  EXPECT_EQ(ask("ECHO \"a b\""), "a b");
  EXPECT_EQ(ask("SELECT 0"), "OK");
  EXPECT_EQ(ask("SELECT 1"), "ERR DB index is out of range");
  const auto replies = run("PING\r\nQUIT\r\nPING\r\n");
  ASSERT_EQ(replies.size(), 2U) << "nothing is answered behind QUIT";
  EXPECT_EQ(replies[1].text, "OK");
  EXPECT_TRUE(cluster_.closed(client_));
}

TEST_F(ConnectionTest, QuitAnswersWhatIsStillUnderWayFirst) {
  std::string pipeline;
  for (int i = 0; i < 20; ++i) pipeline += "SET k" + std::to_string(i) + " v\r\n";
  const auto replies = run(pipeline + "QUIT\r\n");
  EXPECT_EQ(replies.size(), 21U);
  EXPECT_TRUE(cluster_.closed(client_));
}

TEST_F(ConnectionTest, ReplyModesSilenceWhatTheySay) {
  const auto replies =
      run("CLIENT REPLY SKIP\r\nSET a 1\r\nGET a\r\nCLIENT REPLY OFF\r\nGET a\r\nGET b\r\nMGET a b "
          "c\r\nCLIENT REPLY ON\r\n"
          "GET a\r\n");
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(replies[0].text, "1");
  EXPECT_EQ(replies[1].text, "OK");
  EXPECT_EQ(replies[2].text, "1");
}

TEST_F(ConnectionTest, ClientKnowsItselfAndOthers) {
  const auto other = cluster_.connect(0);
  EXPECT_EQ(cluster_.ask(other, "CLIENT SETNAME worker"), "OK");
  EXPECT_EQ(cluster_.ask(other, "CLIENT GETNAME"), "worker");
  EXPECT_EQ(ask("CLIENT SETINFO LIB-NAME x"), "OK");
  EXPECT_NE(ask("CLIENT INFO").find("lib-name=x"), std::string::npos);
  const std::string list = ask("CLIENT LIST");
  EXPECT_NE(list.find("name=worker"), std::string::npos);
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 2);
  EXPECT_NE(ask("CLIENT ID"), cluster_.ask(other, "CLIENT ID"));
}

TEST_F(ConnectionTest, ClientKillClosesTheOther) {
  const auto other = cluster_.connect(0);
  const std::string id = cluster_.ask(other, "CLIENT ID");
  EXPECT_EQ(ask("CLIENT KILL ID " + id), "1");
  cluster_.run_for(100);
  EXPECT_TRUE(cluster_.closed(other));
  EXPECT_EQ(ask("CLIENT KILL ID " + id), "0");
  EXPECT_EQ(ask("CLIENT KILL 1.2.3.4:5"), "ERR No such client");
  EXPECT_EQ(ask("CLIENT KILL ID x"), "ERR client-id should be greater than 0");
}

TEST_F(ConnectionTest, ResetForgetsTheVersionAndTheName) {
  run("HELLO 3\r\nCLIENT SETNAME x\r\n");
  EXPECT_EQ(ask("RESET"), "RESET");
  EXPECT_EQ(ask("CLIENT GETNAME"), "(null)");
}

TEST_F(ConnectionTest, InfoCountsTheWholeNode) {
  for (int i = 0; i < 10; ++i) ask("SET k" + std::to_string(i) + " v");
  EXPECT_NE(ask("INFO keyspace").find("db0:keys=10,"), std::string::npos);
  const std::string all = ask("INFO everything");
  for (const char* field : {"redis_version:", "limpet_version:", "connected_clients:1", "used_memory:",
                            "role:master", "cmdstat_set:calls=10", "cluster_enabled:0", "loading:0"}) {
    EXPECT_NE(all.find(field), std::string::npos) << field;
  }
}

TEST_F(ConnectionTest, ClusterExplainsAKey) {
  EXPECT_EQ(ask("CLUSTER KEYSLOT foo"), "12182");
  EXPECT_EQ(ask("CLUSTER MYID").size(), 40U);
  EXPECT_EQ(ask("CLUSTER SLOTS"), "ERR This instance has cluster support disabled");
  ask("SET foo x");
  EXPECT_EQ(ask("CLUSTER COUNTKEYSINSLOT 12182"), "1");
  const auto where = run("CLUSTER WHERE cart:{u42}\r\n");
  ASSERT_EQ(where.size(), 1U);
  EXPECT_EQ(where[0].elements[1].text, "u42");
}

TEST_F(ConnectionTest, AProtocolErrorIsAnsweredOnceAndEndsTheConnection) {
  const auto replies = run("*1\r\n+PING\r\nSET x 1\r\n");
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].type, Type::error);
  EXPECT_TRUE(cluster_.closed(client_));
  const auto another = cluster_.connect(0);
  EXPECT_EQ(cluster_.ask(another, "GET x"), "(null)") << "nothing behind it was executed";
}

TEST_F(ConnectionTest, ABrowserThatPostsExecutesNothing) {
  run("POST / HTTP/1.1\r\nHost: x\r\n\r\nSET x 1\r\n");
  EXPECT_TRUE(cluster_.closed(client_));
  const auto another = cluster_.connect(0);
  EXPECT_EQ(cluster_.ask(another, "GET x"), "(null)");
}

TEST_F(ConnectionTest, BytesMayComeOneByOne) {
  const std::string request = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\nGET k\r\n";
  for (const char c : request) {
    cluster_.send(client_, std::string(1, c));
    cluster_.run_for(5);
  }
  const auto replies = cluster_.take_replies(client_);
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[1].text, "hello");
}

TEST(Config, WhatIsSetIsReadBackHoweverManyShardsHaveAPartOfIt) {
  SimCluster cluster({.nodes = 1, .shards = 3});
  const auto client = cluster.connect(0);
  EXPECT_EQ(cluster.ask(client, "CONFIG SET maxmemory 100mb"), "OK");
  EXPECT_EQ(cluster.ask_for(client, "CONFIG GET maxmemory")->elements.at(1).text, "104857600");
  EXPECT_NE(cluster.ask(client, "INFO memory").find("maxmemory:104857600\r\n"), std::string::npos);
  EXPECT_EQ(part_of(100, 3, 0) + part_of(100, 3, 1) + part_of(100, 3, 2), 100U);
  EXPECT_EQ(part_of(1, 3, 2), 1U) << "a bound stays one";
  EXPECT_EQ(part_of(0, 3, 0), 0U);
}

TEST(Config, ANameTwiceIsRefusedAndNothingIsSet) {
  SimCluster cluster({.nodes = 1, .shards = 2});
  const auto client = cluster.connect(0);
  EXPECT_EQ(cluster.ask(client, "CONFIG SET timeout 5 maxmemory 1mb TIMEOUT 6"),
            "ERR CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter");
  EXPECT_EQ(cluster.ask_for(client, "CONFIG GET maxmemory")->elements.at(1).text, "0");
}

TEST(Authentication, BeforeItOnlyTheHandshakeIsAllowed) {
  SimCluster cluster({.nodes = 1, .shards = 1, .password = "sesame"});
  const auto client = cluster.connect(0);
  EXPECT_EQ(cluster.ask(client, "GET a"), "NOAUTH Authentication required.");
  EXPECT_EQ(cluster.ask(client, "CLIENT LIST"), "NOAUTH Authentication required.");
  EXPECT_EQ(cluster.ask(client, "NOSUCH"), "NOAUTH Authentication required.");
  EXPECT_EQ(cluster.ask(client, "PING"), "PONG") << "load balancers ask without a password";
  EXPECT_EQ(cluster.ask(client, "HELLO 2 AUTH default wrong").rfind("WRONGPASS", 0), 0U);
  EXPECT_EQ(cluster.ask(client, "GET a"), "NOAUTH Authentication required.");
  EXPECT_EQ(cluster.ask(client, "AUTH default sesame"), "OK");
  EXPECT_EQ(cluster.ask(client, "GET a"), "(null)");
  EXPECT_EQ(cluster.ask(client, "RESET"), "RESET");
  EXPECT_EQ(cluster.ask(client, "GET a"), "NOAUTH Authentication required.");
}

TEST(Authentication, WhileAPasswordIsChangedBothAreAccepted) {
  SimCluster cluster({.nodes = 1, .shards = 1, .password = Secrets(std::vector<std::string>{"new", "old"})});
  for (const std::string_view password : {"new", "old"}) {
    EXPECT_EQ(cluster.ask(cluster.connect(0), "AUTH " + std::string(password)), "OK");
    EXPECT_EQ(cluster.ask(cluster.connect(0), "AUTH default " + std::string(password)), "OK");
  }
  EXPECT_EQ(cluster.ask(cluster.connect(0), "AUTH newold").rfind("WRONGPASS", 0), 0U);
}

TEST(Authentication, AStrangersRequestsAreKeptSmall) {
  SimCluster cluster({.nodes = 1, .shards = 1, .password = "sesame"});
  const auto client = cluster.connect(0);
  cluster.send(client, "*2\r\n$4\r\nAUTH\r\n$20000\r\n");
  cluster.run_for(100);
  const auto replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].text, "ERR Protocol error: unauthenticated bulk length");
  EXPECT_TRUE(cluster.closed(client));
}

TEST_F(ConnectionTest, ClientListTakesManyNumbersAndClientKillFewFilters) {
  std::string ids;
  for (int i = 1000; i < 6000; ++i) ids += " " + std::to_string(i);
  const std::string id = ask("CLIENT ID");
  EXPECT_NE(ask("CLIENT LIST ID " + id + ids).find("id=" + id + " "), std::string::npos);
  std::string filters;
  for (int i = 0; i < 65; ++i) filters += " TYPE normal";
  EXPECT_EQ(ask("CLIENT KILL" + filters), "ERR too many filters");
}

TEST_F(ConnectionTest, APatternThatTakesTooLongIsRefused) {
  ask("SET " + std::string(10'000, 'a') + " v");
  ask("HSET {h}h " + std::string(10'000, 'a') + " v");
  const std::string pattern = "*" + std::string(900, 'a') + "b";
  const std::string refusal = "ERR pattern takes too long to match with what is there";
  EXPECT_EQ(ask("KEYS " + pattern), refusal);
  EXPECT_EQ(ask("SCAN 0 MATCH " + pattern), refusal);
  EXPECT_EQ(ask("HSCAN {h}h 0 MATCH " + pattern), refusal);
}

// Reads all that SCAN shows with a pattern that is costly for each of many keys: it takes more calls than
// usual, and shows everything.
TEST_F(ConnectionTest, ScanLeavesOffEarlyWhereMatchingTakesLong) {
  for (int i = 0; i < 300; ++i) ask("SET {s}" + std::string(300, 'a') + std::to_string(i) + " v");
  const std::string pattern = "*" + std::string(50, 'a') + "*[0-9]";
  std::size_t calls = 0;
  std::size_t keys = 0;
  std::string cursor = "0";
  do {
    const auto replies = run("SCAN " + cursor + " COUNT 10000 MATCH " + pattern + "\r\n");
    ASSERT_EQ(replies.size(), 1U);
    ASSERT_EQ(replies[0].elements.size(), 2U) << replies[0].text;
    cursor = replies[0].elements[0].text;
    keys += replies[0].elements[1].elements.size();
    ++calls;
  } while (cursor != "0" && calls < 1000);
  EXPECT_EQ(keys, 300U);
}

TEST(Authentication, WhoDoesNotGiveThePasswordWithinAMinuteIsClosed) {
  SimCluster cluster({.nodes = 1, .shards = 1, .password = "pw"});
  const auto stranger = cluster.connect(0);
  const auto friendly = cluster.connect(0);
  EXPECT_EQ(cluster.ask(friendly, "AUTH pw"), "OK");
  cluster.run_for(kAuthenticateMs - 5'000);
  EXPECT_EQ(cluster.ask(stranger, "PING"), "PONG");
  cluster.run_for(10'000);
  EXPECT_TRUE(cluster.closed(stranger));
  EXPECT_FALSE(cluster.closed(friendly));
}

TEST(ClientMemory, WhenAllClientsTogetherKeepTooMuchThoseWithTheMostAreClosed) {
  SimCluster cluster({.nodes = 1, .shards = 1, .client_bytes_max = 10'000'000});
  const auto bystander = cluster.connect(0);
  std::vector<SimCluster::ClientIndex> clients;
  for (std::size_t i = 0; i < 4; ++i) {
    clients.push_back(cluster.connect(0));
    const std::size_t bytes = (i + 1) * 1'500'000;
    cluster.send(clients[i], "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$30000000\r\n" + std::string(bytes, 'x'));
  }
  cluster.run_for(1000);
  EXPECT_TRUE(cluster.closed(clients[3]));
  EXPECT_FALSE(cluster.closed(clients[0]));
  EXPECT_EQ(cluster.ask(bystander, "PING"), "PONG");
}

TEST(Strangers, TheOldestGoesWhenThereAreTooManyAndTheLogSaysSoOnceASecond) {
  SimCluster cluster({.nodes = 2, .shards = 1});
  cluster.run_for(500);
  const std::size_t notes = cluster.notes().size();
  std::vector<SimCluster::ClientIndex> strangers;
  for (int i = 0; i < 200; ++i) strangers.push_back(cluster.connect_to_peer_port(0));
  cluster.run_for(100);
  const auto closed =
      std::count_if(strangers.begin(), strangers.end(), [&](auto s) { return cluster.closed(s); });
  EXPECT_EQ(static_cast<std::size_t>(closed), 200U - kStrangersMax - 4);
  EXPECT_FALSE(cluster.closed(strangers.back()));
  EXPECT_LE(cluster.notes().size() - notes, 2U);
  const auto client = cluster.connect(1);
  EXPECT_EQ(cluster.ask(client, "SET " + cluster.key_of(0, 0) + " v"), "OK") << "nodes are not among them";
}

}  // namespace
}  // namespace limpet::shard
