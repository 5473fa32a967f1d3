// Where a command goes and how its answer finds back, without a shard.
#include <gtest/gtest.h>

#include <array>
#include <limpet/resp/reply.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shard_machines.hpp"

namespace limpet::traffic {
namespace {

using forward::Origin;
using peer::Outcome;
using Kind = Decision::Kind;

class TrafficOfAShard : public ShardMachines {
 protected:
  using ShardMachines::ShardMachines;

  void send(const Origin& origin, forward::Target target, std::vector<std::string_view> words) {
    traffic_.sending().begin({target, kHere, origin, false}, peer::Reach::slot, resp::Version::resp2, true,
                             words);
  }
};

class TrafficOfAStart : public TrafficOfAShard {
 protected:
  TrafficOfAStart() : TrafficOfAShard(true) {
    for (const Slot slot : std::exchange(ownership_.actions(), {}).rerouted)
      (void)traffic_.dispatch().update(slot);
  }
};

// ---- Where to ----

TEST_F(TrafficOfAShard, GoesWhereTheSlotIs) {
  EXPECT_EQ(traffic_.dispatch().decide(kHere).kind, Kind::run);
  const Decision sibling = traffic_.dispatch().decide(kSiblings);
  EXPECT_EQ(sibling.kind, Kind::forward);
  EXPECT_EQ(sibling.target, (forward::Target{true, 2}));
  const Decision node = traffic_.dispatch().decide(kOther);
  EXPECT_EQ(node.kind, Kind::forward);
  EXPECT_EQ(node.target, (forward::Target{false, 1}));
}

TEST_F(TrafficOfAShard, OfASlotThatNobodyHoldsIsRefusedAndSaysWhich) {
  EXPECT_EQ(traffic_.dispatch().decide(kNobodys).kind, Kind::refuse);
  EXPECT_EQ(traffic_.dispatch().why_refused(kNobodys),
            "CLUSTERDOWN no node of the cluster file holds slot 4");
  EXPECT_TRUE(traffic_.dispatch().is_nobodys(kNobodys));
}

TEST_F(TrafficOfAShard, IsStalledWhileThereIsNoRoomOnTheWayAndWokenOnceThereIs) {
  clients::Client& client = come();
  for (std::size_t i = 0; i < kLinkRequestsMax; ++i) send({}, {true, 2}, {"GET", "k"});
  EXPECT_EQ(traffic_.dispatch().decide(client, kSiblings).kind, Kind::stall);
  EXPECT_EQ(traffic_.dispatch().decide(client, kHere).kind, Kind::run) << "another way";
  neighbours_.forwarder().has_drained({true, 2});
  ASSERT_FALSE(neighbours_.forwarder().actions().empty());
  EXPECT_EQ(neighbours_.forwarder().actions().back().origin.stream, client.id);
}

TEST_F(TrafficOfAShard, OfSeveralSlotsIsNotBegunWhereOneIsOutOfReach) {
  EXPECT_EQ(traffic_.dispatch().out_of_reach({kHere, kSiblings}), "");
  EXPECT_EQ(traffic_.dispatch().out_of_reach({kHere, kNobodys}),
            "CLUSTERDOWN no node of the cluster file holds slot 4");
}

TEST_F(TrafficOfAShard, OfAllKeysAsksANodeForWhatItServesAndThisOneForTheRest) {
  EXPECT_EQ(traffic_.dispatch().server_of(kOther), 1U);
  EXPECT_EQ(traffic_.dispatch().server_of(kHere), config_.self);
  EXPECT_EQ(traffic_.dispatch().server_of(kSiblings), config_.self);
  EXPECT_EQ(traffic_.dispatch().server_of(kNobodys), config_.self);
}

TEST_F(TrafficOfAShard, GoesToASiblingWithoutAHopAndIsAnsweredByItsNumber) {
  clients::Client& client = come();
  send(traffic_.delivery().await(client), {true, 2}, {"GET", "k"});
  std::pair<std::uint64_t, std::string> sent;
  std::vector<std::string_view> args;
  const peer::Request request = request_for(2, sent, args);
  EXPECT_EQ(request.hops, 0);
  EXPECT_EQ(args, (std::vector<std::string_view>{"GET", "k"}));
  const auto known = neighbours_.forwarder().answered(sent.first, Outcome::done, now_);
  ASSERT_TRUE(known.has_value());
  traffic_.delivery().give_back(known->origin, known->charged);
  traffic_.delivery().deliver(known->origin, Outcome::done, "$-1\r\n");
  EXPECT_EQ(client.out.view(), "$-1\r\n");
  EXPECT_EQ(client.memory.charged, 0U) << "nothing is kept for it any more";
}

TEST_F(TrafficOfAShard, ThatIsPassedOnFurtherHasOneMoreHop) {
  Bytes body;
  const std::array<std::string_view, 2> words = {"GET", "k"};
  peer::append_request(body, traffic_.sending().first_hop(peer::Reach::slot, resp::Version::resp3, true),
                       words);
  traffic_.sending().pass_on_further({{true, 3}, kHere, of_sibling(1, 7), false}, body.view(), 1);
  std::pair<std::uint64_t, std::string> sent;
  std::vector<std::string_view> args;
  const peer::Request request = request_for(3, sent, args);
  EXPECT_EQ(request.hops, 2);
  EXPECT_EQ(static_cast<resp::Version>(request.version), resp::Version::resp3);
}

// ---- Back ----

TEST_F(TrafficOfAShard, AnswersLeaveInTheOrderOfTheirCommands) {
  clients::Client& client = come();
  const Origin first = traffic_.delivery().await(client);
  const Origin second = traffic_.delivery().await(client);
  traffic_.delivery().deliver(second, Outcome::done, ":2\r\n");
  EXPECT_TRUE(client.out.empty());
  traffic_.delivery().deliver(first, Outcome::done, ":1\r\n");
  EXPECT_EQ(client.out.view(), ":1\r\n:2\r\n");
}

TEST_F(TrafficOfAShard, AnAnswerThatIsNoneSaysWhyAndIsCounted) {
  clients::Client& client = come();
  traffic_.delivery().deliver(traffic_.delivery().await(client), Outcome::in_doubt, "INDOUBT who knows");
  traffic_.delivery().deliver(traffic_.delivery().await(client), Outcome::not_mine, "");
  EXPECT_EQ(client.out.view(), "-INDOUBT who knows\r\n-TRYAGAIN the owner of this slot is changing\r\n");
  EXPECT_EQ(counters_.forward_indoubt, 1U);
  EXPECT_EQ(counters_.forward_errors, 1U);
  EXPECT_EQ(counters_.error_replies, 2U);
}

TEST_F(TrafficOfAShard, AnAnswerWaitsUntilAllHaveConfirmedWhatItShows) {
  const auto disk = engine_.durability().join(0);
  const auto follower = engine_.durability().join(0);
  traffic_.delivery().deliver(of_sibling(1, 7), Outcome::done, "+OK\r\n", 100);
  engine_.durability().confirm(disk, 100);
  traffic_.delivery().release();
  EXPECT_TRUE(replies_for(1).empty());
  EXPECT_FALSE(traffic_.delivery().none_waits());
  engine_.durability().confirm(follower, 100);
  traffic_.delivery().release();
  EXPECT_EQ(replies_for(1), (std::vector<std::pair<std::uint64_t, std::string>>{{7, "+OK\r\n"}}));
  EXPECT_TRUE(traffic_.delivery().none_waits());
}

TEST_F(TrafficOfAShard, AnAnswerThatWillNeverBeSafeIsInDoubt) {
  (void)engine_.durability().join(0);
  traffic_.delivery().deliver(of_sibling(1, 7), Outcome::done, "+OK\r\n", 100);
  engine_.durability().fail("the disk is gone");
  traffic_.delivery().fail("the disk is gone");
  const auto replies = replies_for(1);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].second, "INDOUBT the disk is gone; the command may be lost at a restart");
}

