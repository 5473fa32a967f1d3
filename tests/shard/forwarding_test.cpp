// Routing and forwarding in a simulated cluster: what a client sees, whatever node it is connected to.
#include <gtest/gtest.h>

#include "sim_cluster.hpp"

namespace limpet::shard {
namespace {

using Type = resp::Value::Type;

std::string set(const std::string& key, const std::string& value) {
  return "SET " + key + " " + value + "\r\n";
}

TEST(Forwarding, AnyNodeAnswersForAnyUid) {
  SimCluster cluster({});
  const auto a = cluster.connect(0);
  const auto b = cluster.connect(1);
  const auto c = cluster.connect(2);
  for (int i = 0; i < 50; ++i) {
    const std::string key = "user" + std::to_string(i);
    EXPECT_EQ(cluster.ask(a, "SET " + key + " v" + std::to_string(i)), "OK");
    EXPECT_EQ(cluster.ask(b, "GET " + key), "v" + std::to_string(i));
    EXPECT_EQ(cluster.ask(c, "GET " + key), "v" + std::to_string(i));
  }
}

TEST(Forwarding, ASessionLivesOnItsOwnerAlone) {
  SimCluster cluster({});
  const auto client = cluster.connect(0);
  for (unsigned node = 0; node < 3; ++node) {
    for (unsigned i = 0; i < 5; ++i) cluster.ask(client, "SET " + cluster.key_of(node, i) + " x");
  }
  for (unsigned node = 0; node < 3; ++node) EXPECT_EQ(cluster.stats(node).store.keys, 5U);
}

TEST(Forwarding, RepliesComeInTheOrderOfTheirCommands) {
  SimCluster cluster({.delay_ms_max = 20});
  const auto client = cluster.connect(0);
  std::string pipeline;
  for (int i = 0; i < 300; ++i) {
    pipeline += set("k" + std::to_string(i), std::to_string(i)) + "GET k" + std::to_string(i) + "\r\nPING " +
                std::to_string(i) + "\r\n";
  }
  cluster.send(client, pipeline);
  cluster.run_for(3000);
  const auto replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 900U);
  for (std::size_t i = 0; i < 300; ++i) {
    EXPECT_EQ(replies[3 * i].text, "OK");
    EXPECT_EQ(replies[3 * i + 1].text, std::to_string(i));
    EXPECT_EQ(replies[3 * i + 2].text, std::to_string(i));
  }
}

TEST(Forwarding, CommandsOfSeveralKeysWorkThroughAnyNode) {
  SimCluster cluster({});
  const auto client = cluster.connect(1);
  std::string mset = "MSET";
  std::string mget = "MGET";
  std::string del = "DEL";
  for (int i = 0; i < 40; ++i) {
    const std::string key = "k" + std::to_string(i);
    mset += " " + key + " v" + std::to_string(i);
    mget += " " + key;
    del += " " + key;
  }
  EXPECT_EQ(cluster.ask(client, mset), "OK");
  EXPECT_EQ(cluster.ask(client, "DBSIZE"), "40");
  cluster.send(client, mget + " nothing k0\r\n");
  cluster.run_for(500);
  const auto replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 1U);
  ASSERT_EQ(replies[0].elements.size(), 42U);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(replies[0].elements[i].text, "v" + std::to_string(i));
  EXPECT_EQ(replies[0].elements[40].type, Type::null);
  EXPECT_EQ(replies[0].elements[41].text, "v0");
  EXPECT_EQ(cluster.ask(client, del + " k0"), "40");
  EXPECT_EQ(cluster.ask(client, "DBSIZE"), "0");
}

TEST(Forwarding, AnOwnerThatStopsLeavesNobodyInDoubt) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SimCluster cluster({.seed = seed, .delay_ms_max = 20});
    const auto client = cluster.connect(0);
    const std::string key = cluster.key_of(1, 1);
    EXPECT_EQ(cluster.ask(client, "INCR " + key), "1");
    int asked = 0;
    const auto ask_on = [&] {
      cluster.send(client, "INCR " + key + "\r\n");
      ++asked;
      cluster.run_for(1);
    };
    for (int i = 0; i < 50; ++i) ask_on();
    cluster.drain(1);
    for (int i = 0; i < 5000 && !cluster.drained(1); ++i) ask_on();
    EXPECT_TRUE(cluster.drained(1)) << "seed " << seed;
    // From here on it answers nothing; what it has said arrives.
    cluster.pause(1);
    for (int i = 0; i < 50; ++i) ask_on();
    cluster.kill(1);
    cluster.run_for(5000);
    const auto replies = cluster.take_replies(client);
    ASSERT_EQ(replies.size(), static_cast<std::size_t>(asked));
    for (const resp::Value& reply : replies) {
      EXPECT_FALSE(reply.text.starts_with("INDOUBT")) << "seed " << seed << ": " << reply.text;
    }
  }
}

