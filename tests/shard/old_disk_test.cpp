// Whole clusters in which a data directory of the past is put back: what others hold by then stays theirs,
// however often the node is started and killed, and everything is served again.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "faults.hpp"
#include "moving.hpp"

namespace limpet::shard {
namespace {

void edit(SimCluster& cluster, const std::vector<FileNode>& nodes, std::uint64_t epoch) {
  for (unsigned node = 0; node < nodes.size(); ++node) {
    cluster.write_file(node, cluster_text(nodes, epoch));
    if (!cluster.alive(node)) continue;
    EXPECT_TRUE(cluster.reload(node));
  }
  cluster.run_for(100);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
}

const std::vector<FileNode> kAllUp(3);
const std::vector<FileNode> kFirstDrained{{.state = "draining"}, {}, {}};

void write_all(SimCluster& cluster, unsigned node, const std::string& value) {
  const auto client = cluster.connect(node);
  for (unsigned i = 0; i < kKeys; ++i)
    ASSERT_EQ(cluster.ask(client, "SET " + key(i) + " " + value), "OK") << i;
}

// Of the keys, those that this node answers otherwise.
std::vector<std::string> others_than(SimCluster& cluster, unsigned node, const std::string& value) {
  std::vector<std::string> others;
  const auto client = cluster.connect(node);
  for (unsigned i = 0; i < kKeys; ++i) {
    const std::string reply = cluster.ask(client, "GET " + key(i));
    if (reply != value) others.push_back(reply);
  }
  return others;
}

// Kills n1 as soon as it has started, so and so often, before it has heard anybody, and after.
void start_and_kill(SimCluster& cluster, unsigned times) {
  for (unsigned start = 0; start < times; ++start) {
    cluster.start(0);
    cluster.run_for(1 + 400 * (start % 2));
    cluster.kill(0);
  }
}

TEST(OldDisk, WhatOthersHoldByNowStaysTheirsHoweverOftenItsNodeIsKilled) {
  for (const unsigned kills : {0U, 5U}) {
    SimCluster cluster(moving(3, 3, 7 + kills));
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    ASSERT_NO_FATAL_FAILURE(write_all(cluster, 0, "old"));
    const SimDisk past = cluster.disk(0);
    ASSERT_NO_FATAL_FAILURE(edit(cluster, kFirstDrained, 2));
    ASSERT_EQ(cluster.stats(0).handoff.slots, 0U);
    ASSERT_NO_FATAL_FAILURE(write_all(cluster, 1, "new"));
    cluster.kill(0);
    cluster.put_back(0, past);
    start_and_kill(cluster, kills);
    cluster.start(0);
    cluster.run_for(3'000);
    ASSERT_TRUE(cluster.settle()) << kills << "\n" << tail(cluster);
    for (unsigned node = 0; node < 3; ++node) {
      EXPECT_EQ(others_than(cluster, node, "new"), std::vector<std::string>{}) << "by node " << node;
    }
    // And it all goes back, as if nothing had been.
    ASSERT_NO_FATAL_FAILURE(edit(cluster, kAllUp, 3));
    EXPECT_GT(cluster.stats(0).handoff.slots, kSlots / 4U);
    EXPECT_EQ(others_than(cluster, 2, "new"), std::vector<std::string>{});
  }
}

TEST(OldDisk, SlotsThatItsNodeHasHeldLaterAreNotServedUntilSomebodyClaimsThemAndAllOthersAre) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  ASSERT_NO_FATAL_FAILURE(write_all(cluster, 0, "old"));
  const SimDisk past = cluster.disk(0);
  const std::uint64_t share = cluster.stats(0).handoff.slots;
  ASSERT_NO_FATAL_FAILURE(edit(cluster, kFirstDrained, 2));
  ASSERT_NO_FATAL_FAILURE(edit(cluster, kAllUp, 3));
  ASSERT_EQ(cluster.stats(0).handoff.slots, share);
  ASSERT_NO_FATAL_FAILURE(write_all(cluster, 1, "new"));
  cluster.kill(0);
  cluster.put_back(0, past);
  start_and_kill(cluster, 3);
  cluster.start(0);
  cluster.run_for(3'000);
  EXPECT_EQ(cluster.stats(0).handoff.slots, 0U) << "what it has is old, and it knows";
  const std::vector<std::string> others = others_than(cluster, 1, "new");
  EXPECT_GT(others.size(), 10U);
  EXPECT_LT(others.size(), kKeys - 10U) << "what others hold is served";
  for (const std::string& reply : others) EXPECT_EQ(reply.rfind("CLUSTERDOWN", 0), 0U) << reply;
  EXPECT_GT(cluster.stats(0).handoff.forgotten, kSlots / 4U);
  // Whoever gives that life up has the others claim the slots.
  cluster.kill(0);
  for (unsigned node = 0; node < 3; ++node) {
    cluster.write_file(node, cluster_text(std::vector<FileNode>{{.state = "down"}, {}, {}}, 4));
  }
  for (const unsigned node : {1U, 2U}) ASSERT_TRUE(cluster.reload(node));
  cluster.run_for(500);
  const auto client = cluster.connect(1);
  EXPECT_GT(std::stoi(cluster.ask(client, "CLUSTER CLAIM n1")), static_cast<int>(kSlots / 4U));
  cluster.run_for(1'000);  // until the titles are written, and all have heard of it
  ASSERT_NO_FATAL_FAILURE(write_all(cluster, 2, "newer"));
  // The node is back, with the same old disk.
  cluster.start(0);
  cluster.run_for(2'000);
  EXPECT_EQ(cluster.stats(0).handoff.forgotten, 0U) << "somebody holds them";
  ASSERT_NO_FATAL_FAILURE(edit(cluster, kAllUp, 5));
  EXPECT_EQ(others_than(cluster, 0, "newer"), std::vector<std::string>{});
}

// The slots that this disk's node was promised by n1.
std::vector<bool> promised_by_first(const SimDisk& disk) {
  std::vector<bool> promised(kSlots);
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    const auto& promise = disk.book.title(static_cast<Slot>(slot)).promise;
    promised[slot] = promise && disk.book.names()[promise->from] == "n1";
  }
  return promised;
}

std::size_t count_of(const std::vector<bool>& slots) {
  return static_cast<std::size_t>(std::count(slots.begin(), slots.end(), true));
}

// n1 ends in the middle of giving its slots away.
void end_while_giving(SimCluster& cluster) {
  const auto* const hears_prepared =
      std::find_if(handoff::kCrashPoints.begin(), handoff::kCrashPoints.end(),
                   [](const handoff::CrashPoint& moment) { return moment.name == "hears-prepared"; });
  cluster.kill_at(0, *hears_prepared, 1);
  for (unsigned node = 0; node < 3; ++node) {
    cluster.write_file(node, cluster_text(kFirstDrained, 2));
    ASSERT_TRUE(cluster.reload(node));
  }
  cluster.run_until([&] { return !cluster.alive(0); }, 5'000);
  ASSERT_FALSE(cluster.alive(0));
}

// There is an old copy of its disk.
void end_while_giving(SimCluster& cluster, SimDisk& past) {
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  ASSERT_NO_FATAL_FAILURE(fill_slots(cluster, "old"));
  past = cluster.disk(0);
  ASSERT_NO_FATAL_FAILURE(fill_slots(cluster, "new"));
  end_while_giving(cluster);
}

// What others have of them is nothing, and they can say so.
TEST(OldDisk, SlotsInWhichNothingWasEverChangedAreNotWaitedForThoughTheyWerePromised) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  ASSERT_NO_FATAL_FAILURE(end_while_giving(cluster));
  std::size_t promised = 0;
  for (const unsigned node : {1U, 2U}) promised += count_of(promised_by_first(cluster.disk(node)));
  EXPECT_GT(promised, 0U);
  cluster.start(0);
  cluster.run_for(kStartupGraceMs + 1'000);
  EXPECT_EQ(answers(cluster, 1, std::vector<bool>(kSlots, true)),
            (std::map<std::string, unsigned>{{"(null)", kSlots}}))
      << tail(cluster);
  for (const std::string& note : cluster.notes())
    EXPECT_EQ(note.find("was on its way to node"), std::string::npos) << note << ", who has no more than n1";
}

TEST(OldDisk, WhatSomebodyWasPromisedOfASlotIsServedIfItIsMoreThanItsNodeHas) {
  for (const bool all_start : {false, true}) {
    SimCluster cluster(moving(3, 3));
    SimDisk past;
    ASSERT_NO_FATAL_FAILURE(end_while_giving(cluster, past));
    std::vector<bool> promised(kSlots);
    for (const unsigned node : {1U, 2U}) {
      const std::vector<bool> by = promised_by_first(cluster.disk(node));
      for (unsigned slot = 0; slot < kSlots; ++slot) promised[slot] = promised[slot] || by[slot];
    }
    cluster.put_back(0, past);
    if (all_start) {
      for (const unsigned node : {1U, 2U}) cluster.kill(node);
      for (const unsigned node : {1U, 2U}) cluster.start(node);
    }
    cluster.start(0);
    cluster.run_for(3'000);
    ASSERT_TRUE(cluster.settle()) << tail(cluster);
    const std::map<std::string, unsigned> served = answers(cluster, 1, promised);
    EXPECT_EQ(served.size(), 1U) << ::testing::PrintToString(served);
    EXPECT_TRUE(served.contains("new")) << tail(cluster);
  }
}

// Until it is on the disk that the slot is another's, nobody is told so: this node may start again, reach
// that one too late, and serve the slot itself.
TEST(OldDisk, WhatIsNotCededOnTheDiskIsNotSaidToBeAnothers) {
  SimCluster cluster(moving(3, 3));
  SimDisk past;
  ASSERT_NO_FATAL_FAILURE(end_while_giving(cluster, past));
  cluster.put_back(0, past);
  cluster.start(0);
  cluster.fill_disk(0, true);
  cluster.run_for(3'000);  // it hears what others were promised
  cluster.kill(0);
  cluster.fill_disk(0, false);
  for (const unsigned node : {1U, 2U}) cluster.block(0, node, true);
  cluster.start(0);
  cluster.run_for(kStartupGraceMs + 1'000);  // nobody is heard, and it serves what it has
  for (const unsigned node : {1U, 2U}) {
    cluster.block(0, node, false);
    cluster.run_for(5'000);
  }
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const std::map<std::string, unsigned> served = answers(cluster, 1, std::vector<bool>(kSlots, true));
  EXPECT_EQ(served.size(), served.contains("new") ? 2U : 1U) << ::testing::PrintToString(served);
  EXPECT_TRUE(served.contains("old")) << ::testing::PrintToString(served);
}

TEST(OldDisk, WhatCannotBeCededForALostDiskIsRefusedAtOnce) {
  SimCluster cluster(moving(3, 3));
  SimDisk past;
  ASSERT_NO_FATAL_FAILURE(end_while_giving(cluster, past));
  const std::vector<bool> promised = promised_by_first(cluster.disk(1));
  cluster.put_back(0, past);
  cluster.start(0);
  cluster.fail_titles(0);
  cluster.run_for(3'000);
  for (const auto& [answer, times] : answers(cluster, 0, promised))
    EXPECT_NE(answer.find("whose it is cannot be known"), std::string::npos) << answer;
}

TEST(OldDisk, WhatSomebodyWasPromisedIsForgottenIfItsNodeHasAsMuch) {
  SimCluster cluster(moving(3, 3));
  SimDisk past;
  ASSERT_NO_FATAL_FAILURE(end_while_giving(cluster, past));
  cluster.start(0);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  for (const std::string& note : cluster.notes())
    EXPECT_EQ(note.find("has more of it"), std::string::npos) << note;
  const std::map<std::string, unsigned> all{{"new", kSlots}};
  EXPECT_EQ(answers(cluster, 2, std::vector<bool>(kSlots, true)), all);
}

// n1 has ceded slots to n2, as n3 knows, and n2 has not heard of it when n1 ends; its disk is put back to
// what it was a moment before. It has all that n2 has, so it has nothing to end, and gives way.
TEST(OldDisk, WhatANodeCededAndHasForgottenIsServedByWhoWasPromisedIt) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  ASSERT_NO_FATAL_FAILURE(fill_slots(cluster, "new"));
  for (unsigned node = 0; node < 3; ++node) {
    cluster.write_file(node, cluster_text(kFirstDrained, 2));
    ASSERT_TRUE(cluster.reload(node));
  }
  const auto is_promised = [&] { return count_of(promised_by_first(cluster.disk(1))) > 0; };
  ASSERT_TRUE(cluster.run_until(is_promised, 5'000)) << tail(cluster);
  const SimDisk past = cluster.disk(0);
  cluster.block_way(0, 1, true);
  cluster.run_for(200);
  const std::vector<bool> promised = promised_by_first(cluster.disk(1));
  std::vector<bool> ceded(kSlots);
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    const auto at = static_cast<Slot>(slot);
    ceded[slot] = promised[slot] && handoff::owns(past.book.title(at)) &&
                  !handoff::owns(cluster.disk(0).book.title(at));
  }
  ASSERT_GT(count_of(ceded), 0U);
  cluster.cut(0, 1);  // the grants are lost
  cluster.kill(0);
  cluster.block_way(0, 1, false);
  cluster.put_back(0, past);
  cluster.start(0);
  cluster.run_for(3'000);
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const std::map<std::string, unsigned> all{{"new", kSlots}};
  EXPECT_EQ(answers(cluster, 2, std::vector<bool>(kSlots, true)), all) << tail(cluster);
}

// n1 has ended its hand-overs of before, as n3 knows, and its disk is lost before n2 has asked what became of
// them.
TEST(OldDisk, WhatOthersKnowToBeANodesIsThoughItsGiverHasForgottenThat) {
  SimCluster cluster(moving(3, 3));
  SimDisk past;
  ASSERT_NO_FATAL_FAILURE(end_while_giving(cluster, past));
  const std::vector<bool> promised = promised_by_first(cluster.disk(1));
  ASSERT_GT(count_of(promised), 0U);
  cluster.put_back(0, past);
  cluster.start(0);
  const auto ended = [&] {
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      if (promised[slot] && handoff::owns(cluster.disk(0).book.title(static_cast<Slot>(slot)))) return false;
    }
    return true;
  };
  ASSERT_TRUE(cluster.run_until(ended, 5'000)) << tail(cluster);
  cluster.run_for(5);
  cluster.kill(0);
  const std::vector<bool> still = promised_by_first(cluster.disk(1));
  for (unsigned slot = 0; slot < kSlots; ++slot)
    ASSERT_TRUE(still[slot] || !promised[slot]) << "n2 has asked for slot " << slot;
  cluster.put_back(0, SimDisk{});
  cluster.start(0);
  cluster.run_for(5'000);
  const std::map<std::string, unsigned> served = answers(cluster, 2, promised);
  EXPECT_EQ(served, (std::map<std::string, unsigned>{{"new", count_of(promised)}})) << tail(cluster);
}

// It need not be the node that the slot should be at now.
TEST(OldDisk, WhatSomebodyWasPromisedByANodeThatIsGoneForGoodIsClaimed) {
  SimCluster cluster(moving(3, 3));
  SimDisk past;
  ASSERT_NO_FATAL_FAILURE(end_while_giving(cluster, past));
  const std::vector<bool> promised = promised_by_first(cluster.disk(1));
  for (const unsigned node : {1U, 2U}) {
    cluster.write_file(node, cluster_text(std::vector<FileNode>{{.state = "down"}, {.weight = "0"}, {}}, 3));
    ASSERT_TRUE(cluster.reload(node));
  }
  cluster.run_for(500);
  const auto claimed = cluster.ask(cluster.connect(2), "CLUSTER CLAIM n1");
  EXPECT_GT(std::stoi(claimed), 0) << claimed;
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const std::map<std::string, unsigned> served = answers(cluster, 2, promised);
  EXPECT_EQ(served.size(), 1U);
  EXPECT_TRUE(served.contains("new")) << tail(cluster);
  // And it stays so.
  for (const unsigned node : {1U, 2U}) {
    cluster.kill(node);
    cluster.start(node);
  }
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  EXPECT_EQ(answers(cluster, 2, promised), served);
}

// n3 has given slots to n1 once, and knows no more of them by its disk than that; n1 has nothing of them any
// more.
TEST(OldDisk, WhatANodeThatHasJustStartedKnowsOfEarlierHoldersMakesNoSlotAForgottenOne) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  const std::vector<FileNode> third_drained{{}, {}, {.state = "draining"}};
  const std::vector<FileNode> only_second{{.state = "draining"}, {}, {.state = "draining"}};
  ASSERT_NO_FATAL_FAILURE(edit(cluster, third_drained, 2));
  ASSERT_NO_FATAL_FAILURE(edit(cluster, only_second, 3));
  ASSERT_EQ(cluster.stats(1).handoff.slots, kSlots);
  cluster.kill(0);
  cluster.put_back(0, SimDisk{});
  cluster.start(0);
  cluster.run_for(2'000);
  ASSERT_EQ(cluster.stats(0).handoff.forgotten, 0U) << "another holds them, and says so";
  cluster.kill(2);
  cluster.start(2);
  cluster.run_for(2'000);
  EXPECT_EQ(cluster.stats(0).handoff.forgotten, 0U);
}

TEST(OldDisk, AClusterThatStartsAllAtOnceAfterAnyNumberOfCrashesServesEverything) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  ASSERT_NO_FATAL_FAILURE(write_all(cluster, 0, "x"));
  start_and_kill((cluster.kill(0), cluster), 4);
  for (const unsigned node : {1U, 2U}) cluster.kill(node);
  for (const unsigned node : {2U, 0U, 1U}) cluster.start(node);
  cluster.run_for(300);
  EXPECT_EQ(others_than(cluster, 1, "x"), std::vector<std::string>{}) << "and soon: nobody is missing";
}

TEST(OldDisk, ANodeThatIsGoneStopsAStartForASecondOnly) {
  SimCluster cluster(moving(3, 3));
  ASSERT_TRUE(cluster.settle()) << tail(cluster);
  ASSERT_NO_FATAL_FAILURE(write_all(cluster, 0, "x"));
  for (const unsigned node : {0U, 2U}) cluster.kill(node);
  cluster.start(0);
  cluster.run_for(1'200);
  const auto client = cluster.connect(0);
  for (unsigned i = 0; i < 20; ++i) EXPECT_EQ(cluster.ask(client, "GET " + cluster.key_of(0, i)), "(null)");
}

}  // namespace
}  // namespace limpet::shard