TEST_F(TrafficOfAShard, AnAnswerToAClientThatIsGoneGoesNowhere) {
  clients::Client& client = come();
  const Origin origin = traffic_.delivery().await(client);
  EXPECT_EQ(traffic_.delivery().charge(origin, 10), 10U);
  clients_.close(client);
  traffic_.delivery().deliver(origin, Outcome::done, "+OK\r\n");
  EXPECT_EQ(memory_.of_orphans(), 10U);
  traffic_.delivery().give_back(origin, 10);
  EXPECT_EQ(memory_.total(), 0U);
}

TEST_F(TrafficOfAShard, WhatBecameOfAQuestionOfTheHandOversIsKeptForThem) {
  traffic_.delivery().deliver({.kind = Origin::Kind::handoff, .id = 3}, Outcome::unavailable, "no");
  ASSERT_EQ(traffic_.delivery().handoff_answers().size(), 1U);
  EXPECT_EQ(traffic_.delivery().handoff_answers()[0].question, 3U);
  EXPECT_EQ(traffic_.delivery().handoff_answers()[0].body.view(), "no");
}

// ---- Not now ----

TEST_F(TrafficOfAStart, WaitsForASlotThatIsNotLoadedAndHasItLoadedBeforeOthers) {
  clients::Client& client = come();
  ASSERT_EQ(traffic_.dispatch().decide(kHere).kind, Kind::wait);
  EXPECT_FALSE(traffic_.waiting().wait(client, kHere));
  EXPECT_EQ(effects_.wanted, std::vector<Slot>{kHere});
  client.turn.stall();
  ownership_.loaded(kHere);
  EXPECT_TRUE(traffic_.dispatch().update(kHere).all);
  const auto waiting = traffic_.waiting().take(kHere);
  traffic_.waiting().wake(kHere, waiting.clients);
  EXPECT_EQ(clients_.next_woken(), &client);
  EXPECT_EQ(traffic_.dispatch().decide(kHere).kind, Kind::run);
}