TEST(Forwarding, AKeyIsRenamedFromSessionToSessionThroughAnyNode) {
  SimCluster cluster({});
  for (unsigned through = 0; through < 3; ++through) {
    const auto client = cluster.connect(through);
    for (unsigned from = 0; from < 3; ++from) {
      for (unsigned to = 0; to < 3; ++to) {
        const std::string a = cluster.key_of(from, 1);
        const std::string b = cluster.key_of(to, 2);
        EXPECT_EQ(cluster.ask(client, "SET " + a + " v EX 1000"), "OK");
        EXPECT_EQ(cluster.ask(client, "RENAME " + a + " " + b), "OK");
        EXPECT_EQ(cluster.ask(client, "GET " + a), "(null)");
        EXPECT_EQ(cluster.ask(client, "GET " + b), "v");
        EXPECT_EQ(cluster.ask(client, "TTL " + b), "1000");
        EXPECT_EQ(cluster.ask(client, "COPY " + b + " " + a), "1");
        EXPECT_EQ(cluster.ask(client, "COPY " + b + " " + a), "0");
        EXPECT_EQ(cluster.ask(client, "RENAMENX " + b + " " + a), "0");
        EXPECT_EQ(cluster.ask(client, "DEL " + b), "1");
        EXPECT_EQ(cluster.ask(client, "HSET " + b + " f 1 g 2"), "2");
        EXPECT_EQ(cluster.ask(client, "COPY " + b + " " + a + " REPLACE"), "1");
        EXPECT_EQ(cluster.ask(client, "HGET " + a + " g"), "2");
        EXPECT_EQ(cluster.ask(client, "DEL " + a + " " + b), "2");
        EXPECT_EQ(cluster.ask(client, "RENAME " + a + " " + b), "ERR no such key");
        EXPECT_EQ(cluster.ask(client, "COPY " + a + " " + b), "0");
      }
    }
  }
}

TEST(Forwarding, CommandsBehindARenameSeeItsEnd) {
  SimCluster cluster({.delay_ms_max = 20});
  const auto client = cluster.connect(0);
  const std::string a = cluster.key_of(1, 1);
  const std::string b = cluster.key_of(2, 1);
  cluster.send(client, "SET " + a + " 1\r\nINCR " + a + "\r\nRENAME " + a + " " + b + "\r\nINCR " + b +
                           "\r\nGET " + a + "\r\nPING\r\n");
  cluster.run_for(2000);
  const auto replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 6U);
  EXPECT_EQ(replies[2].text, "OK");
  EXPECT_EQ(replies[3].integer, 3);
  EXPECT_EQ(replies[4].type, Type::null);
  EXPECT_EQ(replies[5].text, "PONG");
}

TEST(Forwarding, NoWriteIsLostToARenameThatGoesOnMeanwhile) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SimCluster cluster({.seed = seed, .delay_ms_max = 10});
    const auto mover = cluster.connect(0);
    const auto writer = cluster.connect(1);
    const std::string a = cluster.key_of(1, 1);
    const std::string b = cluster.key_of(2, 1);
    EXPECT_EQ(cluster.ask(writer, "SET " + a + " x"), "OK");
    cluster.send(mover, "RENAME " + a + " " + b + "\r\n");
    for (int i = 0; i < 10; ++i) {
      cluster.send(writer, "APPEND " + a + " y\r\n");
      cluster.run_for(2);
    }
    cluster.run_for(3000);
    ASSERT_EQ(cluster.take_replies(mover).size(), 1U);
    ASSERT_EQ(cluster.take_replies(writer).size(), 10U);
    const auto length = [&](const std::string& key) {
      return std::stoi(cluster.ask(writer, "STRLEN " + key));
    };
    // What was appended is under the new name, or under the old one that the writer made again, or, where the
    // client was told that both may be there, under both.
    EXPECT_GE(length(a) + length(b), 11) << "seed " << seed;
  }
}

