#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/cluster/members.hpp>

namespace limpet::cluster {
namespace {

View file(std::string_view extra_of_n2 = "", int nodes = 3) {
  std::string text = "epoch = 1\n[cluster]\nname = \"c\"\n";
  for (int i = 1; i <= nodes; ++i) {
    const std::string n = std::to_string(i);
    text += "[[node]]\nname = \"n" + n + "\"\nclient = \"h" + n + ":1\"\npeer = \"h" + n + ":2\"\n";
    if (i == 2) text += extra_of_n2;
  }
  return parse_file(text, "file")->view;
}

Members members_of(View view) {
  Members members;
  EXPECT_TRUE(members.set_file(std::move(view)));
  return members;
}

std::uint32_t slots_of(const View& view, std::string_view name) {
  return view.slots_per_node()[*view.find(name)];
}

TEST(State, ADrainingNodeIsPlacedAsOneOfWeightZeroSoThatItsRemovalMovesNothingMore) {
  const View draining = file("state = \"draining\"\n");
  EXPECT_EQ(slots_of(draining, "n2"), 0U);
  EXPECT_EQ(draining.placement, file("weight = 0\n").placement);
}

TEST(State, OfANodeThatIsDownOnlyItsOwnSlotsMove) {
  const View up = file();
  const View down = file("state = \"down\"\n");
  EXPECT_EQ(slots_of(down, "n2"), 0U);
  EXPECT_EQ(plan(up, down).moved_slots, slots_of(up, "n2"));
  EXPECT_NE(up.placement_digest, down.placement_digest);
  EXPECT_NE(up.content_digest, down.content_digest);
}

TEST(State, IsToldApartInTheDigestAndUpIsAsIfNothingWereSaid) {
  EXPECT_EQ(file().content_digest, file("state = \"up\"\n").content_digest);
  EXPECT_NE(file("state = \"down\"\n").content_digest, file("state = \"draining\"\n").content_digest);
}

TEST(Leaving, IsPlacedLikeDownButTheFileAloneDecidesWhoseTheSlotsAre) {
  Members members = members_of(file());
  const View before = members.view();
  EXPECT_TRUE(members.told("n2", {5, 1, true}));
  const View meanwhile = members.view();
  EXPECT_EQ(slots_of(meanwhile, "n2"), 0U);
  EXPECT_EQ(meanwhile.placement, file("state = \"down\"\n").placement);
  EXPECT_EQ(meanwhile.home, before.placement);
  EXPECT_EQ(meanwhile.placement_digest, before.placement_digest);
  EXPECT_TRUE(meanwhile.nodes[*meanwhile.find("n2")].leaving);
}

// The first word over a link to a life of a node.
LeaveWord first(std::uint64_t boot, std::uint32_t change, bool leaving) {
  return {.boot = boot, .change = change, .leaving = leaving, .first = true};
}

TEST(Leaving, EndsWithAnotherBootAndNotWithWordsThatComeLate) {
  Members members = members_of(file());
  EXPECT_FALSE(members.told("n2", first(5, 0, false)));
  EXPECT_TRUE(members.told("n2", {5, 1, true}));
  EXPECT_FALSE(members.told("n2", {5, 1, true}));
  EXPECT_FALSE(members.told("n2", first(5, 0, false))) << "said before, over another link";
  EXPECT_TRUE(members.told("n2", first(6, 0, false)));
  EXPECT_FALSE(members.told("n2", {5, 1, true})) << "of the boot before";
  EXPECT_TRUE(members.told("n2", {6, 1, true}));
  EXPECT_TRUE(members.told("n2", first(1, 0, false))) << "began again with an empty disk";
  EXPECT_FALSE(members.told("n2", {6, 1, true})) << "of the boot before";
  EXPECT_TRUE(members.told("n2", {1, 1, true}));
}

// What it said meanwhile was not heard.
TEST(Leaving, IsBelievedOfALifeWithALowerBootWhoseBeginningWasMissed) {
  Members members = members_of(file());
  EXPECT_TRUE(members.told("n2", first(6, 1, true)));
  EXPECT_TRUE(members.told("n2", {6, 2, false}));
  EXPECT_TRUE(members.told("n2", first(2, 1, true)))
      << "an old copy of its directory was started, and drained";
  EXPECT_EQ(slots_of(members.view(), "n2"), 0U);
  EXPECT_FALSE(members.told("n2", {6, 2, false})) << "of the life before";
  EXPECT_FALSE(members.told("n2", first(2, 1, true))) << "the same, over another link";
  EXPECT_EQ(slots_of(members.view(), "n2"), 0U);
  EXPECT_TRUE(members.told("n2", {2, 2, false}));
}

// A shard that has not read on yet hears the life before; then it hears the present one, as the others do.
TEST(Leaving, OfALifeThatIsOverEndsWithTheNextLink) {
  Members members = members_of(file());
  EXPECT_TRUE(members.told("n2", first(2, 1, true)));
  EXPECT_TRUE(members.told("n2", first(6, 0, false))) << "it comes late";
  EXPECT_TRUE(members.told("n2", first(2, 1, true)));
  EXPECT_EQ(slots_of(members.view(), "n2"), 0U);
}

TEST(Leaving, IsTakenBackWithinABootWhateverTheOrderInWhichItIsHeard) {
  Members members = members_of(file());
  EXPECT_TRUE(members.told("n2", {5, 1, true}));
  EXPECT_TRUE(members.told("n2", {5, 2, false}));
  EXPECT_EQ(members.view().placement, members.view().home);
  EXPECT_FALSE(members.told("n2", {5, 1, true})) << "said before, over another link";
  EXPECT_EQ(members.view().placement, members.view().home);
  EXPECT_TRUE(members.told("n2", {5, 3, true}));
  EXPECT_FALSE(members.told("n2", {5, 2, false})) << "said before, over another link";
  EXPECT_FALSE(members.told("n2", {4, 2, false})) << "of the boot before";
  EXPECT_TRUE(members.told("n2", first(6, 0, false)));
}

TEST(Leaving, ThatWasTakenBackBeforeItWasHeardOfIsNoNewsAnyMore) {
  Members members = members_of(file());
  EXPECT_FALSE(members.told("n2", {5, 2, false}));
  EXPECT_FALSE(members.told("n2", {5, 1, true}));
  EXPECT_EQ(members.view().placement, members.view().home);
}

TEST(Guests, OnlyAFileAddsAsManyNodesAsItLikes) {
  Members members = members_of(file());
  const auto introduce = [&](std::size_t i) {
    return members.introduce("guest" + std::to_string(i), {"h", 1}, {"h", static_cast<std::uint16_t>(i)});
  };
  for (std::size_t i = 1; i <= kGuestsMax; ++i) EXPECT_TRUE(introduce(i));
  EXPECT_FALSE(members.may_add_guest());
  EXPECT_FALSE(introduce(kGuestsMax + 1));
  EXPECT_FALSE(members.view().find("guest" + std::to_string(kGuestsMax + 1)));
  EXPECT_TRUE(members.introduce("guest1", {"elsewhere", 1}, {"elsewhere", 2}))
      << "one that is known may move";
  ASSERT_TRUE(members.set_file(file("", 5)));
  EXPECT_TRUE(members.view().find("n5"));
}

// It may come back before a file names it again.
TEST(Leaving, IsKnownOfANodeThatTheFileDoesNotName) {
  Members members = members_of(file());
  EXPECT_TRUE(members.told("n3", {5, 1, true}));
  ASSERT_TRUE(members.set_file(file("", 2)));
  const View without = members.view();
  EXPECT_TRUE(without.nodes[*without.find("n3")].leaving);
  EXPECT_TRUE(members.told("n3", first(6, 0, false)));
  ASSERT_TRUE(members.set_file(file()));
  EXPECT_GT(slots_of(members.view(), "n3"), 0U);
}

TEST(Leaving, WhereAllLeaveNothingMoves) {
  Members members = members_of(file("", 2));
  const View before = members.view();
  EXPECT_TRUE(members.told("n1", {1, 1, true}));
  EXPECT_TRUE(members.told("n2", {1, 1, true}));
  EXPECT_EQ(members.view().placement, before.placement);
}

}  // namespace
}  // namespace limpet::cluster
