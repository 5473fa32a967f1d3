// Who may claim the slots of a node that is gone, by what one shard knows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/ownership/claim_rules.hpp>
#include <limpet/peer/words.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace limpet::ownership {
namespace {

using ::testing::HasSubstr;

constexpr NodeIndex kHere = 0;
constexpr NodeIndex kDown = 1;
constexpr NodeIndex kThere = 2;

// Three nodes, of which "b" is down by the file, and does not answer. "c" does, and runs the same file.
class ClaimRules : public ::testing::Test {
 protected:
  ClaimRules() : rows_(3) {
    for (const char* name : {"a", "b", "c"}) {
      cluster::Node node;
      node.name = name;
      view_->nodes.push_back(node);
    }
    view_->nodes[kDown].state = cluster::NodeState::down;
    view_->epoch = 4;
    view_->placement.fill(kHere);
    view_->home.fill(kHere);
    answers(kThere);
    HandoffConfig handoff;
    handoff.boot = 1;
    handoff.titles = std::make_shared<const std::vector<handoff::SlotTitle>>(kSlots);
    handoff.founding = std::make_shared<Founding>(1, false);
    OwnershipConfig config;
    config.handoff = handoff;
    ownership_.emplace(std::move(config), view_, store_, handoff::Numbering{}, now_);
  }

  void answers(NodeIndex node) {
    rows_[node] = {.linked = true, .answers = true, .informed = true, .says = {}, .why_not = {}};
    rows_[node].says.epoch = view_->epoch;
  }
  [[nodiscard]] NodeDirectory nodes() const { return {kHere, rows_}; }
  [[nodiscard]] std::string why_not(std::string_view name, bool asked = true) const {
    return why_no_claim(*view_, nodes(), *ownership_, name, asked);
  }

  std::shared_ptr<cluster::View> view_ = std::make_shared<cluster::View>();
  store::Store store_{1};
  Now now_{.steady_ms = 0, .unix_ms = 1'800'000'000'000};
  std::optional<Ownership> ownership_;
  std::vector<NodeRow> rows_;
};

TEST_F(ClaimRules, ANodeThatIsDownByTheFileAndDoesNotAnswerMayBeClaimed) {
  EXPECT_EQ(why_not("b"), "");
  EXPECT_EQ(why_not("b", false), "");
  EXPECT_TRUE(all_others_reported(nodes(), kDown));
}

TEST_F(ClaimRules, OneThatAnswersGivesItsSlotsAwayByItself) {
  answers(kDown);
  EXPECT_THAT(why_not("b"), HasSubstr("node b answers"));
}

TEST_F(ClaimRules, OneThatIsToHoldItsSlotsMayNot) {
  EXPECT_THAT(why_not("c"), HasSubstr("by the cluster file node c is to hold its slots itself"));
}

TEST_F(ClaimRules, OneThatBeginsAnewMayAlthoughItIsThere) {
  rows_[kThere].says.fresh = true;
  EXPECT_TRUE(begins_anew(*ownership_, nodes(), kThere));
  EXPECT_EQ(why_not("c"), "");
  rows_[kThere].informed = false;
  EXPECT_FALSE(begins_anew(*ownership_, nodes(), kThere)) << "it has not said so";
}

TEST_F(ClaimRules, WhoeverIsToHoldSlotsHasToBeHeardOfFirst) {
  rows_[kThere] = {.linked = false, .answers = false, .informed = false, .says = {}, .why_not = "refused"};
  EXPECT_EQ(why_not("b"), "node c has to be heard of first: refused");
  EXPECT_FALSE(all_others_reported(nodes(), kDown));
}

TEST_F(ClaimRules, NobodyMayGoByAnotherFile) {
  rows_[kThere].says.epoch = 3;
  EXPECT_EQ(why_not("b"), "node c runs another cluster file (epoch 3)");
}

TEST_F(ClaimRules, TheNodeThatIsAskedClaimsNothingOfItsOwn) {
  EXPECT_EQ(why_not("a"), "node a is the one that answers here; ask another one");
}

TEST_F(ClaimRules, ANodeThatIsNotThereIsNamed) {
  EXPECT_THAT(why_not("nobody"), HasSubstr("there is no node"));
  ownership_.emplace(OwnershipConfig{}, view_, store_, handoff::Numbering{}, now_);
  EXPECT_EQ(why_not("b"), "this node is in no cluster");
}

}  // namespace
}  // namespace limpet::ownership