TEST(Forwarding, MsetnxIsAllOrNothingForOneSessionAndRefusedForSeveral) {
  SimCluster cluster({});
  const auto client = cluster.connect(0);
  EXPECT_EQ(cluster.ask(client, "MSETNX {u1}a 1 {u1}b 2"), "1");
  EXPECT_EQ(cluster.ask(client, "MSETNX {u1}c 1 {u1}b 2"), "0");
  EXPECT_EQ(cluster.ask(client, "EXISTS {u1}c"), "0");
  EXPECT_TRUE(cluster.ask(client, "MSETNX {u1}c 1 {u2}d 2").starts_with("CROSSSLOT"));
}

TEST(Forwarding, KeysAndRandomkeyKnowTheKeysOfEveryNode) {
  SimCluster cluster({});
  const auto client = cluster.connect(1);
  EXPECT_EQ(cluster.ask(client, "RANDOMKEY"), "(null)");
  std::set<std::string> all;
  for (unsigned node = 0; node < 3; ++node) {
    all.insert(cluster.key_of(node, 7));
    EXPECT_EQ(cluster.ask(client, "SET " + cluster.key_of(node, 7) + " x"), "OK");
  }
  std::set<std::string> picked;
  for (int i = 0; i < 200; ++i) picked.insert(cluster.ask(client, "RANDOMKEY"));
  EXPECT_EQ(picked, all);
  cluster.send(client, "KEYS *\r\n");
  cluster.run_for(500);
  const auto replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 1U);
  std::set<std::string> listed;
  for (const resp::Value& key : replies[0].elements) listed.insert(key.text);
  EXPECT_EQ(listed, all);
}

TEST(Forwarding, ObjectAndMemoryGoToTheOwnerOfTheirKey) {
  SimCluster cluster({});
  const auto client = cluster.connect(0);
  for (unsigned node = 0; node < 3; ++node) {
    const std::string key = cluster.key_of(node, 3);
    EXPECT_EQ(cluster.ask(client, "SET " + key + " 12"), "OK");
    EXPECT_EQ(cluster.ask(client, "OBJECT ENCODING " + key), "int");
    EXPECT_GT(std::stoi(cluster.ask(client, "MEMORY USAGE " + key)), 0);
  }
  EXPECT_EQ(cluster.ask(client, "OBJECT ENCODING nothing"), "(null)");
  EXPECT_TRUE(cluster.ask(client, "OBJECT ENCODING").starts_with("ERR wrong number"));
  EXPECT_EQ(cluster.ask(client, "PING"), "PONG");
}

std::set<std::string> scan_all(SimCluster& cluster, SimCluster::ClientIndex client,
                               const std::string& options) {
  std::set<std::string> keys;
  std::string cursor = "0";
  do {
    cluster.send(client, "SCAN " + cursor + options + "\r\n");
    std::vector<resp::Value> replies;
    cluster.run_until([&] { return !(replies = cluster.take_replies(client)).empty(); }, 5000);
    EXPECT_EQ(replies.at(0).elements.size(), 2U);
    cursor = replies[0].elements[0].text;
    EXPECT_LT(std::stoull(cursor), std::uint64_t{1} << 53);
    for (const resp::Value& key : replies[0].elements[1].elements) {
      EXPECT_TRUE(keys.insert(key.text).second) << key.text << " came twice";
    }
  } while (cursor != "0");
  return keys;
}

TEST(Forwarding, ScanReturnsEveryKeyOfEveryNodeOnce) {
  SimCluster cluster({.delay_ms_max = 0});
  const auto client = cluster.connect(2);
  for (int i = 0; i < 1000; ++i) cluster.send(client, set("key:" + std::to_string(i), "x"));
  cluster.run_for(1000);
  EXPECT_EQ(cluster.take_replies(client).size(), 1000U);
  EXPECT_EQ(scan_all(cluster, client, "").size(), 1000U);
  EXPECT_EQ(scan_all(cluster, client, " COUNT 300").size(), 1000U);
  EXPECT_EQ(scan_all(cluster, client, " COUNT 1").size(), 1000U) << "slot by slot";
  EXPECT_EQ(scan_all(cluster, client, " MATCH key:1*").size(), 111U);
  EXPECT_EQ(scan_all(cluster, client, " TYPE hash").size(), 0U);
}

