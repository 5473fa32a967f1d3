#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/command/scan.hpp>
#include <set>

#include "command_fixture.hpp"

namespace limpet::command {
namespace {

class ScanTest : public CommandTest {
 protected:
  // One part: the keys, and where to go on; between them stand the slots that were walked.
  struct Step {
    std::string slot;
    std::string position;
    std::vector<std::string> keys;
  };
  Step step(std::string_view from, std::string_view position, std::string_view until, std::string_view count,
            std::string_view pattern = "*", std::string_view type = "") {
    const std::string bytes = raw({"SCAN", from, position, until, count, pattern, type});
    const auto value = resp::read_value(bytes);
    if (!value || value->elements.size() < 3) return {"no reply", bytes, {}};
    Step result{value->elements[0].text, value->elements[1].text, {}};
    for (std::size_t i = 3; i < value->elements.size(); ++i) result.keys.push_back(value->elements[i].text);
    return result;
  }
  // All parts until the end.
  std::multiset<std::string> walk(std::string_view count, std::string_view pattern = "*",
                                  std::string_view type = "") {
    std::multiset<std::string> keys;
    Step at{"0", "0", {}};
    while (at.slot != "16384") {
      at = step(at.slot, at.position, "16384", count, pattern, type);
      keys.insert(at.keys.begin(), at.keys.end());
      if (at.slot == "no reply") break;
    }
    return keys;
  }
};

TEST_F(ScanTest, EmptyStoreIsDoneInOneStep) {
  const Step only = step("0", "0", "16384", "10");
  EXPECT_EQ(only.slot, "16384");
  EXPECT_EQ(only.position, "0");
  EXPECT_TRUE(only.keys.empty());
}

TEST_F(ScanTest, EveryKeyComesExactlyOnceWhateverTheCount) {
  std::multiset<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    const std::string key = "key:" + std::to_string(i) + (i % 3 == 0 ? "{one}" : "");
    expected.insert(key);
    run({"SET", key, "v"});
  }
  for (const auto count : {"1", "7", "100", "10000"}) EXPECT_EQ(walk(count), expected) << count;
}

TEST_F(ScanTest, CountIsWhatIsVisitedNotWhatPasses) {
  for (int i = 0; i < 100; ++i) run({"SET", "a" + std::to_string(i), "v"});
  const Step first = step("0", "0", "16384", "10", "nosuch*");
  EXPECT_TRUE(first.keys.empty());
  EXPECT_NE(first.slot, "16384");
}

TEST_F(ScanTest, OnlyTheSlotsOfTheRangeAreVisited) {
  run({"SET", "k", "v"});
  const std::string slot = std::to_string(slot_of("k"));
  const std::string next = std::to_string(slot_of("k") + 1);
  EXPECT_TRUE(step("0", "0", slot, "10").keys.empty());
  EXPECT_EQ(step("0", "0", slot, "10").slot, slot);
  EXPECT_EQ(step(slot, "0", next, "10").keys, std::vector<std::string>{"k"});
  EXPECT_TRUE(step(next, "0", "16384", "10").keys.empty());
}

TEST_F(ScanTest, PatternAndTypeFilter) {
  run({"MSET", "user:1", "v", "user:2", "v", "other", "v"});
  run({"HSET", "user:h", "f", "v"});
  EXPECT_EQ(walk("10", "user:?"), (std::multiset<std::string>{"user:1", "user:2", "user:h"}));
  EXPECT_EQ(walk("10", "user:*", "hash"), (std::multiset<std::string>{"user:h"}));
  EXPECT_EQ(walk("10", "*", "STRING"), (std::multiset<std::string>{"user:1", "user:2", "other"}));
  EXPECT_TRUE(walk("10", "*", "list").empty());
}

TEST_F(ScanTest, ExpiredKeysArePassedOver) {
  run({"SET", "k", "v", "PX", "10"});
  advance(10);
  EXPECT_TRUE(walk("10").empty());
}

TEST_F(ScanTest, PartsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(run({"SCAN", "0", "0", "16385", "10", "", ""}), "-ERR syntax error");
  EXPECT_EQ(run({"SCAN", "2", "0", "1", "10", "", ""}), "-ERR syntax error");
  EXPECT_EQ(run({"SCAN", "0", "0", "1", "0", "", ""}), "-ERR syntax error");
  EXPECT_EQ(run({"SCAN", "x", "0", "1", "10", "", ""}), "-ERR syntax error");
  EXPECT_EQ(run({"SCAN", "0"}), "-ERR syntax error");
}

std::string_view parsed(std::initializer_list<std::string_view> words, ScanRequest& request) {
  const std::vector<std::string_view> args(words);
  return parse_scan(args, request);
}

TEST(ParseScanTest, ReadsAllOptions) {
  ScanRequest request;
  EXPECT_EQ(parsed({"SCAN", "42"}, request), "");
  EXPECT_EQ(request.cursor, 42U);
  EXPECT_EQ(request.count, 10U);
  EXPECT_EQ(parsed({"SCAN", "0", "match", "a*", "COUNT", "100", "TYPE", "hash"}, request), "");
  EXPECT_EQ(request.pattern, "a*");
  EXPECT_EQ(request.count, 100U);
  EXPECT_EQ(request.type, "hash");
  EXPECT_EQ(parsed({"SCAN", "0", "MATCH", ""}, request), "");
  EXPECT_EQ(request.pattern, "") << "the key whose name is empty, and no other";
  EXPECT_EQ(parsed({"SCAN", "0", "COUNT", "999999999"}, request), "");
  EXPECT_EQ(request.count, kScanCountMax);
}

TEST(ParseScanTest, RefusesWhatRedisRefuses) {
  ScanRequest request;
  EXPECT_EQ(parsed({"SCAN", "x"}, request), "ERR invalid cursor");
  EXPECT_EQ(parsed({"SCAN", "0", "MATCH"}, request), "ERR syntax error");
  EXPECT_EQ(parsed({"SCAN", "0", "nosuch", "1"}, request), "ERR syntax error");
  EXPECT_EQ(parsed({"SCAN", "0", "COUNT", "0"}, request), "ERR syntax error");
  EXPECT_EQ(parsed({"SCAN", "0", "COUNT", "x"}, request), "ERR value is not an integer or out of range");
  const std::string long_pattern(kGlobBytesMax + 1, '*');
  EXPECT_EQ(parsed({"SCAN", "0", "MATCH", long_pattern}, request), "ERR pattern is too long");
}

}  // namespace
}  // namespace limpet::command
