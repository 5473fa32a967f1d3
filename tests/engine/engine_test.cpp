// Commands are run, counted and bounded, and say how much must be safe before their replies leave.
#include <limpet/base/limits.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/command/relocate.hpp>

#include "an_engine.hpp"

namespace limpet::engine {
namespace {

class WithJournal : public ::testing::Test {
 protected:
  Engine engine{{.table_seed = 1, .journal = kStreamOfTest}};
  [[nodiscard]] bool waits(Lsn lsn) const { return lsn > engine.durability().safe(); }
};

TEST_F(WithJournal, TheReplyOfAWriteWaitsForItsChange) {
  const Ran set = run(engine, "SET a 1");
  EXPECT_EQ(set.reply, "+OK\r\n");
  EXPECT_EQ(set.lsn, engine.feed().end());
  EXPECT_TRUE(waits(set.lsn));
  write_all(engine);
  EXPECT_FALSE(waits(set.lsn));
}

TEST_F(WithJournal, WhatChangesNothingWaitsForNothing) {
  EXPECT_EQ(run(engine, "DEL a").lsn, 0U);
  EXPECT_EQ(run(engine, "SET a 1 XX").lsn, 0U);
  EXPECT_FALSE(engine.has_changes());
}

TEST_F(WithJournal, AReadWaitsForTheLastChangeOfItsSlotAlone) {
  const Ran first = run(engine, "SET a 1");
  const Ran second = run(engine, "SET b 1");
  ASSERT_LT(first.lsn, second.lsn);
  EXPECT_EQ(run(engine, "GET a").lsn, first.lsn);
  EXPECT_EQ(run(engine, "GET c").lsn, 0U);
  EXPECT_EQ(run(engine, "MGET {x}1 {x}2").lsn, 0U);
  write_all(engine);
  EXPECT_FALSE(waits(run(engine, "GET b").lsn));
}

TEST_F(WithJournal, AReplyWaitsForEverybodyWhoIsToConfirm) {
  const auto follower = engine.durability().join(engine.feed().end());
  const Lsn lsn = run(engine, "SET a 1").lsn;
  write_all(engine);
  EXPECT_TRUE(waits(lsn)) << "it is on the disk, and nowhere else";
  EXPECT_TRUE(waits(run(engine, "GET a").lsn));
  engine.durability().confirm(follower, lsn);
  EXPECT_FALSE(waits(lsn));
}

TEST(Durable, ARefusalNamesWhoDoesNotKeepUp) {
  Durability durability;
  const auto disk = durability.join(0);
  const auto followers = durability.join(0, "followers do");
  durability.confirm(followers, 10);
  EXPECT_EQ(durability.refusal(), "BUSY the disk does not keep up with what is written; try again later");
  durability.confirm(disk, 20);
  EXPECT_EQ(durability.refusal(), "BUSY followers do not keep up with what is written; try again later");
}

TEST_F(WithJournal, UnderTroubleWritesAreRefusedAndSoAreReadsThatWouldWait) {
  run(engine, "SET a 1");
  engine.durability().set_trouble("no room");
  EXPECT_EQ(run(engine, "SET b 1").reply, "-MISCONF no room: writes are refused, reads go on\r\n");
  const Ran read = run(engine, "GET a");
  EXPECT_EQ(read.reply, "-MISCONF no room: what is asked for has changes that wait for the disk\r\n");
  EXPECT_EQ(read.lsn, 0U);
  EXPECT_EQ(run(engine, "GET b").reply, "$-1\r\n");
}

TEST_F(WithJournal, AStepWaitsAsTheCommandsThatClientsSend) {
  run(engine, "SET a 1");
  write_all(engine);
  const std::vector<std::string_view> args{command::kStepRead, "a"};
  Bytes out;
  const Executed read = engine.run_step(args, "a", resp::Version::resp2, out, {});
  EXPECT_FALSE(waits(read.reply_lsn));
  EXPECT_FALSE(out.empty());
  engine.durability().set_trouble("no room");
  const std::vector<std::string_view> write{command::kStepWrite, "b", "x"};
  out.clear();
  (void)engine.run_step(write, "b", resp::Version::resp2, out, {});
  EXPECT_EQ(out.view().substr(0, 9), "-MISCONF ");
}

TEST_F(WithJournal, AMarkGoesAlongWithChangesAndMakesNoneOfItsOwn) {
  run(engine, "SET a 1");  // with the boot, before the slot's first change
  const std::size_t first = engine.take_changes().size();
  run(engine, "SET a 1");
  const std::size_t alone = engine.take_changes().size();
  engine.durability().synced(first + alone);
  EXPECT_FALSE(engine.has_changes());
  run(engine, "SET a 1");
  EXPECT_GT(engine.take_changes().size(), alone) << "with the mark";
  run(engine, "SET a 1");
  EXPECT_EQ(engine.take_changes().size(), alone);
  EXPECT_FALSE(engine.take_last_changes().empty()) << "the last mark";
  engine.durability().fail("gone");
  EXPECT_TRUE(engine.take_last_changes().empty());
}

TEST(WithoutAJournal, NothingWaitsUnlessSomebodyIsToConfirm) {
  Engine engine({.table_seed = 1});
  EXPECT_EQ(run(engine, "SET a 1").lsn, 0U);
  struct Follower final : ChangeFeed::Subscriber {
    void changed(Slot, std::string_view, Lsn end) override { has = end; }
    Lsn has = 0;
  } follower;
  engine.feed().subscribe(follower);
  const auto confirms = engine.durability().join(engine.feed().end());
  const Lsn lsn = run(engine, "SET a 2").lsn;
  EXPECT_GT(lsn, engine.durability().safe());
  EXPECT_EQ(run(engine, "GET a").lsn, lsn);
  engine.durability().confirm(confirms, follower.has);
  EXPECT_LE(lsn, engine.durability().safe());
}

TEST(Bounds, AWriteWithoutRoomIsRefusedOrIdleSessionsMakeRoomForIt) {
  Engine engine({.table_seed = 1});
  for (int i = 0; i < 100; ++i)
    run(engine, "SET k" + std::to_string(i) + " " + std::string(1'000, 'x') + " EX 100");
  const std::uint64_t bytes = engine.store().stats().bytes;
  engine.set_memory({.max = bytes, .evict = false});
  EXPECT_EQ(run(engine, "SET new " + std::string(5'000, 'x')).reply.substr(0, 5), "-OOM ");
  EXPECT_EQ(run(engine, "GET k1").reply.substr(0, 5), "$1000") << "reads go on";
  engine.set_memory({.max = bytes, .evict = true});
  EXPECT_EQ(run(engine, "SET new " + std::string(5'000, 'x')).reply, "+OK\r\n");
  EXPECT_LE(engine.store().stats().bytes, bytes + 6'000);
  EXPECT_LT(engine.store().stats().keys, 101U);
}

TEST(Bounds, WhatComesFromAnotherNodeIsTakenInAtTheCostOfIdleSessionsAlone) {
  Engine engine({.table_seed = 1});
  for (int i = 0; i < 100; ++i)
    run(engine, "SET k" + std::to_string(i) + " " + std::string(1'000, 'x') + " EX 100");
  EXPECT_TRUE(engine.takes_in(1'000'000, {})) << "there is no bound";
  const std::uint64_t bytes = engine.store().stats().bytes;
  engine.set_memory({.max = bytes + 100, .evict = false});
  EXPECT_TRUE(engine.takes_in(100, {}));
  EXPECT_FALSE(engine.takes_in(101, {}));
  engine.set_memory({.max = bytes + 100, .evict = true});
  EXPECT_TRUE(engine.takes_in(10'000, {}));
  EXPECT_LT(engine.store().stats().bytes, bytes);
}

TEST(Bounds, AReplyThatIsTooLongIsAnErrorInItsStead) {
  Engine engine({.table_seed = 1});
  const std::string value(kBulkBytesMax / 2, 'x');
  for (int i = 0; i < 8; ++i) run(engine, "SET {u}" + std::to_string(i) + " " + value);
  std::string line = "MGET";
  for (std::size_t i = 0; i * value.size() <= kReplyBytesMax; ++i) line += " {u}" + std::to_string(i % 8);
  EXPECT_EQ(run(engine, line).reply, "-" + std::string(command::kReplyTooLong) + "\r\n");
}

std::uint64_t ticks = 0;
std::uint64_t ticks_ns() { return ticks += 500; }

TEST(Counts, WhatWasExecutedRefusedAndAnsweredWithAnError) {
  Engine engine({.table_seed = 1, .ticks_ns = ticks_ns});
  run(engine, "SET a x");
  run(engine, "INCR a");
  for (int i = 0; i < 200; ++i) run(engine, "GET a");
  run(engine, "GET b");
  const command::Spec& set = *command::find("SET");
  const command::Spec& get = *command::find("GET");
  const std::vector<std::string_view> args{"SET", "a", "y"};
  Bytes out;
  engine.refuse({set, args, resp::Version::resp2}, "ERR no", out);
  const CommandStats& stats = engine.stats();
  EXPECT_EQ(stats.counts()[command::index_of(get)].calls, 201U);
  EXPECT_EQ(stats.counts()[command::index_of(set)].rejected, 1U);
  EXPECT_EQ(stats.counts()[command::index_of(*command::find("INCR"))].failed, 1U);
  EXPECT_EQ(stats.errors(), 2U);
  EXPECT_EQ(stats.lookups().hits, 200U);
  EXPECT_EQ(stats.lookups().misses, 1U);
  EXPECT_EQ(stats.operations(), 203U);
  EXPECT_EQ(stats.latencies().total_ns, 4 * 64 * 500U) << "one in 64 is timed, and counts for all of them";
  engine.stats().reset();
  EXPECT_EQ(stats.errors() + stats.operations() + stats.lookups().hits, 0U);
}

}  // namespace
}  // namespace limpet::engine
