// What becomes of an order, without a cluster: a step for whoever wires it, an effect, an answer.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <limpet/wide/orders.hpp>

namespace limpet::wide {
namespace {

using Do = Orders::Step::Kind;

// "a" is this node, "b" answers, "c" is down by the file and holds its slots still.
class OrdersGiven : public ::testing::Test {
 protected:
  OrdersGiven() : rows_(3) {
    auto view = std::make_shared<cluster::View>();
    for (const char* name : {"a", "b", "c"}) {
      cluster::Node node;
      node.name = name;
      view->nodes.push_back(node);
    }
    view->nodes[2].state = cluster::NodeState::down;
    view->placement.fill(0);
    view->home.fill(0);
    view_ = view;
    rows_[1].linked = rows_[1].answers = rows_[1].informed = true;
    client_.origin.of_this_host = true;
    cluster_of_three();
  }

  void cluster_of_three() {
    ownership::HandoffConfig handoff;
    handoff.boot = 1;
    handoff.titles = std::make_shared<const std::vector<handoff::SlotTitle>>(kSlots);
    handoff.founding = std::make_shared<ownership::Founding>(1, false);
    ownership::OwnershipConfig config;
    config.handoff = handoff;
    ownership_.emplace(std::move(config), view_, store_, handoff::Numbering{}, now_);
    orders_.emplace(config_, view_, tunables_, now_, *ownership_, effects_);
  }
  void alone() {
    ownership_.emplace(ownership::OwnershipConfig{}, view_, store_, handoff::Numbering{}, now_);
    orders_.emplace(config_, view_, tunables_, now_, *ownership_, effects_);
  }
  Orders::Step begin(std::vector<std::string_view> words) {
    words.insert(words.begin(), "CLUSTER");
    const auto does = command::execution_of(*command::find("cluster"), words);
    return orders_->begin(client_, does, words, {0, rows_});
  }

  ShardConfig config_;
  std::shared_ptr<const cluster::View> view_;
  ShardTunables tunables_;
  Now now_{.steady_ms = 1'000, .unix_ms = 1'800'000'000'000};
  store::Store store_{1};
  std::optional<ownership::Ownership> ownership_;
  Effects effects_;
  std::optional<Orders> orders_;
  Client client_;
  std::vector<ownership::NodeRow> rows_;
};

TEST_F(OrdersGiven, WithoutAPasswordOnlyByClientsOfThisHost) {
  EXPECT_EQ(begin({"RELOAD"}).kind, Do::take);
  client_.origin.of_this_host = false;
  EXPECT_EQ(begin({"RELOAD"}).error.rfind("NOPERM ", 0), 0U);
  tunables_.password = "sesame";
  EXPECT_EQ(begin({"RELOAD"}).kind, Do::take);
}

TEST_F(OrdersGiven, ReloadAndCheckConcernThisNodeOrAll) {
  EXPECT_EQ(begin({"CHECK"}).order, Order::Kind::check);
  const Orders::Step reload = begin({"RELOAD", "all"});
  EXPECT_EQ(reload.kind, Do::ask_nodes);
  EXPECT_TRUE(reload.writes);
  EXPECT_EQ(reload.args, 2U) << "each of them does it for itself";
  EXPECT_FALSE(begin({"CHECK", "ALL"}).writes);
  EXPECT_EQ(begin({"RELOAD", "some"}).error, "ERR syntax error: CLUSTER RELOAD|CHECK [ALL]");
}

TEST_F(OrdersGiven, DrainGoesToTheNodeThatIsNamed) {
  EXPECT_EQ(begin({"DRAIN"}).kind, Do::take);
  EXPECT_EQ(begin({"UNDRAIN", "a"}).order, Order::Kind::stay);
  const Orders::Step other = begin({"DRAIN", "b"});
  EXPECT_EQ(other.kind, Do::forward);
  EXPECT_EQ(other.node, 1U);
  EXPECT_TRUE(other.writes);
  EXPECT_EQ(begin({"DRAIN", "nobody"}).kind, Do::refuse);
  alone();
  EXPECT_EQ(begin({"DRAIN"}).error, "ERR this node is in no cluster, so nobody could take its sessions");
}

TEST_F(OrdersGiven, ATicketIsAnsweredOnce) {
  orders_->take(Order::Kind::leave, {.id = 7}, resp::Version::resp2);
  ASSERT_EQ(effects_.orders.size(), 1U);
  const std::uint64_t ticket = effects_.orders[0].ticket;
  const auto answer = orders_->done(ticket, std::string("leaves"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->origin.id, 7U);
  EXPECT_EQ(answer->reply.view(), "$6\r\nleaves\r\n");
  EXPECT_FALSE(orders_->done(ticket, std::string("again")));
}

TEST_F(OrdersGiven, WhatCannotBeClaimedIsRefusedByWhomeverIsAsked) {
  EXPECT_EQ(begin({"CLAIM", "b"}).error.rfind("ERR by the cluster file node b", 0), 0U);
  const auto refusal = orders_->claim("b", {.id = 7}, resp::Version::resp2, {0, rows_});
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reply.view().rfind("-ERR node a: by the cluster file", 0), 0U);
}

TEST_F(OrdersGiven, AClaimIsAnsweredOnceItsTitlesAreWritten) {
  EXPECT_EQ(begin({"CLAIM", "c"}).kind, Do::ask_nodes);
  EXPECT_FALSE(orders_->claim("c", {.id = 7}, resp::Version::resp2, {0, rows_}));
  EXPECT_EQ(effects_.notes.size(), 1U) << "it takes slots";
  EXPECT_TRUE(orders_->answers().empty());
  for (unsigned slot = 1; slot < kSlots; ++slot) orders_->written(static_cast<Slot>(slot));
  EXPECT_TRUE(orders_->answers().empty());
  orders_->written(0);
  const auto answers = orders_->answers();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].origin.id, 7U);
  EXPECT_EQ(answers[0].reply.view(), ":" + std::to_string(kSlots) + "\r\n");
}

TEST_F(OrdersGiven, WhatIsNotWrittenInTimeIsSaidToHaveBeenMissed) {
  EXPECT_FALSE(orders_->claim("c", {.id = 7}, resp::Version::resp2, {0, rows_}));
  orders_->written(0);
  now_.steady_ms += tunables_.forward_timeout_ms;
  const auto answers = orders_->answers();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(
      answers[0].reply.view().rfind(
          "-ERR node a: " + std::to_string(kSlots - 1) + " slots could not be taken now, 1 others were", 0),
      0U);
}

}  // namespace
}  // namespace limpet::wide
