// A command on several sessions is cut where its keys' sessions part.
#include <gtest/gtest.h>

#include <limpet/gather/split_keys.hpp>
#include <string>
#include <vector>

namespace limpet::gather {
namespace {

struct Cut {
  Slot slot;
  std::vector<std::uint32_t> keys;
  std::vector<std::string> words;
};

std::vector<Cut> cut(std::vector<std::string_view> args) {
  std::vector<Cut> cuts;
  SplitKeys(*command::find(args[0]), args)
      .each_part([&](Slot slot, std::span<const std::uint32_t> keys, command::Args words) {
        cuts.push_back({slot, {keys.begin(), keys.end()}, {words.begin(), words.end()}});
      });
  return cuts;
}

using Named = std::vector<std::string>;
using Places = std::vector<std::uint32_t>;

// b is in slot 3300, bar in 5061, foo in 12182.
TEST(SplitKeys, KeysOfASlotStandTogetherInTheirOrder) {
  const std::vector<Cut> cuts = cut({"MGET", "foo", "{b}2", "bar", "{b}1"});
  ASSERT_EQ(cuts.size(), 3U);
  EXPECT_EQ(cuts[0].slot, slot_of("b"));
  EXPECT_EQ(cuts[0].keys, (Places{1, 3}));
  EXPECT_EQ(cuts[0].words, (Named{"MGET", "{b}2", "{b}1"}));
  EXPECT_EQ(cuts[1].words, (Named{"MGET", "bar"}));
  EXPECT_EQ(cuts[2].words, (Named{"MGET", "foo"}));
}

TEST(SplitKeys, EachKeyTakesItsValueAlong) {
  const std::vector<Cut> cuts = cut({"MSET", "foo", "1", "bar", "2"});
  ASSERT_EQ(cuts.size(), 2U);
  EXPECT_EQ(cuts[0].words, (Named{"MSET", "bar", "2"}));
  EXPECT_EQ(cuts[1].words, (Named{"MSET", "foo", "1"}));
}

TEST(SplitKeys, AKeyThatIsNamedTwiceIsAskedForTwice) {
  const std::vector<Cut> cuts = cut({"DEL", "foo", "foo"});
  ASSERT_EQ(cuts.size(), 1U);
  EXPECT_EQ(cuts[0].keys, (Places{0, 1}));
}

}  // namespace
}  // namespace limpet::gather
