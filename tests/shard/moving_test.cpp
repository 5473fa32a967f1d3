// Slots that change hands among whole nodes, while clients use them.
#include "moving.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "counting.hpp"

namespace limpet::shard {
namespace {

// n3 comes to n1 and n2, which run.
void let_third_come(SimCluster& cluster) {
  for (unsigned node = 0; node < 3; ++node) cluster.write_file(node, cluster_text(3, 2));
  cluster.start(2);
  for (unsigned node = 0; node < 2; ++node) ASSERT_TRUE(cluster.reload(node));
}

// n1 of two leaves the file, and n2 gets what it has.
void let_first_give_all(SimCluster& cluster) {
  for (const unsigned node : {1U, 0U}) {
    cluster.write_file(node, cluster_text({false, true}, 2));
    ASSERT_TRUE(cluster.reload(node));
  }
}

TEST(Moving, NodesOfANewClusterTakeTheirSlotsOnceAllOfThemAreThere) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  expect_keys(cluster, 1);
  for (unsigned node = 0; node < 3; ++node)
    EXPECT_NEAR(static_cast<double>(cluster.stats(node).handoff.slots), 5461, 110);
}

TEST(Moving, WithoutOneOfThemNobodyTakesASlotAndClientsAreToldWhoIsMissing) {
  SimCluster::Options options = moving(3, 3);
  options.started = 2;
  SimCluster cluster(options);
  cluster.run_for(3'000);
  const auto client = cluster.connect(0);
  std::string reply;
  for (unsigned i = 0; reply.find("n3") == std::string::npos && i < 20; ++i) {
    reply = cluster.ask(client, "SET " + key(i) + " x");
    EXPECT_EQ(reply.rfind("CLUSTERDOWN", 0), 0U) << reply;
  }
  EXPECT_NE(reply.find("n3"), std::string::npos) << reply;
  cluster.start(2);
  EXPECT_TRUE(cluster.settle()) << tail(cluster);
}

TEST(Moving, ANodeThatIsAddedGetsItsShareWithEverythingInIt) {
  SimCluster cluster(moving(4, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  for (unsigned node = 0; node < 4; ++node) cluster.write_file(node, cluster_text(4, 2));
  cluster.start(3);
  for (unsigned node = 0; node < 3; ++node) {
    cluster.run_for(300);
    ASSERT_TRUE(cluster.reload(node));
  }
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_NEAR(static_cast<double>(cluster.stats(3).handoff.slots), 4096, 80);
  for (unsigned node = 0; node < 4; ++node) expect_keys(cluster, node);
}

TEST(Moving, ANodeThatLeavesTheFileGivesEverythingAwayAndGoesOnForwarding) {
  SimCluster cluster(moving(4, 4));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  for (unsigned node = 0; node < 4; ++node) {
    cluster.write_file(node, cluster_text(3, 2));
    ASSERT_TRUE(cluster.reload(node));
  }
  cluster.run_for(100);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(cluster.stats(3).handoff.slots, 0U);
  for (unsigned node = 0; node < 4; ++node) expect_keys(cluster, node);
}

// The most slots that n1 gives at a time while n2 gets all that it has.
std::uint64_t most_given_at_a_time(bool serving) {
  SimCluster::Options options = moving(2, 2);
  options.delay_ms_max = 0;
  options.journal = false;
  SimCluster cluster(options);
  EXPECT_TRUE(cluster.settle()) << tail(cluster);
  const auto client = cluster.connect(1);
  let_first_give_all(cluster);
  std::uint64_t most = 0;
  for (int i = 0; i < 1'000 && cluster.stats(0).handoff.slots > 0; ++i) {
    cluster.run_for(1);
    most = std::max(most, cluster.stats(0).handoff.giving);
    if (serving) {
      EXPECT_EQ(cluster.ask(client, "SET " + key(static_cast<unsigned>(i)) + " x"), "OK");
    }
  }
  return most;
}

TEST(Moving, ANodeThatServesClientsGivesFewerSlotsAtATime) {
  if (kSlots < 1'000) GTEST_SKIP() << "they are given before it can be seen";
  EXPECT_LT(most_given_at_a_time(true), most_given_at_a_time(false));
}

TEST(Moving, ANodeWhoseDiskIsOfThePastServesNothingThatAnotherHolds) {
  SimCluster cluster(moving(3, 2));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  const SimDisk past = cluster.disk(1);
  ASSERT_NO_FATAL_FAILURE(let_third_come(cluster));
  cluster.run_for(100);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const auto client = cluster.connect(0);
  std::vector<unsigned> moved;
  for (unsigned i = 0; i < kKeys; ++i) {
    const Slot slot = KeyRef::of(key(i)).slot;
    if (!handoff::owns(past.book.title(slot)) || handoff::owns(cluster.disk(1).book.title(slot))) continue;
    moved.push_back(i);
    ASSERT_EQ(cluster.ask(client, "SET " + key(i) + " new"), "OK");
  }
  ASSERT_GT(moved.size(), 5U);
  cluster.kill(1);
  cluster.put_back(1, past);
  cluster.start(1);
  cluster.run_for(3'000);
  const auto late = cluster.connect(1);
  for (const unsigned i : moved) {
    const std::string reply = cluster.ask(late, "GET " + key(i));
    EXPECT_TRUE(reply == "new" || reply.rfind("CLUSTERDOWN", 0) == 0 || reply.rfind("TRYAGAIN", 0) == 0)
        << reply;
  }
}

// The source has forgotten that it has to tell, the target does not know where to ask.
TEST(Moving, APromiseIsAskedAboutThoughTheFileNamesNeitherTheSourceNorItsAddress) {
  for (std::int64_t crash_ms = 4; crash_ms < 40; crash_ms += 2) {
    SimCluster cluster(moving(2, 2));
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    cluster.write_file(1, cluster_text({false, true}, 2));
    ASSERT_TRUE(cluster.reload(1));
    cluster.run_for(10);
    const std::string old_file = cluster_text(2);
    cluster.write_file(0, cluster_text({false, true}, 2));
    ASSERT_TRUE(cluster.reload(0));
    cluster.run_for(crash_ms);
    cluster.kill(0);
    cluster.kill(1);
    cluster.write_file(0, old_file);
    cluster.start(0);
    cluster.write_file(0, cluster_text({false, true}, 2));
    ASSERT_TRUE(cluster.reload(0));
    cluster.start(1);
    cluster.run_for(100);
    ASSERT_TRUE(cluster.settle(30'000)) << "after " << crash_ms << " ms\n" << tail(cluster);
  }
}

// Of slots that go to n3 when it comes: the first that do are the lowest and the highest.
std::vector<std::string> keys_that_go_first() {
  const cluster::View view = std::move(cluster::parse_file(cluster_text(3, 2), "sim.toml")->view);
  std::vector<Slot> going;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    if (view.owner(static_cast<Slot>(slot)) == *view.find("n3")) going.push_back(static_cast<Slot>(slot));
  }
  const std::set<Slot> first(going.end() - std::min<std::ptrdiff_t>(40, std::ssize(going)), going.end());
  std::vector<std::string> keys;
  for (unsigned i = 0; keys.size() < 60; ++i) {
    const Slot slot = slot_of(key(i));
    if (slot == going.front() || first.contains(slot)) keys.push_back(key(i));
  }
  return keys;
}

// It has never held anything, so what is there could be of a release that knew no titles.
TEST(Moving, ANodeThatDiedWithPartsOfItsFirstSlotsKeepsNothingOfThem) {
  const std::vector<std::string> keys = keys_that_go_first();
  unsigned with_parts = 0;
  for (std::int64_t later_ms = 0; later_ms < 20; later_ms += 2) {
    SimCluster cluster(moving(3, 2));
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    const auto client = cluster.connect(0);
    for (const std::string& name : keys) ASSERT_EQ(cluster.ask(client, "SET " + name + " x"), "OK");
    ASSERT_NO_FATAL_FAILURE(let_third_come(cluster));
    ASSERT_TRUE(cluster.run_until([&] { return cluster.stats(2).store.keys > 0; }, 5'000));
    cluster.run_for(later_ms);
    with_parts += cluster.stats(2).handoff.slots == 0;
    cluster.kill(2);
    const std::vector<FileNode> nodes = {{}, {}, {.state = "draining"}};
    for (unsigned node = 0; node < 3; ++node) cluster.write_file(node, cluster_text(nodes, 3));
    for (unsigned node = 0; node < 2; ++node) ASSERT_TRUE(cluster.reload(node));
    cluster.start(2);
    cluster.run_for(1'000);
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    cluster.run_for(1'000);
    EXPECT_EQ(cluster.ask(client, "DBSIZE"), std::to_string(keys.size())) << later_ms << " ms";
  }
  EXPECT_GT(with_parts, 0U);
}

// Nobody else has them, so there is nothing to be tried again and again.
TEST(Moving, ASlotWhoseTitleMayBeOnADeadDiskIsRefusedAtOnceThroughEveryNode) {
  const std::vector<std::string> keys = keys_that_go_first();
  unsigned refused = 0;
  for (std::int64_t later_ms = 0; later_ms < 40; later_ms += 4) {
    SimCluster cluster(moving(3, 2));
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    const auto client = cluster.connect(0);
    for (const std::string& name : keys) ASSERT_EQ(cluster.ask(client, "SET " + name + " x"), "OK");
    ASSERT_NO_FATAL_FAILURE(let_third_come(cluster));
    ASSERT_TRUE(cluster.run_until([&] { return cluster.stats(2).handoff.receiving > 0; }, 5'000));
    cluster.run_for(later_ms);
    cluster.fail_titles(2);
    cluster.run_for(3'000);
    for (const std::string& name : keys) {
      const std::int64_t began = cluster.now_ms();
      const std::string reply = cluster.ask(client, "GET " + name);
      if (reply == "x") continue;
      EXPECT_NE(reply.find("whose it is cannot be known"), std::string::npos) << reply;
      EXPECT_LT(cluster.now_ms() - began, 100);
      ++refused;
    }
  }
  EXPECT_GT(refused, 0U);
}

// Of these keys those whose slots a node has been promised.
std::vector<unsigned> promised_keys(const SimCluster& cluster, unsigned node) {
  std::vector<unsigned> promised;
  for (unsigned i = 0; i < kKeys; ++i) {
    if (cluster.disk(node).book.title(slot_of(key(i))).promise) promised.push_back(i);
  }
  return promised;
}

// n1 stands still with slots that n2 has been promised, so that nobody knows whose they are.
TEST(Moving, WhoHasWaitedInVainForOneSlotStillWaitsForAnotherThatIsOnItsWay) {
  SimCluster::Options options = moving(2, 2);
  options.shards = 1;
  SimCluster cluster(options);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  ASSERT_NO_FATAL_FAILURE(let_first_give_all(cluster));
  // Two are on their way, and stay there, as the node that gives them stands still.
  std::vector<unsigned> held;
  const auto stops_with_two = [&] {
    if (promised_keys(cluster, 1).size() < 2) return false;
    cluster.pause(0);
    cluster.run_for(20);
    held = promised_keys(cluster, 1);
    if (held.size() < 2) cluster.resume(0);
    return held.size() >= 2;
  };
  ASSERT_TRUE(cluster.run_until(stops_with_two, 10'000));
  const auto client = cluster.connect(1);
  EXPECT_EQ(cluster.ask(client, "GET " + key(held[0])).rfind("TRYAGAIN", 0), 0U);
  EXPECT_EQ(cluster.ask(client, "GET " + key(held[0])).rfind("TRYAGAIN", 0), 0U);
  cluster.send(client, "GET " + key(held[1]) + "\r\n");
  cluster.run_for(30);
  EXPECT_TRUE(cluster.take_replies(client).empty());
  cluster.resume(0);
  cluster.run_for(60);
  const std::vector<resp::Value> replies = cluster.take_replies(client);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].text, std::to_string(held[1]));
}

// Keys of a node by one file that another file gives to another.
std::vector<std::string> keys_that_move(const SimCluster& cluster, unsigned from, unsigned to,
                                        const std::string& file) {
  const cluster::View view = std::move(cluster::parse_file(file, "sim.toml")->view);
  std::vector<std::string> keys;
  for (unsigned i = 0; keys.size() < 10; ++i) {
    const std::string key = cluster.key_of(from, i);
    if (view.nodes[view.owner(slot_of(key))].name == "n" + std::to_string(to + 1)) keys.push_back(key);
  }
  return keys;
}

// A file in which these nodes have no weight.
std::string file_without(const std::vector<unsigned>& weightless, std::uint64_t epoch) {
  std::vector<FileNode> nodes(3);
  for (const unsigned node : weightless) nodes[node].weight = "0";
  return cluster_text(nodes, epoch);
}

bool holds_all(const SimCluster& cluster, unsigned node, const std::vector<std::string>& keys) {
  return std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
    return handoff::owns(cluster.disk(node).book.title(slot_of(key)));
  });
}

// n2 knows that n1 holds the slots, and cannot hear from n3 that this has them now: its commands go to n1,
// which passes them on, until the slots are back.
TEST(Moving, WhatANodeHasPassedOnIsNotOvertakenByWhatItServesOnceTheSlotIsBack) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SimCluster::Options options = moving(3, 3, seed);
    options.delay_ms_max = 20;
    options.files.assign(3, file_without({2}, 1));
    SimCluster cluster(options);
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    const std::string away = file_without({0}, 2);
    cluster.block(1, 2, true);
    const std::vector<std::string> keys = keys_that_move(cluster, 0, 2, away);
    Counting counting(cluster, keys, {});
    counting.add_client(1);
    const auto work = [&](int steps) {
      for (int step = 0; step < steps; ++step) {
        counting.send_some();
        cluster.run_for(3);
        counting.crowd.collect();
      }
    };
    const auto move = [&](const std::string& file, unsigned to) {
      work(20);
      for (const unsigned node : {0U, 2U}) {
        cluster.write_file(node, file);
        ASSERT_TRUE(cluster.reload(node));
      }
      for (int tries = 0; !holds_all(cluster, to, keys) && tries < 2'000; ++tries) work(10);
      ASSERT_TRUE(holds_all(cluster, to, keys)) << tail(cluster);
    };
    move(away, 2);
    move(file_without({2}, 3), 0);
    work(20);
    cluster.run_for(2'000);
    counting.crowd.collect();
    counting.crowd.expect_all_answered();
    EXPECT_GT(counting.crowd.acknowledged, 1'000);
    EXPECT_EQ(counting.crowd.in_doubt, 0);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

// A command is on its way to where its slot was, and its time is up; housekeeping has not looked yet.
TEST(Moving, ACommandWhoseTimeIsUpIsNotOvertakenBeforeItsClientIsToldSo) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SimCluster cluster(moving(2, 2, seed));
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    set_keys(cluster, 0);
    const std::string counted = cluster.key_of(0, 1000);
    ASSERT_NO_FATAL_FAILURE(let_first_give_all(cluster));
    const auto is = [&](unsigned node, auto what) {
      return what(cluster.disk(node).book.title(slot_of(counted)));
    };
    // One of them comes to the slot's own shard, the other to one that has not heard of it yet.
    const std::vector<SimCluster::ClientIndex> clients = {cluster.connect(1), cluster.connect(1)};
    ASSERT_TRUE(cluster.run_until([&] { return !is(0, handoff::owns); }, 30'000)) << tail(cluster);
    cluster.block_way(1, 0, true);
    for (const auto client : clients) cluster.send(client, "INCR " + counted + "\r\n");
    cluster.run_for(kForwardMs + 10);
    ASSERT_TRUE(is(1, handoff::owns)) << tail(cluster);
    cluster.block_way(1, 0, false);
    for (const auto client : clients) cluster.send(client, "INCR " + counted + "\r\n");
    cluster.run_for(200);
    for (const auto client : clients) {
      const std::vector<resp::Value> replies = cluster.take_replies(client);
      ASSERT_EQ(replies.size(), 2U);
      if (replies[0].type == resp::Value::Type::error) continue;
      EXPECT_LT(replies[0].integer, replies[1].integer) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace limpet::shard
