#include <gtest/gtest.h>

#include <limpet/cluster/view.hpp>
#include <numeric>

namespace limpet::cluster {
namespace {

// A cluster whose nodes are called n1, n2, ... and have these weights.
View view_of(const std::vector<const char*>& weights, std::uint64_t epoch = 1, const char* name = "demo") {
  std::string text = "epoch = " + std::to_string(epoch) + "\n[cluster]\nname = \"" + name + "\"\n";
  for (std::size_t i = 1; i <= weights.size(); ++i) {
    const std::string number = std::to_string(i);
    text += "[[node]]\nname = \"n" + number + "\"\nclient = \"h:" + number + "\"\npeer = \"p:" + number +
            "\"\nweight = " + weights[i - 1] + "\n";
  }
  auto file = parse_file(text, "test.toml");
  EXPECT_TRUE(file) << (file ? "" : file.error().text);
  return file ? file->view : View{};
}

std::string refusal(const View& now, const View& next) {
  const auto allowed = check_successor(now, next);
  return allowed ? "" : allowed.error().text;
}

std::uint32_t total(const std::vector<PlannedNode>& nodes) {
  return std::accumulate(nodes.begin(), nodes.end(), 0u,
                         [](std::uint32_t sum, const PlannedNode& node) { return sum + node.slots; });
}

TEST(SingleNode, IsNamedLimpetAndOwnsEverySlot) {
  const View view = single_node({"127.0.0.1", 7379}, Durability::none);
  EXPECT_EQ(view.find("limpet"), NodeIndex{0});
  EXPECT_EQ(view.nodes[0].client.text(), "127.0.0.1:7379");
  EXPECT_EQ(view.nodes[0].peer, std::nullopt);
  EXPECT_EQ(view.durability, Durability::none);
  for (unsigned slot = 0; slot < kSlots; ++slot) ASSERT_EQ(view.owner(static_cast<Slot>(slot)), 0);
  EXPECT_NE(view.content_digest, 0u);
  EXPECT_EQ(single_node({"127.0.0.1", 7379}, Durability::always).durability, Durability::always);
}

TEST(View, FindsNodesByName) {
  const View view = view_of({"1", "1"});
  EXPECT_EQ(view.find("n2"), NodeIndex{1});
  EXPECT_EQ(view.find("N2"), std::nullopt);
  EXPECT_EQ(view.find(""), std::nullopt);
}

TEST(View, CountsTheSlotsOfEveryNode) {
  const auto slots = view_of({"1", "1", "0"}).slots_per_node();
  ASSERT_EQ(slots.size(), 3u);
  EXPECT_EQ(slots[0] + slots[1], kSlots);
  EXPECT_EQ(slots[2], 0u);
}

TEST(CheckSuccessor, AllowsAHigherEpochWithAnyContent) {
  EXPECT_EQ(refusal(view_of({"1", "1"}, 4), view_of({"1"}, 5)), "");
  EXPECT_EQ(refusal(view_of({"1"}, 4), view_of({"1"}, 400)), "");
}

TEST(CheckSuccessor, AllowsTheSameAgain) { EXPECT_EQ(refusal(view_of({"1"}, 4), view_of({"1"}, 4)), ""); }

TEST(CheckSuccessor, RefusesAnEpochThatGoesBackAndSaysHowToDoIt) {
  const std::string text = refusal(view_of({"1"}, 4), view_of({"1"}, 3));
  EXPECT_NE(text.find("the file has epoch 3, older than 4 in force"), std::string::npos) << text;
  EXPECT_NE(text.find("above 4"), std::string::npos) << text;
}

TEST(CheckSuccessor, RefusesOtherContentAtTheSameEpoch) {
  const std::string text = refusal(view_of({"1"}, 4), view_of({"2"}, 4));
  EXPECT_NE(text.find("raise the epoch"), std::string::npos) << text;
}

TEST(CheckSuccessor, RefusesTheFileOfAnotherCluster) {
  const std::string text = refusal(view_of({"1"}, 4, "demo"), view_of({"1"}, 5, "shop"));
  EXPECT_NE(text.find("cluster 'shop'"), std::string::npos) << text;
}

TEST(Plan, OfNoChangeMovesNothing) {
  const View view = view_of({"1", "1", "1"});
  const Plan same = plan(view, view);
  EXPECT_EQ(same.moved_slots, 0u);
  EXPECT_EQ(same.least_possible, 0u);
}

TEST(Plan, ForANewNodeMovesLittleMoreThanItsShare) {
  const View before = view_of({"1", "1", "1"});
  const View after = view_of({"1", "1", "1", "1"});
  const Plan grow = plan(before, after);
  EXPECT_EQ(grow.least_possible, after.slots_per_node()[3]);
  EXPECT_GE(grow.moved_slots, grow.least_possible);
  EXPECT_LE(grow.moved_slots, grow.least_possible * 11 / 10);
  ASSERT_EQ(grow.after.size(), 4u);
  EXPECT_EQ(grow.after[3].name, "n4");
  EXPECT_EQ(total(grow.before), kSlots);
  EXPECT_EQ(total(grow.after), kSlots);
}

TEST(Plan, ForANodeThatGoesMovesAtLeastWhatItHeld) {
  const View before = view_of({"1", "1", "1"});
  const View after = view_of({"1", "1"});
  const Plan shrink = plan(before, after);
  EXPECT_EQ(shrink.least_possible, before.slots_per_node()[2]);
  EXPECT_LE(shrink.moved_slots, shrink.least_possible * 11 / 10);
}

TEST(Plan, GoesByNameNotByPlaceInTheFile) {
  View before = view_of({"1", "2"});
  View after = before;
  std::swap(after.nodes[0], after.nodes[1]);
  for (NodeIndex& owner : after.placement) owner = owner == 0 ? 1 : 0;
  EXPECT_EQ(plan(before, after).moved_slots, 0u);
}

TEST(Plan, BetweenStrangersMovesEverything) {
  const Plan all = plan(single_node({"h", 1}, Durability::none), view_of({"1", "1"}));
  EXPECT_EQ(all.moved_slots, kSlots);
  EXPECT_EQ(all.least_possible, kSlots);
}

}  // namespace
}  // namespace limpet::cluster
