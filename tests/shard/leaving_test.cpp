// Nodes that leave and come back, are drained by the file, or are gone for good.
#include <gtest/gtest.h>

#include <algorithm>
#include <limpet/handoff/crash_point.hpp>
#include <string>
#include <vector>

#include "counting.hpp"
#include "moving.hpp"

namespace limpet::shard {
namespace {

// What the file says of the states of its nodes: "up", "draining", "down" or "" for one that it does not
// name.
std::string file_of(const std::vector<std::string>& states, std::uint64_t epoch) {
  std::vector<FileNode> nodes;
  for (const std::string& state : states) nodes.push_back({.listed = !state.empty(), .state = state});
  return cluster_text(nodes, epoch);
}

void edit(SimCluster& cluster, const std::vector<std::string>& states, std::uint64_t epoch) {
  for (unsigned node = 0; node < states.size(); ++node) {
    cluster.write_file(node, file_of(states, epoch));
    if (!cluster.alive(node)) continue;
    EXPECT_TRUE(cluster.reload(node));
  }
}

std::uint64_t slots(const SimCluster& cluster, unsigned node) { return cluster.stats(node).handoff.slots; }

TEST(Leaving, ANodeThatLeavesGivesEverythingAwayAndGetsItBackOnceItHasStartedAgain) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  const std::uint64_t before = slots(cluster, 1);
  cluster.leave(1);
  cluster.run_for(20);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(slots(cluster, 1), 0U);
  expect_keys(cluster, 1);
  cluster.kill(1);
  expect_keys(cluster, 0);
  cluster.start(1);
  cluster.run_for(1'500);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(slots(cluster, 1), before);
  expect_keys(cluster, 2);
}

TEST(Leaving, ARollingRestartOfEveryNodeLosesNothing) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  for (unsigned node = 0; node < 3; ++node) {
    cluster.leave(node);
    cluster.run_for(20);
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    ASSERT_EQ(slots(cluster, node), 0U);
    cluster.kill(node);
    cluster.start(node);
    cluster.run_for(1'500);
  }
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  expect_keys(cluster, 1);
}

// Clients of the other nodes go on all the while.
void restart_under_load(SimCluster& cluster, unsigned node) {
  Counting counting(cluster, 40, {"CLUSTERDOWN", "TRYAGAIN", "LOADING"});
  for (unsigned other = 0; other < 3; ++other) {
    for (unsigned i = 0; i < 2 && other != node; ++i) counting.add_client(other);
  }
  const auto work = [&](int steps) {
    for (int step = 0; step < steps; ++step) {
      counting.send_some();
      cluster.run_for(5);
      counting.crowd.collect();
    }
  };
  cluster.leave(node);
  work(10);
  for (int tries = 0; slots(cluster, node) > 0 && tries < 400; ++tries) work(5);
  ASSERT_EQ(slots(cluster, node), 0U) << tail(cluster);
  cluster.kill(node);
  work(300);
  cluster.start(node);
  for (int tries = 0; (slots(cluster, node) < 5'000 || !cluster.settled()) && tries < 400; ++tries) work(5);
  ASSERT_TRUE(cluster.settled()) << tail(cluster);
  work(10);
  cluster.run_for(2'000);
  counting.crowd.collect();
  counting.crowd.expect_all_answered();
  EXPECT_GT(counting.crowd.acknowledged, 500);
  EXPECT_EQ(counting.crowd.in_doubt, 0);
  EXPECT_EQ(counting.crowd.refused, 0);
}

TEST(Leaving, ARollingRestartCostsNoClientOfTheOtherNodesAnError) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SimCluster::Options options = moving(3, 3, seed);
    options.delay_ms_max = 5;
    SimCluster cluster(options);
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    for (unsigned node = 0; node < 3; ++node) restart_under_load(cluster, node);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(Leaving, WhereAllLeaveEachKeepsWhatItHolds) {
  SimCluster cluster(moving(2, 2));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  const std::uint64_t before = slots(cluster, 0);
  cluster.leave(0);
  cluster.leave(1);
  cluster.run_for(3'000);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(slots(cluster, 0) + slots(cluster, 1), kSlots);
  EXPECT_GT(slots(cluster, 0) + 500, before);
  expect_keys(cluster, 1);
}

TEST(Leaving, ANodeIsToldToLeaveByAClientOfAnyOther) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const auto client = cluster.connect(0);
  EXPECT_EQ(cluster.ask(client, "CLUSTER DRAIN n9"), "ERR there is no node n9 in this cluster");
  EXPECT_EQ(cluster.ask(client, "CLUSTER DRAIN n3"), "done");
  cluster.run_for(20);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(slots(cluster, 2), 0U);
}

TEST(Leaving, ADrainIsEndedAndTheNodeHasItsSlotsBackWithoutARestart) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  const std::uint64_t before = slots(cluster, 2);
  const auto client = cluster.connect(0);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(cluster.ask(client, "CLUSTER DRAIN n3"), "done");
    cluster.run_for(round == 0 ? 20 : 200);
    if (round == 0) {
      ASSERT_TRUE(cluster.settle()) << tail(cluster);
      EXPECT_EQ(slots(cluster, 2), 0U);
    }
    // The second time also while its slots are on their way.
    EXPECT_EQ(cluster.ask(client, "CLUSTER UNDRAIN n3"), "done");
    cluster.run_for(20);
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    EXPECT_EQ(slots(cluster, 2), before);
  }
  expect_keys(cluster, 1);
}

TEST(States, ADrainingNodeIsEmptiedAndItsRemovalMovesNothingMore) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  edit(cluster, {"up", "draining", "up"}, 2);
  cluster.run_for(20);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(slots(cluster, 1), 0U);
  expect_keys(cluster, 1);
  const std::uint64_t given = cluster.stats(0).handoff.given_total + cluster.stats(2).handoff.given_total;
  edit(cluster, {"up", "", "up"}, 3);
  cluster.run_for(500);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(cluster.stats(0).handoff.given_total + cluster.stats(2).handoff.given_total, given);
  expect_keys(cluster, 0);
}

TEST(States, ANodeThatIsDownAndRunsGivesItsSlotsToOthersAndGetsThemBackWhenItIsUp) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  set_keys(cluster, 0);
  const std::uint64_t before = slots(cluster, 1);
  edit(cluster, {"up", "down", "up"}, 2);
  cluster.run_for(20);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(slots(cluster, 1), 0U);
  edit(cluster, {"up", "up", "up"}, 3);
  cluster.run_for(20);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(slots(cluster, 1), before);
  expect_keys(cluster, 1);
}

class Claim : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    set_keys(cluster, 0);
  }
  std::string claim() { return cluster.ask(cluster.connect(0), "CLUSTER CLAIM n3"); }

  // Which keys n3 holds.
  std::vector<unsigned> keys_of_n3() {
    std::vector<unsigned> keys;
    const auto view = cluster::parse_file(file_of({"up", "up", "up"}, 1), "f")->view;
    for (unsigned i = 0; i < kKeys; ++i) {
      if (view.owner(slot_of(key(i))) == 2) keys.push_back(i);
    }
    return keys;
  }

  SimCluster cluster{moving(3, 3)};
};