TEST(Forwarding, FlushallEmptiesEveryNode) {
  SimCluster cluster({});
  const auto client = cluster.connect(0);
  for (int i = 0; i < 100; ++i) cluster.ask(client, "SET k" + std::to_string(i) + " x");
  EXPECT_EQ(cluster.ask(client, "FLUSHALL"), "OK");
  for (unsigned node = 0; node < 3; ++node) EXPECT_EQ(cluster.stats(node).store.keys, 0U);
}

TEST(Forwarding, ADeadOwnerCostsAQuickClearErrorAndOnlyItsOwnKeys) {
  SimCluster cluster({});
  const auto client = cluster.connect(0);
  ASSERT_EQ(cluster.ask(client, "SET " + cluster.key_of(1, 0) + " x"), "OK");
  cluster.kill(1);
  cluster.run_for(200);
  const std::int64_t before = cluster.now_ms();
  const std::string error = cluster.ask(client, "SET " + cluster.key_of(1, 0) + " y");
  EXPECT_EQ(error.rfind("CLUSTERDOWN node n2 (10.0.0.2:7700)", 0), 0U) << error;
  EXPECT_LE(cluster.now_ms() - before, 100);
  EXPECT_EQ(cluster.ask(client, "SET " + cluster.key_of(0, 0) + " y"), "OK");
  EXPECT_EQ(cluster.ask(client, "SET " + cluster.key_of(2, 0) + " y"), "OK");
  EXPECT_EQ(cluster.ask(client, "DBSIZE").rfind("CLUSTERDOWN node n2", 0), 0U);
}

TEST(Forwarding, AnOwnerThatComesBackServesAgainWithoutAnyoneElseRestarting) {
  SimCluster cluster({});
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(1, 0);
  cluster.kill(1);
  cluster.run_for(5000);
  EXPECT_EQ(cluster.ask(client, "GET " + key).rfind("CLUSTERDOWN", 0), 0U);
  cluster.start(1);
  EXPECT_TRUE(cluster.run_until([&] { return cluster.ask(client, "SET " + key + " y") == "OK"; }, 3000));
  EXPECT_EQ(cluster.ask(client, "GET " + key), "y");
}

TEST(Forwarding, AWriteUnderWayToAnOwnerThatDiesIsInDoubtAndAReadIsNot) {
  SimCluster cluster({.delay_ms_max = 0});
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(1, 0);
  ASSERT_EQ(cluster.ask(client, "SET " + key + " x"), "OK");
  cluster.pause(1);
  cluster.send(client, set(key, "y"));
  cluster.run_for(10);
  cluster.send(client, "GET " + cluster.key_of(1, 1) + "\r\n");
  cluster.run_for(10);
  cluster.kill(1);
  cluster.run_for(1000);
  const auto replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].text.rfind("INDOUBT", 0), 0U) << replies[0].text;
  EXPECT_EQ(replies[1].text.rfind("CLUSTERDOWN", 0), 0U) << replies[1].text;
}

TEST(Forwarding, AReadIsSentAgainWhenItsLinkBreaks) {
  SimCluster cluster({.delay_ms_max = 0});
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(1, 0);
  ASSERT_EQ(cluster.ask(client, "SET " + key + " x"), "OK");
  cluster.run_for(2 * kLinkProvedMs);
  cluster.pause(1);
  cluster.send(client, "GET " + key + "\r\n");
  cluster.run_for(10);
  cluster.cut(0, 1);
  cluster.resume(1);
  cluster.run_for(500);
  const auto replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].text, "x");
}

