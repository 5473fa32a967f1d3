#include "command_fixture.hpp"

namespace limpet::command {
namespace {

using KeysTest = CommandTest;

TEST_F(KeysTest, DelAndUnlinkCountWhatWasThere) {
  run({"MSET", "a", "1", "b", "2", "c", "3"});
  EXPECT_EQ(run({"DEL", "a", "a", "nosuch"}), "1");
  EXPECT_EQ(run({"UNLINK", "b", "c"}), "2");
  EXPECT_EQ(store_.stats().keys, 0U);
}

TEST_F(KeysTest, ExistsAndTouchCountAKeyAsOftenAsItIsNamed) {
  run({"SET", "a", "1"});
  EXPECT_EQ(run({"EXISTS", "a", "a", "nosuch"}), "2");
  EXPECT_EQ(run({"TOUCH", "a", "nosuch"}), "1");
}

TEST_F(KeysTest, ExpiredKeysDoNotCount) {
  run({"SET", "a", "1", "PX", "10"});
  advance(10);
  EXPECT_EQ(run({"EXISTS", "a"}), "0");
  EXPECT_EQ(run({"DEL", "a"}), "0");
}

TEST_F(KeysTest, TypeNamesTheType) {
  run({"SET", "s", "1"});
  run({"HSET", "h", "f", "v"});
  EXPECT_EQ(run({"TYPE", "s"}), "string");
  EXPECT_EQ(run({"TYPE", "h"}), "hash");
  EXPECT_EQ(raw({"TYPE", "nosuch"}), "+none\r\n");
}

TEST_F(KeysTest, FlushDropsEverything) {
  for (const auto name : {"FLUSHALL", "FLUSHDB"}) {
    run({"MSET", "a", "1", "b", "2"});
    EXPECT_EQ(run({name, "nosuch"}), "-ERR syntax error");
    const std::string more_than_all_slots(kSlots / 8 + 1, 'x');
    EXPECT_EQ(run({name, "ASYNC", more_than_all_slots}), "-ERR syntax error");
    EXPECT_EQ(store_.stats().keys, 2U);
    EXPECT_EQ(run({name, "async"}), "OK");
    EXPECT_EQ(store_.stats().keys, 0U);
    EXPECT_EQ(run({name, "SYNC"}), "OK");
    EXPECT_EQ(run({name}), "OK");
  }
}

class ExpiryTest : public CommandTest {
 protected:
  void SetUp() override { run({"SET", "k", "v"}); }
};

TEST_F(ExpiryTest, FourCommandsSetATimeOut) {
  EXPECT_EQ(run({"EXPIRE", "k", "10"}), "1");
  EXPECT_EQ(run({"PTTL", "k"}), "10000");
  EXPECT_EQ(run({"PEXPIRE", "k", "20"}), "1");
  EXPECT_EQ(run({"PTTL", "k"}), "20");
  EXPECT_EQ(run({"EXPIREAT", "k", "1700000030"}), "1");
  EXPECT_EQ(run({"PTTL", "k"}), "30000");
  EXPECT_EQ(run({"PEXPIREAT", "k", "1700000000040"}), "1");
  EXPECT_EQ(run({"PTTL", "k"}), "40");
  EXPECT_EQ(run({"EXPIRE", "nosuch", "10"}), "0");
}

TEST_F(ExpiryTest, TheKeyIsGoneFromThatVeryMillisecond) {
  run({"PEXPIRE", "k", "10"});
  advance(9);
  EXPECT_EQ(run({"GET", "k"}), "\"v\"");
  advance(1);
  EXPECT_EQ(run({"GET", "k"}), "nil");
}

TEST_F(ExpiryTest, TimesInThePastDeleteAndCountAsSet) {
  for (const auto time : {"0", "-1", "-9223372036854775"}) {
    run({"SET", "k", "v"});
    EXPECT_EQ(run({"EXPIRE", "k", time}), "1") << time;
    EXPECT_EQ(run({"EXISTS", "k"}), "0") << time;
  }
  run({"SET", "k", "v"});
  EXPECT_EQ(run({"PEXPIREAT", "k", text(now_ms())}), "1");
  EXPECT_EQ(run({"EXISTS", "k"}), "0");
  run({"SET", "k", "v"});
  EXPECT_EQ(run({"PEXPIREAT", "k", "-9223372036854775808"}), "1");
  EXPECT_EQ(run({"EXISTS", "k"}), "0");
}

TEST_F(ExpiryTest, TimesThatOverflowAreRefused) {
  constexpr auto kMax = "9223372036854775807";
  EXPECT_EQ(run({"EXPIRE", "k", kMax}), "-ERR invalid expire time in 'expire' command");
  EXPECT_EQ(run({"EXPIRE", "k", "-9223372036854776"}), "-ERR invalid expire time in 'expire' command");
  EXPECT_EQ(run({"PEXPIRE", "k", kMax}), "-ERR invalid expire time in 'pexpire' command");
  EXPECT_EQ(run({"EXPIREAT", "k", kMax}), "-ERR invalid expire time in 'expireat' command");
  EXPECT_EQ(run({"EXPIRE", "nosuch", kMax}), "-ERR invalid expire time in 'expire' command");
  EXPECT_EQ(run({"EXPIRE", "k", "1.5"}), "-ERR value is not an integer or out of range");
  EXPECT_EQ(run({"PEXPIREAT", "k", kMax}), "1");
  EXPECT_EQ(run({"TTL", "k"}), "9223370336854776");
}

TEST_F(ExpiryTest, ConditionsCompareWithTheTimeOutThatIsThere) {
  EXPECT_EQ(run({"EXPIRE", "k", "10", "XX"}), "0");
  EXPECT_EQ(run({"EXPIRE", "k", "10", "GT"}), "0");  // none is later than never
  EXPECT_EQ(run({"EXPIRE", "k", "10", "LT"}), "1");
  EXPECT_EQ(run({"EXPIRE", "k", "20", "NX"}), "0");
  EXPECT_EQ(run({"EXPIRE", "k", "20", "lt"}), "0");
  EXPECT_EQ(run({"EXPIRE", "k", "10", "gt"}), "0");
  EXPECT_EQ(run({"EXPIRE", "k", "20", "GT", "XX"}), "1");
  EXPECT_EQ(run({"TTL", "k"}), "20");
  EXPECT_EQ(run({"EXPIRE", "k", "-1", "NX"}), "0");
  EXPECT_EQ(run({"EXISTS", "k"}), "1");
}

TEST_F(ExpiryTest, ConditionsThatExcludeEachOtherAreRefused) {
  constexpr auto kNx = "-ERR NX and XX, GT or LT options at the same time are not compatible";
  EXPECT_EQ(run({"EXPIRE", "k", "10", "NX", "XX"}), kNx);
  EXPECT_EQ(run({"EXPIRE", "k", "10", "GT", "NX"}), kNx);
  EXPECT_EQ(run({"EXPIRE", "k", "10", "GT", "LT"}),
            "-ERR GT and LT options at the same time are not compatible");
  EXPECT_EQ(run({"EXPIRE", "k", "10", "nosuch"}), "-ERR Unsupported option nosuch");
}

TEST_F(ExpiryTest, TtlRoundsToTheNearestSecond) {
  EXPECT_EQ(run({"TTL", "nosuch"}), "-2");
  EXPECT_EQ(run({"PTTL", "nosuch"}), "-2");
  EXPECT_EQ(run({"TTL", "k"}), "-1");
  EXPECT_EQ(run({"PTTL", "k"}), "-1");
  run({"PEXPIRE", "k", "1500"});
  EXPECT_EQ(run({"TTL", "k"}), "2");
  run({"PEXPIRE", "k", "1499"});
  EXPECT_EQ(run({"TTL", "k"}), "1");
  run({"PEXPIRE", "k", "1"});
  EXPECT_EQ(run({"TTL", "k"}), "0");
}

TEST_F(ExpiryTest, ExpiretimeIsTheMomentItself) {
  EXPECT_EQ(run({"EXPIRETIME", "nosuch"}), "-2");
  EXPECT_EQ(run({"PEXPIRETIME", "k"}), "-1");
  run({"PEXPIREAT", "k", "1700000010500"});
  EXPECT_EQ(run({"EXPIRETIME", "k"}), "1700000011");
  EXPECT_EQ(run({"PEXPIRETIME", "k"}), "1700000010500");
}

TEST_F(ExpiryTest, PersistRemovesTheTimeOut) {
  EXPECT_EQ(run({"PERSIST", "k"}), "0");
  EXPECT_EQ(run({"PERSIST", "nosuch"}), "0");
  run({"PEXPIRE", "k", "10"});
  EXPECT_EQ(run({"PERSIST", "k"}), "1");
  advance(1000);
  EXPECT_EQ(run({"GET", "k"}), "\"v\"");
}

}  // namespace
}  // namespace limpet::command