TEST_F(Claim, IsRefusedWhileTheFileGivesTheNodeItsSlotsOrItAnswers) {
  EXPECT_NE(claim().find("write state = \"down\""), std::string::npos) << claim();
  edit(cluster, {"up", "up", "down"}, 2);
  cluster.run_for(500);
  EXPECT_NE(claim().find("answers"), std::string::npos) << claim();
  EXPECT_NE(cluster.ask(cluster.connect(0), "CLUSTER CLAIM n1").find("ERR"), std::string::npos);
}

// Others know that it has run before, though none of them has been up since it held slots; so the disk may
// only not be mounted.
TEST_F(Claim, ANodeThatHasLostItsDiskTakesNoFirstSlotsOnceMoreHoweverOftenAllAreStarted) {
  const std::uint64_t had = slots(cluster, 2);
  for (unsigned node = 0; node < 3; ++node) cluster.kill(node);
  cluster.put_back(2, SimDisk{});
  for (int start = 0; start < 3; ++start) {
    for (unsigned node = 0; node < 3; ++node) {
      if (cluster.alive(node)) cluster.kill(node);
      cluster.start(node);
    }
    cluster.run_for(3'000);
    EXPECT_EQ(slots(cluster, 2), 0U) << start;
  }
  const unsigned lost = keys_of_n3().at(0);
  EXPECT_NE(cluster.ask(cluster.connect(2), "GET " + key(lost)).find("limpet cluster claim n3"),
            std::string::npos);
  EXPECT_EQ(claim(), std::to_string(had));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(slots(cluster, 2), had);
  EXPECT_EQ(cluster.ask(cluster.connect(1), "GET " + key(lost)), "(null)");
  for (unsigned i = 0; i < kKeys; ++i) {
    const std::string reply = cluster.ask(cluster.connect(1), "GET " + key(i));
    EXPECT_TRUE(reply == "(null)" || reply == std::to_string(i)) << reply;
  }
}

TEST_F(Claim, OfANodeThatHasLostItsDiskLetsItsSlotsBeginEmptyOnItself) {
  for (unsigned node = 0; node < 3; ++node) {
    cluster.write_file(node, cluster_text(std::vector<FileNode>{{.weight = "1.5"}, {}, {}}, 2));
    ASSERT_TRUE(cluster.reload(node));
  }
  cluster.run_for(20);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  expect_keys(cluster, 0);
  const std::uint64_t had = slots(cluster, 2);
  EXPECT_NE(claim().find("is to hold its slots itself"), std::string::npos) << "it has not lost anything";
  cluster.kill(2);
  cluster.put_back(2, SimDisk{});
  cluster.start(2);
  cluster.run_for(3'000);
  EXPECT_EQ(slots(cluster, 2), 0U);
  std::vector<unsigned> lost;
  for (unsigned i = 0; i < kKeys; ++i) {
    const std::string reply = cluster.ask(cluster.connect(0), "GET " + key(i));
    if (reply == std::to_string(i)) continue;
    lost.push_back(i);
    EXPECT_NE(reply.find("limpet cluster claim n3"), std::string::npos) << reply;
  }
  EXPECT_GT(lost.size(), kKeys / 6);
  EXPECT_NE(cluster.ask(cluster.connect(2), "CLUSTER CLAIM n3").find("ask another one"), std::string::npos);
  EXPECT_EQ(claim(), std::to_string(had));
  cluster.run_for(500);
  EXPECT_EQ(slots(cluster, 2), had);
  for (unsigned i = 0; i < kKeys; ++i) {
    const bool gone = std::find(lost.begin(), lost.end(), i) != lost.end();
    EXPECT_EQ(cluster.ask(cluster.connect(1), "GET " + key(i)), gone ? "(null)" : std::to_string(i));
  }
  EXPECT_EQ(cluster.ask(cluster.connect(1), "SET " + key(lost.at(0)) + " new"), "OK");
  EXPECT_EQ(cluster.ask(cluster.connect(2), "GET " + key(lost.at(0))), "new");
  EXPECT_NE(claim().find("is to hold its slots itself"), std::string::npos) << "once";
}

TEST_F(Claim, TheHeirsOfANodeThatIsGoneTakeItsSlotsAndBeginEmpty) {
  const std::uint64_t had = slots(cluster, 2);
  cluster.kill(2);
  edit(cluster, {"up", "up", "down"}, 2);
  cluster.run_for(500);
  const unsigned lost = keys_of_n3().at(0);
  EXPECT_EQ(cluster.ask(cluster.connect(0), "GET " + key(lost)).substr(0, 11), "CLUSTERDOWN");
  EXPECT_EQ(claim(), std::to_string(had));
  cluster.run_for(100);
  EXPECT_EQ(slots(cluster, 0) + slots(cluster, 1), kSlots);
  EXPECT_EQ(cluster.ask(cluster.connect(0), "GET " + key(lost)), "(null)");
  EXPECT_EQ(cluster.ask(cluster.connect(1), "SET " + key(lost) + " new"), "OK");
  EXPECT_EQ(claim(), "0") << "there is nothing left to claim";
}

TEST_F(Claim, IsAnsweredOnceItIsOnTheDiskOfWhoeverHasTakenTheSlots) {
  cluster.kill(2);
  edit(cluster, {"up", "up", "down"}, 2);
  cluster.run_for(500);
  cluster.slow_titles(1, 100);
  EXPECT_GT(std::stoi(claim()), 0);
  for (const unsigned node : {0U, 1U}) cluster.kill(node);
  for (const unsigned node : {0U, 1U}) cluster.start(node);
  cluster.run_for(3'000);
  EXPECT_EQ(slots(cluster, 0) + slots(cluster, 1), kSlots);
}

TEST_F(Claim, SaysWhatCouldNotBeTakenForWantOfRoom) {
  cluster.kill(2);
  edit(cluster, {"up", "up", "down"}, 2);
  cluster.run_for(500);
  cluster.fill_disk(1, true);
  const std::string said = claim();
  EXPECT_NE(said.find("slots could not be taken now"), std::string::npos) << said;
  cluster.fill_disk(1, false);
  cluster.run_for(3'000);
  EXPECT_EQ(claim(), "0") << "what found no room was written once there was some";
  EXPECT_EQ(slots(cluster, 0) + slots(cluster, 1), kSlots);
}

TEST_F(Claim, ATermThatIsYearsAheadOfTheClockIsNotBelieved) {
  cluster.kill(2);
  edit(cluster, {"up", "up", "down"}, 2);
  cluster.run_for(500);
  constexpr std::int64_t kTwentyYearsMs = 631'152'000'000;
  cluster.set_clock(0, kTwentyYearsMs);
  cluster.ask(cluster.connect(1), "CLUSTER CLAIM n3");
  cluster.run_for(500);
  const auto& notes = cluster.notes();
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const std::string& text) {
    return text.find("node n1 says that slots are held at term") != std::string::npos;
  })) << tail(cluster);
  bool refused = false;
  for (const unsigned i : keys_of_n3())
    refused = refused || cluster.ask(cluster.connect(1), "GET " + key(i)).substr(0, 11) == "CLUSTERDOWN";
  EXPECT_TRUE(refused) << "what n1 took is not believed to be its";
}

// They had been ceded to it, and it dies before it has said that it has them: who gave them has them still.
TEST_F(Claim, SlotsThatWereBeingGrantedToANodeThatIsGoneAreTakenAsAWholeByWhoeverGaveThem) {
  ASSERT_NO_FATAL_FAILURE(fill_slots(cluster, "x"));
  edit(cluster, {"up", "up", "draining"}, 2);
  cluster.run_for(500);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  ASSERT_EQ(slots(cluster, 2), 0U);
  const auto* const hears_grant =
      std::find_if(handoff::kCrashPoints.begin(), handoff::kCrashPoints.end(),
                   [](const handoff::CrashPoint& moment) { return moment.name == "hears-grant"; });
  cluster.kill_at(2, *hears_grant, 1);
  edit(cluster, {"up", "up", "up"}, 3);
  for (int i = 0; i < 200 && cluster.alive(2); ++i) cluster.run_for(10);
  ASSERT_FALSE(cluster.alive(2));
  edit(cluster, {"up", "up", "down"}, 4);
  cluster.run_for(500);
  EXPECT_LT(slots(cluster, 0) + slots(cluster, 1), kSlots) << "some were on their way";
  std::string said;
  for (int i = 0; i < 5 && said != "0"; ++i, cluster.run_for(200)) said = claim();
  EXPECT_EQ(said, "0") << "all were taken";
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(slots(cluster, 0) + slots(cluster, 1), kSlots);
  expect_keys(cluster, 0);
  expect_keys(cluster, 1);
  for (const unsigned node : {0U, 1U}) {
    cluster.kill(node);
    cluster.start(node);
  }
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const std::map<std::string, unsigned> all{{"x", kSlots}};
  EXPECT_EQ(answers(cluster, 0, std::vector<bool>(kSlots, true)), all) << "also at their next start";
  // It comes back with what it was promised, and nothing of that is asked for any more.
  cluster.write_file(2, file_of({"up", "up", "up"}, 5));
  cluster.start(2);
  edit(cluster, {"up", "up", "up"}, 5);
  cluster.run_for(3'000);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_GT(slots(cluster, 2), 5'000U);
  expect_keys(cluster, 2);
}

// What it begins with and that it has given way reach whoever has claimed that over two connections, of which
// one is later than the other.
TEST(ClaimAtAStart, LeavesNoSlotWaitingInWhateverOrderItsWordsAreHeard) {
  unsigned claimed = 0;
  for (std::int64_t after_ms = 40; after_ms < 70; after_ms += 2) {
    SimCluster cluster{moving(3, 3, static_cast<std::uint64_t>(after_ms))};
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    set_keys(cluster, 0);
    cluster.kill(2);
    edit(cluster, {"up", "up", "down"}, 2);
    cluster.run_for(500);
    cluster.make_late(2, 0, 2);
    cluster.start(2);
    cluster.run_for(after_ms);
    const std::string said = cluster.ask(cluster.connect(0), "CLUSTER CLAIM n3");
    claimed += said != "0" && said.size() < 6 ? 1U : 0U;
    cluster.run_for(4'000);
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    const auto client = cluster.connect(1);
    for (unsigned i = 0; i < kKeys; ++i) {
      const std::string reply = cluster.ask(client, "GET " + key(i));
      EXPECT_TRUE(reply == std::to_string(i) || reply == "(null)") << after_ms << " ms: " << reply;
    }
  }
  EXPECT_GT(claimed, 3U);
}

TEST_F(Claim, TheReturningHolderServesNothingOfItAndGetsItsSlotsWithWhatOthersWrote) {
  cluster.kill(2);
  edit(cluster, {"up", "up", "down"}, 2);
  cluster.run_for(500);
  claim();
  cluster.run_for(100);
  const std::vector<unsigned> lost = keys_of_n3();
  ASSERT_EQ(cluster.ask(cluster.connect(0), "SET " + key(lost.at(0)) + " new"), "OK");
  // It comes back with the file of before, as if nothing had happened.
  cluster.write_file(2, file_of({"up", "up", "up"}, 1));
  cluster.start(2);
  EXPECT_EQ(cluster.ask(cluster.connect(2), "GET " + key(lost.at(0))), "new");
  EXPECT_EQ(cluster.ask(cluster.connect(2), "GET " + key(lost.at(1))), "(null)");
  edit(cluster, {"up", "up", "up"}, 3);
  cluster.run_for(500);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_GT(slots(cluster, 2), 5'000U);
  EXPECT_EQ(cluster.ask(cluster.connect(1), "GET " + key(lost.at(0))), "new");
  EXPECT_EQ(cluster.ask(cluster.connect(1), "GET " + key(lost.at(1))), "(null)");
}

TEST_F(Claim, WhatANodeHadOfASlotBeforeItWasClaimedDoesNotComeBackWithAClaimOfItsOwn) {
  cluster.kill(2);
  edit(cluster, {"up", "up", "down"}, 2);
  cluster.run_for(500);
  claim();
  cluster.run_for(100);
  // It comes back, has loaded what it had before anybody can tell it, and then hears of the claim.
  cluster.write_file(2, file_of({"up", "up", "up"}, 1));
  for (const unsigned other : {0U, 1U}) cluster.block(2, other, true);
  cluster.start(2);
  cluster.run_for(2'000);
  for (const unsigned other : {0U, 1U}) cluster.block(2, other, false);
  cluster.run_for(3'000);
  // Now one of those is gone that have claimed its slots, before they came back to it.
  cluster.kill(0);
  edit(cluster, {"down", "up", "up"}, 3);
  for (int tries = 0; tries < 20; ++tries) {
    cluster.run_for(500);
    cluster.ask(cluster.connect(1), "CLUSTER CLAIM n1");
  }
  EXPECT_EQ(slots(cluster, 1) + slots(cluster, 2), kSlots);
  for (const unsigned number : keys_of_n3()) {
    EXPECT_EQ(cluster.ask(cluster.connect(2), "GET " + key(number)), "(null)") << key(number);
  }
}

TEST_F(Claim, WaitsUntilEveryHeirRunsTheSameFile) {
  cluster.kill(2);
  cluster.write_file(0, file_of({"up", "up", "down"}, 2));
  ASSERT_TRUE(cluster.reload(0));
  cluster.run_for(500);
  EXPECT_NE(claim().find("n2 runs another cluster file"), std::string::npos) << claim();
}

}  // namespace
}  // namespace limpet::shard