TEST_F(TrafficOfAStart, ThatHasWaitedLongEnoughEndsWithAnError) {
  clients::Client& client = come();
  EXPECT_FALSE(traffic_.waiting().wait(client, kHere));
  client.turn.stall();
  now_.steady_ms += kLoadingWaitMs;
  traffic_.waiting().expire();
  EXPECT_EQ(clients_.next_woken(), &client);
  EXPECT_TRUE(traffic_.waiting().wait(client, kHere));
  EXPECT_EQ(client.out.view().substr(0, 8), "-LOADING");
  EXPECT_EQ(counters_.forward_errors, 1U);
}

TEST_F(TrafficOfAStart, RequestsOfOthersArePutAsideInTheirOrderAndAnsweredWhenTheirTimeIsUp) {
  traffic_.waiting().park(of_sibling(1, 7), kHere, 0, "first");
  traffic_.waiting().park(of_sibling(1, 8), kHere, 0, "second");
  EXPECT_FALSE(traffic_.waiting().none_parked());
  now_.steady_ms += kLoadingWaitMs;
  traffic_.waiting().expire();
  const auto replies = replies_for(1);
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].first, 7U);
  EXPECT_EQ(replies[1].first, 8U);
  EXPECT_TRUE(traffic_.waiting().none_parked());
}

TEST_F(TrafficOfAStart, OfSeveralSlotsHasAllOfThemLoadedTogether) {
  const auto missing = traffic_.waiting().first_missing({kHere, Slot{8}, kSiblings});
  EXPECT_EQ(missing, kHere);
  EXPECT_EQ(effects_.wanted, (std::vector<Slot>{kHere, Slot{8}}));
}

}  // namespace
}  // namespace limpet::traffic