TEST(Forwarding, AReadDoesNotSeeALaterWriteOfItsOwnConnection) {
  SimCluster cluster({.delay_ms_max = 0});
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(1, 0);
  ASSERT_EQ(cluster.ask(client, "SET " + key + " old"), "OK");
  cluster.run_for(2 * kLinkProvedMs);
  cluster.pause(1);
  cluster.send(client, "GET " + key + "\r\n" + set(key, "new"));
  cluster.run_for(10);
  cluster.cut(0, 1);
  cluster.resume(1);
  cluster.run_for(500);
  const auto replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_NE(replies[0].text, "new");
  EXPECT_EQ(replies[0].text.rfind("CLUSTERDOWN", 0), 0U) << replies[0].text;
  EXPECT_EQ(replies[1].text.rfind("INDOUBT", 0), 0U) << replies[1].text;
}

TEST(Forwarding, AnOwnerThatStandsStillIsNoticedAndNotWaitedForByNewCommands) {
  SimCluster cluster({});
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(1, 0);
  ASSERT_EQ(cluster.ask(client, "SET " + key + " 1"), "OK");
  cluster.pause(1);
  const std::string in_doubt = cluster.ask(client, "INCR " + key);
  EXPECT_EQ(in_doubt.rfind("INDOUBT", 0), 0U) << in_doubt;
  const std::int64_t before = cluster.now_ms();
  const std::string error = cluster.ask(client, "INCR " + key);
  EXPECT_EQ(error.rfind("CLUSTERDOWN node n2", 0), 0U) << error;
  EXPECT_LE(cluster.now_ms() - before, 20);
  cluster.resume(1);
  cluster.run_for(1000);
  EXPECT_EQ(cluster.ask(client, "GET " + key), "2");
}

