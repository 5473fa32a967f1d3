// Whoever subscribes sees each change once, whole and in order, whether a journal is kept or not.
#include <limpet/base/limits.hpp>
#include <utility>

#include "an_engine.hpp"

namespace limpet::engine {
namespace {

// Does to a store of its own what it is told of.
class Mirror final : public ChangeFeed::Subscriber {
 public:
  void changed(Slot slot, std::string_view effects, Lsn end) override {
    EXPECT_GT(end, last);
    last = end;
    ++runs;
    longest = std::max(longest, effects.size());
    EXPECT_TRUE(store::apply(store, slot, effects, 0));
  }
  [[nodiscard]] std::string value_of(std::string_view key) {
    const auto item = store.find(KeyRef::of(key), 0);
    return item ? std::string(item.string()) : "(none)";
  }
  store::Store store{1};
  Lsn last = 0;
  int runs = 0;
  std::size_t longest = 0;
};

class Feed : public ::testing::TestWithParam<bool> {
 protected:
  Engine engine{{.table_seed = 1, .journal = GetParam() ? std::optional(kStreamOfTest) : std::nullopt}};
};
INSTANTIATE_TEST_SUITE_P(JournalAndNone, Feed, ::testing::Bool(),
                         [](const auto& with) { return with.param ? "journal" : "none"; });

TEST_P(Feed, TellsEachSubscriberOfEachChangeFromThenOn) {
  Mirror first;
  Mirror second;
  run(engine, "SET a 1");
  engine.feed().subscribe(first);
  run(engine, "SET b 2");
  engine.feed().subscribe(second);
  run(engine, "SET c 3");
  run(engine, "GET c");
  engine.feed().unsubscribe(first);
  run(engine, "SET d 4");
  EXPECT_EQ(first.value_of("a") + first.value_of("b") + first.value_of("c") + first.value_of("d"),
            "(none)23(none)");
  EXPECT_EQ(second.value_of("b") + second.value_of("c") + second.value_of("d"), "(none)34");
  EXPECT_EQ(std::pair(first.runs, second.runs), std::pair(2, 2));
}

TEST_P(Feed, ARunIsOneCommandInOneSlotAndItsEndIsThatOfTheSlot) {
  Mirror mirror;
  engine.feed().subscribe(mirror);
  run(engine, "MSET {u}a 1 {u}b 2 {u}c 3");
  EXPECT_EQ(mirror.runs, 1);
  EXPECT_EQ(engine.feed().end_of(slot_of("{u}")), mirror.last);
  EXPECT_EQ(engine.feed().end(), mirror.last);
  run(engine, "SET other 1");
  EXPECT_EQ(mirror.runs, 2);
  EXPECT_LT(engine.feed().end_of(slot_of("{u}")), engine.feed().end_of(slot_of("other")));
}

TEST_P(Feed, ALongOneIsCutInTheSameWay) {
  Mirror mirror;
  engine.feed().subscribe(mirror);
  std::string line = "HSET {u}h";
  const std::string value(kRecordSplitBytes / 4, 'x');
  for (int i = 0; i < 12; ++i) line += " f" + std::to_string(i) + " " + value;
  run(engine, line);
  EXPECT_GE(mirror.runs, 3);
  EXPECT_LT(mirror.longest, 2 * kRecordSplitBytes);
  EXPECT_EQ(mirror.store.stats().keys, 1U);
}

TEST_P(Feed, WhatIsLoadedIsNoChange) {
  Mirror mirror;
  engine.feed().subscribe(mirror);
  Bytes effects;
  store::EffectWriter writer;
  writer.begin(effects);
  writer.put_string("a", "1", kNoExpiry);
  EXPECT_TRUE(engine.load(slot_of("a"), effects.view(), {}));
  EXPECT_EQ(mirror.runs, 0);
  EXPECT_EQ(engine.feed().end(), 0U);
  EXPECT_EQ(run(engine, "APPEND a 2").reply, ":2\r\n");
  EXPECT_EQ(mirror.runs, 1);
}

TEST_P(Feed, BytesThatAreNoEffectsLeaveNothingOfTheSlot) {
  run(engine, "SET a 1");
  EXPECT_FALSE(engine.load(slot_of("a"), "nonsense", {}));
  EXPECT_EQ(run(engine, "GET a").reply, "$-1\r\n");
}

TEST(FeedWithoutAJournal, WritesNothingDownWhileNobodyListens) {
  Engine engine({.table_seed = 1});
  EXPECT_FALSE(engine.feed().records());
  run(engine, "SET a 1");
  EXPECT_EQ(engine.feed().end(), 0U);
}

}  // namespace
}  // namespace limpet::engine
