// Copies in whole clusters: what was acknowledged is on the disk of a follower, too, and in the end all
// copies are what their owners have.
#include <gtest/gtest.h>

#include <limpet/shard/shard.hpp>
#include <string>

#include "sim_cluster.hpp"

namespace limpet::shard {
namespace {

using cluster::Acks;

SimCluster::Options followed(unsigned nodes, unsigned followers, Acks acks, std::uint64_t seed = 1) {
  SimCluster::Options options;
  options.nodes = nodes;
  options.seed = seed;
  options.moves = true;
  options.journal = true;
  options.copies = cluster::CopiesPolicy{.followers = followers, .acks = acks};
  return options;
}

SimCluster::Options with_one_at_least(unsigned nodes) {
  SimCluster::Options options = followed(nodes, 1, Acks::all);
  options.copies->min_followers = 1;
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

std::vector<std::string> keys_of(const SimCluster& cluster, unsigned node) {
  std::vector<std::string> keys;
  for (unsigned i = 0; i < 100; ++i) keys.push_back(cluster.key_of(node, i));
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
  const std::vector<std::string> keys = keys_of(cluster, 0);
  set_all(cluster, client, keys, "v");
  cluster.kill(1);
  set_all(cluster, client, keys, "w");
  EXPECT_GT(cluster.stats(0).copies.behind_bytes, keys.size()) << "of one that is away, too";
  EXPECT_GT(cluster.stats(0).copies.behind_ms, 0U);
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
  const std::vector<std::string> keys = keys_of(cluster, 0);
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
  const std::vector<std::string> keys = keys_of(cluster, 0);
  set_all(cluster, client, keys, "v");
  cluster.kill(0);
  cluster.start(1);
  cluster.start(0);
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(10'000);
  EXPECT_EQ(odd_one(cluster, 2, 2), "");
}

// ---- The file ----

std::string text_with(unsigned nodes, std::uint64_t epoch, const std::string& copies) {
  std::string text = cluster_text(nodes, epoch);
  const std::string before = "durability = \"none\"\n";
  return text.replace(text.find(before), before.size(), "durability = \"interval\"\n" + copies);
}

void edit(SimCluster& cluster, unsigned nodes, std::uint64_t epoch, const std::string& copies) {
  for (unsigned node = 0; node < nodes; ++node) {
    cluster.write_file(node, text_with(nodes, epoch, copies));
    ASSERT_TRUE(cluster.reload(node));
  }
}

TEST(Copies, ComeWithAnEditOfTheFileAndGoWithOne) {
  SimCluster cluster(followed(3, 0, Acks::none));
  ASSERT_TRUE(cluster.settle());
  const auto client = cluster.connect(0);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(cluster.ask(client, "SET k" + std::to_string(i) + " v"), "OK");
  EXPECT_EQ(odd_one(cluster, 3, 1), "");
  edit(cluster, 3, 2, "followers = 1\n");
  cluster.run_for(10'000);
  EXPECT_EQ(odd_one(cluster, 3, 2), "");
  edit(cluster, 3, 3, "followers = 2\nacks = \"all\"\n");
  cluster.run_for(10'000);
  EXPECT_EQ(odd_one(cluster, 3, 3), "");
  ASSERT_EQ(cluster.ask(client, "SET k1 w"), "OK");
  EXPECT_EQ(disks_with(cluster, 3, "k1", "w"), 3U);
  edit(cluster, 3, 4, "followers = 1\n");
  cluster.run_for(10'000);
  EXPECT_EQ(odd_one(cluster, 3, 2), "") << "nobody keeps one that is not to be";
  edit(cluster, 3, 5, "");
  cluster.run_for(10'000);
  EXPECT_EQ(odd_one(cluster, 3, 1), "");
  ASSERT_EQ(cluster.ask(client, "SET k1 x"), "OK") << "nobody is waited for";
}

TEST(Copies, WhereANodeIsAddedOthersLetGoOfTheirs) {
  SimCluster::Options options = followed(3, 1, Acks::one);
  options.files.assign(3, cluster_text(std::vector<bool>{true, true, false}, 1));
  options.started = 2;
  SimCluster cluster(options);
  ASSERT_TRUE(cluster.settle());
  const auto client = cluster.connect(0);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(cluster.ask(client, "SET k" + std::to_string(i) + " v"), "OK");
  for (unsigned node = 0; node < 3; ++node) {
    cluster.write_file(node, cluster_text(3, 2));
    if (node < 2) {
      ASSERT_TRUE(cluster.reload(node));
    }
  }
  cluster.start(2);
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(10'000);
  EXPECT_EQ(odd_one(cluster, 3, 2), "");
}

TEST(Copies, AreNoSessionsOfTheNodeThatKeepsThem) {
  SimCluster cluster(followed(2, 1, Acks::one));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(cluster.ask(client, "SET k" + std::to_string(i) + " v"), "OK");
  EXPECT_EQ(cluster.stats(0).store.sessions + cluster.stats(1).store.sessions, 100U);
  EXPECT_EQ(cluster.stats(0).copies.kept_sessions, cluster.stats(1).store.sessions);
  EXPECT_EQ(cluster.ask(client, "DBSIZE"), "100");
}

// ---- Slots that change hands ----

// What went between nodes of whole slots since they were started: by hand-overs, and to followers.
std::uint64_t bytes_moved(const SimCluster& cluster, unsigned nodes) {
  std::uint64_t bytes = 0;
  for (unsigned node = 0; node < nodes; ++node) {
    if (!cluster.alive(node)) continue;
    bytes += cluster.stats(node).handoff.bytes_total + cluster.stats(node).copies.copied_bytes_total;
  }
  return bytes;
}

// How often a follower was counted on no more.
std::uint64_t outs(const SimCluster& cluster, unsigned nodes) {
  std::uint64_t outs = 0;
  for (unsigned node = 0; node < nodes; ++node)
    outs += cluster.alive(node) ? cluster.stats(node).copies.outs_total : 0;
  return outs;
}

// Until all slots are where the file wants them, and all copies in sync.
void settle_copies(SimCluster& cluster, unsigned nodes) {
  const auto all_in_sync = [&] {
    for (unsigned node = 0; node < nodes; ++node) {
      const auto copies = cluster.stats(node).copies;
      if (copies.in_sync != copies.wanted) return false;
    }
    return true;
  };
  cluster.run_for(1'500);
  for (int tries = 0; tries < 200 && !(cluster.settled() && all_in_sync()); ++tries) cluster.run_for(100);
  ASSERT_TRUE(cluster.settled());
  ASSERT_TRUE(all_in_sync());
}

// Of three nodes.
void restart_all(unsigned followers, Acks acks) {
  SimCluster cluster(followed(3, followers, acks));
  ASSERT_TRUE(cluster.settle());
  const auto client = cluster.connect(0);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(cluster.ask(client, "SET k" + std::to_string(i) + " v"), "OK");
  settle_copies(cluster, 3);
  for (unsigned node = 0; node < 3; ++node) {
    const std::string round = std::to_string(node);
    const std::uint64_t before = bytes_moved(cluster, 3);
    const std::uint64_t out_before = outs(cluster, 3);
    cluster.leave(node);
    cluster.run_for(20);
    ASSERT_TRUE(cluster.settle());
    ASSERT_EQ(cluster.stats(node).handoff.slots, 0U);
    EXPECT_EQ(odd_one(cluster, 3, followers + 1), "") << "who has given a slot keeps a copy of it";
    EXPECT_EQ(bytes_moved(cluster, 3), before) << "its followers have its sessions";
    EXPECT_EQ(outs(cluster, 3), out_before) << "who becomes the owner was let go before";
    cluster.kill(node);
    const std::uint64_t meanwhile = bytes_moved(cluster, 3);
    const auto other = cluster.connect((node + 1) % 3);
    for (int i = 0; i < 200; i += 3)
      ASSERT_EQ(cluster.ask(other, "SET k" + std::to_string(i) + " " + round), "OK");
    cluster.start(node);
    settle_copies(cluster, 3);
    EXPECT_EQ(bytes_moved(cluster, 3), meanwhile)
        << "it had them when it left, and was sent what has changed since";
    EXPECT_EQ(odd_one(cluster, 3, followers + 1), "");
    EXPECT_EQ(cluster.ask(other, "GET k3"), round);
  }
}

TEST(Copies, ARollingRestartMovesNoSessions) {
  restart_all(1, Acks::one);
  restart_all(2, Acks::majority);
}

TEST(Copies, ASlotGoesOnToAFollowerWhileItIsWritten) {
  SimCluster cluster(with_one_at_least(3));
  settle_copies(cluster, 3);
  const auto client = cluster.connect(1);
  const std::vector<std::string> keys = keys_of(cluster, 0);
  set_all(cluster, client, keys, "0");
  cluster.leave(0);
  std::size_t sent = 0;
  std::size_t replies = 0;
  for (; cluster.stats(0).handoff.slots > 0; ++sent) {
    ASSERT_LT(sent, 2'000U);
    cluster.send(client, "INCR " + keys[sent % keys.size()] + "\r\n");
    cluster.run_for(5);
    replies += cluster.take_replies(client).size();
  }
  cluster.run_for(1'000);
  replies += cluster.take_replies(client).size();
  EXPECT_GT(sent, keys.size());
  EXPECT_EQ(replies, sent);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::size_t times = (sent + keys.size() - 1 - i) / keys.size();
    EXPECT_EQ(cluster.ask(client, "GET " + keys[i]), std::to_string(times));
  }
  EXPECT_EQ(odd_one(cluster, 3, 2), "");
  EXPECT_EQ(cluster.stats(0).handoff.bytes_total, 0U);
}

// Its disk is gone, and so is what it would have gone on with.
TEST(Copies, ANodeWithoutThemIsGivenItsSlotsWithTheirSessions) {
  SimCluster cluster(followed(3, 1, Acks::one));
  settle_copies(cluster, 3);
  const auto client = cluster.connect(1);
  const std::vector<std::string> keys = keys_of(cluster, 0);
  set_all(cluster, client, keys, "v");
  cluster.leave(0);
  cluster.run_for(20);
  ASSERT_TRUE(cluster.settle());
  cluster.kill(0);
  cluster.put_back(0, SimDisk{});
  cluster.start(0);
  settle_copies(cluster, 3);
  for (const std::string& key : keys) EXPECT_EQ(cluster.ask(client, "GET " + key), "v");
  EXPECT_EQ(odd_one(cluster, 3, 2), "");
  EXPECT_GT(bytes_moved(cluster, 3), 0U);
}

// ---- Too few followers ----

TEST(Copies, AWriteIsRefusedWhileItsSlotHasTooFewFollowers) {
  SimCluster cluster(with_one_at_least(2));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(0, 1);
  ASSERT_EQ(cluster.ask(client, "SET " + key + " v"), "OK");
  cluster.kill(1);
  cluster.run_for(500);
  const std::string refused = cluster.ask(client, "SET " + key + " w");
  EXPECT_TRUE(refused.starts_with("NOREPLICAS 0 of 1 followers of slot ")) << refused;
  EXPECT_NE(refused.find("n2 is out: "), std::string::npos) << refused;
  EXPECT_TRUE(cluster.ask(client, "DEL " + key).starts_with("NOREPLICAS"));
  EXPECT_TRUE(cluster.ask(client, "RENAME " + key + " {" + key + "}2").starts_with("NOREPLICAS"));
  EXPECT_EQ(cluster.ask(client, "GET " + key), "v");
  EXPECT_GE(cluster.stats(0).copies.refused_total, 3U);
  cluster.start(1);
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(5'000);
  EXPECT_EQ(cluster.ask(client, "SET " + key + " w"), "OK");
}

// A key of node 0 that the other is to follow.
std::string key_followed_by(SimCluster& cluster, SimCluster::ClientIndex client,
                            const std::string& follower) {
  for (unsigned n = 0;; ++n) {
    std::string key = cluster.key_of(0, n);
    const auto where = cluster.ask_for(client, "CLUSTER WHERE " + key);
    for (const resp::Value& each : where->elements) {
      if (each.text == follower) return key;
    }
  }
}

TEST(Copies, WhatWaitsForFollowersThatAreLostIsInDoubt) {
  SimCluster::Options options = with_one_at_least(3);
  options.shards = 1;
  SimCluster cluster(options);
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto at_third = cluster.connect(2);
  const auto at_owner = cluster.connect(0);
  const std::string key = key_followed_by(cluster, at_third, "n2");
  ASSERT_EQ(cluster.ask(at_third, "SET " + key + " v"), "OK");
  cluster.block(0, 1, true);
  cluster.send(at_third, "SET " + key + " w\r\n");
  cluster.send(at_owner, "SET " + key + " x\r\n");
  cluster.run_for(5'000);
  const auto replies = cluster.take_replies(at_third);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_TRUE(replies[0].text.starts_with("INDOUBT")) << replies[0].text;
  EXPECT_TRUE(cluster.closed(at_owner)) << "its replies stand there as they were to be sent";
}

TEST(Copies, ATimeOutInASlotWithoutFollowersCostsNobodyElseHisReply) {
  SimCluster::Options options = with_one_at_least(3);
  options.shards = 1;
  SimCluster cluster(options);
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  const std::string alone = key_followed_by(cluster, client, "n2");
  ASSERT_EQ(cluster.ask(client, "SET " + alone + " v PX 2000"), "OK");
  cluster.kill(1);
  cluster.run_for(1'900);
  // One whose slot is followed by the third node waits for that, while the other times out.
  const std::string near = key_followed_by(cluster, client, "n3");
  cluster.block(0, 2, true);
  cluster.send(client, "SET " + near + " w\r\n");
  cluster.run_for(500);
  EXPECT_FALSE(cluster.closed(client));
  cluster.block(0, 2, false);
  cluster.run_for(1'000);
  EXPECT_EQ(cluster.take_replies(client).size(), 1U);
}

// ---- WAIT ----

TEST(Copies, WaitSaysHowManyFollowersHaveWhatTheClientHasWritten) {
  SimCluster cluster(followed(3, 2, Acks::none));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(cluster.ask(client, "SET k" + std::to_string(i) + " v"), "OK");
    ASSERT_EQ(cluster.ask(client, "WAIT 2 1000"), "2");
    EXPECT_EQ(disks_with(cluster, 3, "k" + std::to_string(i), "v"), 3U);
  }
  EXPECT_EQ(cluster.ask(client, "MSET a 1 b 2 c 3"), "OK");
  EXPECT_EQ(cluster.ask(client, "WAIT 2 0"), "2") << "without an end";
  EXPECT_EQ(cluster.ask(client, "WAIT 7 0"), "2") << "there are no more";
  EXPECT_TRUE(cluster.ask(client, "WAIT -1 0").starts_with("ERR value is not an integer"));
  EXPECT_TRUE(cluster.ask(client, "WAIT 1 -1").starts_with("ERR timeout is negative"));
}

TEST(Copies, WaitEndsWithItsTimeAndSaysWhatThereIs) {
  SimCluster cluster(followed(3, 2, Acks::none));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  const std::string key = cluster.key_of(0, 1);
  cluster.block(0, 1, true);
  ASSERT_EQ(cluster.ask(client, "SET " + key + " v"), "OK");
  const std::int64_t began = cluster.now_ms();
  EXPECT_EQ(cluster.ask(client, "WAIT 2 400"), "1");
  EXPECT_GE(cluster.now_ms() - began, 400);
  EXPECT_LE(cluster.now_ms() - began, 600);
  cluster.send(client, "WAIT 2 0\r\n");
  cluster.run_for(2'000);
  EXPECT_TRUE(cluster.take_replies(client).empty());
  cluster.block(0, 1, false);
  cluster.run_for(10'000);
  EXPECT_EQ(cluster.take_replies(client).size(), 1U);
}

TEST(Copies, WaitIsOverAtOnceWhereNobodyFollows) {
  SimCluster cluster(followed(2, 0, Acks::none));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  ASSERT_EQ(cluster.ask(client, "SET k v"), "OK");
  EXPECT_EQ(cluster.ask(client, "WAIT 1 0"), "0");
}

// ---- Claims ----

TEST(Copies, AClaimGoesOnWithThem) {
  SimCluster cluster(followed(3, 1, Acks::one));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  const std::vector<std::string> keys = keys_of(cluster, 2);
  set_all(cluster, client, keys, "v");
  cluster.kill(2);
  std::vector<FileNode> nodes(3);
  nodes[2].state = "down";
  for (unsigned node = 0; node < 2; ++node) {
    cluster.write_file(node, cluster_text(nodes, 2));
    ASSERT_TRUE(cluster.reload(node));
  }
  cluster.run_for(500);
  EXPECT_TRUE(cluster.ask(client, "GET " + keys[0]).starts_with("CLUSTERDOWN"));
  EXPECT_GT(std::stoul(cluster.ask(client, "CLUSTER CLAIM n3")), 0U);
  for (const std::string& key : keys) EXPECT_EQ(cluster.ask(client, "GET " + key), "v");
  cluster.run_for(10'000);
  EXPECT_EQ(cluster.copies(0).counted + cluster.copies(1).counted, std::uint64_t{kSlots})
      << "they are copied anew";
  set_all(cluster, client, keys, "w");
  // The one that was gone is back, and has nothing to say.
  for (unsigned node = 0; node < 3; ++node) {
    cluster.write_file(node, cluster_text(3, 3));
    if (node < 2) {
      ASSERT_TRUE(cluster.reload(node));
    }
  }
  cluster.start(2);
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(10'000);
  for (const std::string& key : keys) EXPECT_EQ(cluster.ask(client, "GET " + key), "w");
  EXPECT_EQ(odd_one(cluster, 3, 2), "");
}

TEST(Copies, ANodeThatHasLostItsDiskGetsItsSlotsBackFromThem) {
  SimCluster cluster(followed(3, 1, Acks::one));
  ASSERT_TRUE(cluster.settle());
  cluster.run_for(1'000);
  const auto client = cluster.connect(0);
  const std::vector<std::string> keys = keys_of(cluster, 2);
  set_all(cluster, client, keys, "v");
  cluster.kill(2);
  cluster.put_back(2, SimDisk{});
  cluster.start(2);
  cluster.run_for(1'000);
  EXPECT_TRUE(cluster.ask(client, "GET " + keys[0]).starts_with("CLUSTERDOWN"));
  EXPECT_GT(std::stoul(cluster.ask(client, "CLUSTER CLAIM n3")), 0U);
  ASSERT_TRUE(cluster.settle());
  for (const std::string& key : keys) EXPECT_EQ(cluster.ask(client, "GET " + key), "v");
  cluster.run_for(10'000);
  EXPECT_EQ(odd_one(cluster, 3, 2), "");
}

}  // namespace
}  // namespace limpet::shard