TEST(Forwarding, AHalfOpenLinkIsClosedAndDialledAgain) {
  SimCluster cluster({});
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(1, 0);
  ASSERT_EQ(cluster.ask(client, "SET " + key + " 1"), "OK");
  cluster.block(0, 1, true);
  cluster.run_for(10'000);
  EXPECT_EQ(cluster.ask(client, "GET " + key).rfind("CLUSTERDOWN", 0), 0U);
  cluster.block(0, 1, false);
  cluster.run_for(5000);
  EXPECT_EQ(cluster.ask(client, "GET " + key), "1");
}

// Files of three nodes: n1 believes in all of them, n2 and n3 each that the other holds nearly everything.
std::vector<std::string> files_that_disagree() {
  const auto weighted = [](std::size_t heavy) {
    std::vector<FileNode> nodes(3);
    nodes[heavy].weight = "100";
    return cluster_text(nodes, 1);
  };
  return {cluster_text(3), weighted(2), weighted(1)};
}

TEST(Forwarding, NodesThatDisagreeNeverLoopAndSaySoInTime) {
  SimCluster cluster({.files = files_that_disagree()});
  const auto client = cluster.connect(0);
  cluster.run_for(500);
  int tried_again = 0;
  for (unsigned i = 0; i < 20; ++i) {
    const std::int64_t began = cluster.now_ms();
    const std::uint64_t frames_before = cluster.peer_bytes();
    const std::string reply = cluster.ask(client, "SET " + cluster.key_of(1, i) + " x");
    if (reply.rfind("TRYAGAIN", 0) == 0) ++tried_again;
    EXPECT_TRUE(reply == "OK" || reply.rfind("TRYAGAIN", 0) == 0) << reply;
    EXPECT_LE(cluster.now_ms() - began, 2100);
    // Each try is at most two transfers of some 60 bytes and their answers; a loop would be thousands.
    EXPECT_LT(cluster.peer_bytes() - frames_before, 60'000U);
  }
  EXPECT_GT(tried_again, 0);
}

// It may come back once more, and what was sent behind it may not.
TEST(Forwarding, NothingIsSentBehindACommandThatIsTriedAgain) {
  SimCluster cluster({.delay_ms_max = 40, .files = files_that_disagree()});
  cluster.run_for(500);
  unsigned seen = 0;
  for (unsigned i = 0; i < 20; ++i) {
    const auto client = cluster.connect(0);
    const std::string incr = "INCR " + cluster.key_of(1, i) + "\r\n";
    const std::uint64_t retries = cluster.stats(0).counters.forward_retries;
    cluster.send(client, incr);
    cluster.run_until([&] { return cluster.stats(0).counters.forward_retries > retries; }, 500);
    if (cluster.stats(0).counters.forward_retries == retries) continue;  // its owner took it
    ++seen;
    const std::uint64_t forwarded = cluster.stats(0).counters.commands_forwarded;
    cluster.send(client, incr);
    cluster.run_for(1'000);
    EXPECT_EQ(cluster.stats(0).counters.commands_forwarded, forwarded);
    cluster.run_for(5'000);
    EXPECT_EQ(cluster.take_replies(client).size(), 2U);
  }
  EXPECT_GT(seen, 0U);
}

TEST(Forwarding, OneTransferMoreReachesAnOwnerThatOnlyTheSecondNodeKnows) {
  // n1's file is old: it does not know n3. n2 knows, and passes on.
  SimCluster cluster({.nodes = 3, .files = {cluster_text(2, 1), cluster_text(3, 2), cluster_text(3, 2)}});
  const auto through_old = cluster.connect(0);
  const auto through_new = cluster.connect(1);
  cluster.run_for(500);
  int passed_on = 0;
  for (unsigned i = 0; i < 40; ++i) {
    const std::string key = cluster.key_of(1, i);  // by the old file n2's
    ASSERT_EQ(cluster.ask(through_old, "SET " + key + " x"), "OK");
    EXPECT_EQ(cluster.ask(through_new, "GET " + key), "x");
  }
  passed_on = static_cast<int>(cluster.stats(2).store.keys);
  EXPECT_GT(passed_on, 0);
}

TEST(Forwarding, ALargeValueDoesNotHoldUpSmallRequestsOnItsLink) {
  SimCluster cluster({.shards = 1, .seed = 11, .delay_ms_max = 1, .piece_bytes_max = 65536});
  const auto heavy = cluster.connect(0);
  const auto light = cluster.connect(0);
  const std::string key = cluster.key_of(1, 0);
  const std::string large(10U << 20, 'x');
  cluster.ask(light, "PING");
  cluster.run_for(100);
  cluster.send(heavy, "*3\r\n$3\r\nSET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n$" +
                          std::to_string(large.size()) + "\r\n" + large + "\r\n");
  // The moment the value is on its way, small ones still pass it.
  ASSERT_TRUE(cluster.run_until([&] { return cluster.peer_bytes() > (1U << 20); }, 5000));
  EXPECT_EQ(cluster.ask(light, "SET " + cluster.key_of(1, 1) + " small"), "OK");
  EXPECT_TRUE(cluster.take_replies(heavy).empty()) << "the large value was too quick for this test";
  cluster.run_for(5000);
  const auto replies = cluster.take_replies(heavy);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].text, "OK");
  EXPECT_EQ(cluster.ask(light, "STRLEN " + key), std::to_string(large.size()));
}

TEST(Forwarding, CommandsBehindALargeValueOfTheSameClientDoNotOvertakeIt) {
  SimCluster cluster({.shards = 1, .piece_bytes_max = 65536});
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(1, 0);
  const std::string large(3U << 20, 'y');
  cluster.send(client, "*3\r\n$3\r\nSET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n$" +
                           std::to_string(large.size()) + "\r\n" + large + "\r\nSTRLEN " + key +
                           "\r\nPING\r\n");
  cluster.run_for(5000);
  const auto replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(replies[1].integer, static_cast<std::int64_t>(large.size()));
}

TEST(Forwarding, ALargeReplyComesBackWhole) {
  SimCluster cluster({.piece_bytes_max = 65536});
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(2, 0);
  std::string value(500'000, 'z');
  for (std::size_t i = 0; i < value.size(); i += 977) value[i] = static_cast<char>('a' + i % 26);
  cluster.send(client, "*3\r\n$3\r\nSET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n$" +
                           std::to_string(value.size()) + "\r\n" + value + "\r\n");
  cluster.run_for(2000);
  cluster.take_replies(client);
  EXPECT_EQ(cluster.ask(client, "GET " + key), value);
}

TEST(Forwarding, TheOwnerChecksThatTheClientHasAuthenticated) {
  SimCluster cluster({.password = "sesame"});
  const auto client = cluster.connect(0);
  EXPECT_EQ(cluster.ask(client, "GET " + cluster.key_of(1, 0)), "NOAUTH Authentication required.");
  EXPECT_EQ(cluster.ask(client, "AUTH wrong").rfind("WRONGPASS", 0), 0U);
  EXPECT_EQ(cluster.ask(client, "AUTH sesame"), "OK");
  EXPECT_EQ(cluster.ask(client, "GET " + cluster.key_of(1, 0)), "(null)");
}

TEST(Forwarding, NodesWithTheSameSecretForwardAndOthersAreRefused) {
  SimCluster cluster({.secrets = {"s3cret", "s3cret", "other"}});
  const auto client = cluster.connect(0);
  EXPECT_EQ(cluster.ask(client, "SET " + cluster.key_of(1, 0) + " x"), "OK");
  const std::string error = cluster.ask(client, "SET " + cluster.key_of(2, 0) + " x");
  EXPECT_NE(error.find("secret"), std::string::npos) << error;
}

// The links are cut at each step, so that whoever dials has to prove anew.
TEST(Forwarding, ASecretIsChangedNodeByNodeAndNoneIsCutOff) {
  SimCluster cluster({.secrets = {"old", "old", "old"}});
  const auto client = cluster.connect(0);
  const auto all_meet = [&](const std::string& when) {
    for (unsigned a = 0; a < 3; ++a) {
      for (unsigned b = 0; b < a; ++b) cluster.cut(a, b);
    }
    cluster.run_for(500);
    for (unsigned from = 0; from < 3; ++from) {
      const auto asker = cluster.connect(from);
      for (unsigned to = 0; to < 3; ++to) {
        EXPECT_EQ(cluster.ask(asker, "SET " + cluster.key_of(to, 0) + " x"), "OK") << when << from << to;
      }
    }
  };
  for (const Secrets& step : {Secrets(std::vector<std::string>{"new", "old"}), Secrets("new")}) {
    for (unsigned node = 0; node < 3; ++node) {
      cluster.set_secrets(node, step);
      all_meet(step.all().size() == 2 ? "both, " : "new, ");
    }
  }
  cluster.set_secrets(2, "old");
  cluster.cut(0, 2);
  cluster.run_for(500);
  const std::string error = cluster.ask(client, "SET " + cluster.key_of(2, 0) + " x");
  EXPECT_NE(error.find("secret"), std::string::npos) << error;
  cluster.set_secrets(2, "new");
  cluster.run_for(200);
  EXPECT_EQ(cluster.ask(client, "SET " + cluster.key_of(2, 0) + " x"), "OK")
      << "read again, it is let in at once";
}

TEST(Forwarding, APeerPortRefusesWhateverIsNoNode) {
  SimCluster cluster({.secrets = {"s3cret", "s3cret", "s3cret"}});
  for (const std::string_view bytes :
       {std::string_view("PING\r\nPING\r\nPING\r\nPING\r\n"),
        std::string_view("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string_view("\xff\xff\xff\xff\x08\0\0\0\0\0\0\0\0\0\0\0", 16),
        std::string_view("\x10\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0aaaaaaaaaaaaaaaa", 32)}) {
    const auto [answer, closed] = cluster.poke_peer(0, bytes);
    EXPECT_TRUE(closed);
    EXPECT_EQ(answer, "") << "a stranger is told nothing";
  }
  const auto [hint, over] =
      cluster.poke_peer(0, std::string_view("\x16\x03\x01\x02\0\x01\0\1\xfc\3\3abcdefgh", 19));
  EXPECT_TRUE(over);
  EXPECT_EQ(hint, "this port is for nodes of a limpet cluster, which speak no TLS\r\n");
  const auto [answer, closed] = cluster.poke_peer(0, "");
  EXPECT_TRUE(closed) << "silence is given up on";
}

TEST(Forwarding, AnErrorTextCannotForgeRepliesThroughAForwardingNode) {
  SimCluster cluster({});
  const auto client = cluster.connect(0);
  cluster.send(client, "*1\r\n$9\r\nx\r\n+OK\r\ny\r\n");
  cluster.run_for(100);
  const auto replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].type, Type::error);
}

TEST(Forwarding, TheSameSeedGivesTheSameRun) {
  const auto run = [](std::uint64_t seed) {
    SimCluster cluster({.seed = seed});
    const auto client = cluster.connect(0);
    for (int i = 0; i < 100; ++i) cluster.send(client, set("k" + std::to_string(i), "v"));
    cluster.run_for(100);
    cluster.kill(1);
    cluster.run_for(1000);
    return cluster.trace();
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

}  // namespace
}  // namespace limpet::shard
