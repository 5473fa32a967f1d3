#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/ownership/first_slots.hpp>

namespace limpet::ownership {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kDigest = 0x1234;

// Three nodes run the file of epoch 1, of which the first is this one.
class FirstSlotsOfAFile : public ::testing::Test {
 protected:
  FirstSlotsOfAFile() {
    for (const char* name : {"a", "b", "c"}) {
      cluster::Node node;
      node.name = name;
      view_.nodes.push_back(node);
    }
    view_.epoch = 1;
    view_.placement_digest = kDigest;
    rows_.resize(3);
    for (NodeRow& row : rows_) {
      row = {.linked = true, .answers = true, .informed = true, .says = {}, .why_not = "no connection yet"};
      row.says.epoch = 1;
      row.says.placement_digest = kDigest;
      row.says.fresh = true;
    }
    config_.founding = std::make_shared<Founding>(0, true);
    config_.founding->propose(Founding::id_of(kDigest));
  }

  [[nodiscard]] bool take(FirstSlots& slots) {
    return slots.take(view_, NodeDirectory(0, rows_), [this](NodeIndex node) { return node != unheard_; });
  }

  cluster::View view_;
  std::vector<NodeRow> rows_;
  HandoffConfig config_;
  NodeIndex unheard_ = ring::kNobody;
};

TEST_F(FirstSlotsOfAFile, AreTakenOnceAllNodesHaveBeenHeardOf) {
  FirstSlots slots(config_);
  rows_[2].informed = false;
  EXPECT_FALSE(take(slots));
  EXPECT_EQ(slots.why_not(), "node c has not been heard of: no connection yet");
  rows_[2].informed = true;
  unheard_ = 1;
  EXPECT_FALSE(take(slots)) << "it has not said which slots it owns";
  unheard_ = ring::kNobody;
  EXPECT_TRUE(take(slots));
  EXPECT_THAT(slots.why_not(), IsEmpty());
  EXPECT_FALSE(take(slots)) << "once for each file";
  EXPECT_TRUE(slots.has_begun(view_));
}

TEST_F(FirstSlotsOfAFile, AreNotTakenWhileANodeRunsAnotherFile) {
  FirstSlots slots(config_);
  rows_[1].says.epoch = 2;
  EXPECT_FALSE(take(slots));
  EXPECT_EQ(slots.why_not(), "node b runs another cluster file (epoch 2)");
}

TEST_F(FirstSlotsOfAFile, AreNotTakenByTwoFiles) {
  FirstSlots slots(config_);
  rows_[1].says.founded = Founding::id_of(kDigest + 2);
  EXPECT_FALSE(take(slots));
  EXPECT_THAT(slots.why_not(), HasSubstr("node b took its first slots by another cluster file"));
}

TEST_F(FirstSlotsOfAFile, ANodeThatHasRunWithAnotherDirectoryTakesNone) {
  auto boots = std::make_shared<Boots>();
  boots->ran_elsewhere = [] { return true; };
  config_.boots = boots;
  FirstSlots slots(config_);
  EXPECT_TRUE(take(slots)) << "as long as no other has had slots by this file";
  config_.founding = std::make_shared<Founding>(0, true);
  config_.founding->propose(Founding::id_of(kDigest));
  FirstSlots again(config_);
  rows_[1].says.founded = Founding::id_of(kDigest);
  EXPECT_FALSE(take(again));
  EXPECT_THAT(again.why_not(), HasSubstr("`limpet cluster claim a`"));
}

TEST_F(FirstSlotsOfAFile, NewNodesOfAFileThatIsNotTheFirstSayThatTheyKnowOfNoOlderOne) {
  view_.epoch = 7;
  for (NodeRow& row : rows_) row.says.epoch = 7;
  FirstSlots slots(config_);
  EXPECT_FALSE(take(slots));
  EXPECT_THAT(slots.why_not(), HasSubstr("--new-cluster"));
  config_.new_cluster = true;
  FirstSlots told(config_);
  EXPECT_TRUE(take(told));
}

TEST_F(FirstSlotsOfAFile, WhereSlotsWereOwnedBeforeTheWayOutIsTold) {
  config_.founding->no_longer_fresh();
  FirstSlots slots(config_);
  rows_[1].informed = false;
  view_.nodes[1].state = cluster::NodeState::down;
  EXPECT_THAT(slots.about_unowned(view_, NodeDirectory(0, rows_)),
              HasSubstr("if it and its disk are lost, `limpet cluster claim b`"));
}

}  // namespace
}  // namespace limpet::ownership
