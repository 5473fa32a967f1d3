#include "command_fixture.hpp"

namespace limpet::command {
namespace {

using SetTest = CommandTest;

constexpr auto kSyntaxShown = "-ERR syntax error";
constexpr auto kNotIntegerShown = "-ERR value is not an integer or out of range";

TEST_F(SetTest, PlainSetDropsTheTimeOutAndKeepttlKeepsIt) {
  run({"SET", "k", "1", "EX", "100"});
  run({"SET", "k", "2", "KEEPTTL"});
  EXPECT_EQ(run({"TTL", "k"}), "100");
  run({"SET", "k", "3"});
  EXPECT_EQ(run({"TTL", "k"}), "-1");
}

TEST_F(SetTest, FourWaysToSayWhenTheKeyExpires) {
  run({"SET", "k", "v", "ex", "10"});
  EXPECT_EQ(run({"PTTL", "k"}), "10000");
  run({"SET", "k", "v", "PX", "1500"});
  EXPECT_EQ(run({"PTTL", "k"}), "1500");
  run({"SET", "k", "v", "EXAT", "1700000020"});
  EXPECT_EQ(run({"PTTL", "k"}), "20000");
  run({"SET", "k", "v", "PXAT", "1700000000001"});
  EXPECT_EQ(run({"PTTL", "k"}), "1");
  advance(1);
  EXPECT_EQ(run({"GET", "k"}), "nil");
}

TEST_F(SetTest, AMomentThatHasPassedDeletesTheKey) {
  run({"SET", "k", "old"});
  EXPECT_EQ(run({"SET", "k", "v", "PXAT", "1"}), "OK");
  EXPECT_EQ(run({"EXISTS", "k"}), "0");
}

TEST_F(SetTest, NxAndXxSetOnlyUnderTheirCondition) {
  EXPECT_EQ(run({"SET", "k", "1", "XX"}), "nil");
  EXPECT_EQ(run({"SET", "k", "1", "NX"}), "OK");
  EXPECT_EQ(run({"SET", "k", "2", "NX"}), "nil");
  EXPECT_EQ(run({"GET", "k"}), "\"1\"");
  EXPECT_EQ(run({"SET", "k", "3", "xx", "PX", "50"}), "OK");
  EXPECT_EQ(run({"GET", "k"}), "\"3\"");
  EXPECT_EQ(raw({"SET", "k", "4", "NX"}, resp::Version::resp3), "_\r\n");
}

TEST_F(SetTest, AnExpiredKeyIsAbsentForNx) {
  run({"SET", "k", "1", "PX", "5"});
  advance(5);
  EXPECT_EQ(run({"SET", "k", "2", "NX"}), "OK");
}

TEST_F(SetTest, GetReturnsTheOldValueWhetherOrNotTheNewOneIsSet) {
  EXPECT_EQ(run({"SET", "k", "1", "GET"}), "nil");
  EXPECT_EQ(run({"SET", "k", "a longer value", "GET"}), "\"1\"");
  EXPECT_EQ(run({"SET", "k", "3", "NX", "GET"}), "\"a longer value\"");
  EXPECT_EQ(run({"GET", "k"}), "\"a longer value\"");
  EXPECT_EQ(run({"SET", "k", "4", "GET", "XX"}), "\"a longer value\"");
  EXPECT_EQ(run({"GET", "k"}), "\"4\"");
  EXPECT_EQ(run({"SET", "new", "5", "NX", "GET"}), "nil");
  EXPECT_EQ(run({"GET", "new"}), "\"5\"");
  EXPECT_EQ(run({"SET", "absent", "6", "XX", "GET"}), "nil");
  EXPECT_EQ(run({"EXISTS", "absent"}), "0");
}

TEST_F(SetTest, GetRefusesOtherTypesAndSetsNothing) {
  run({"HSET", "h", "f", "v"});
  EXPECT_EQ(run({"SET", "h", "s", "GET"}), kWrongTypeShown);
  EXPECT_EQ(run({"TYPE", "h"}), "hash");
}

TEST_F(SetTest, OptionsThatExcludeEachOtherAreASyntaxError) {
  EXPECT_EQ(run({"SET", "k", "v", "NX", "XX"}), kSyntaxShown);
  EXPECT_EQ(run({"SET", "k", "v", "EX", "1", "PX", "1"}), kSyntaxShown);
  EXPECT_EQ(run({"SET", "k", "v", "EX", "1", "EXAT", "1"}), kSyntaxShown);
  EXPECT_EQ(run({"SET", "k", "v", "EX", "1", "KEEPTTL"}), kSyntaxShown);
  EXPECT_EQ(run({"SET", "k", "v", "KEEPTTL", "PXAT", "1"}), kSyntaxShown);
  EXPECT_EQ(run({"SET", "k", "v", "PERSIST"}), kSyntaxShown);
  EXPECT_EQ(run({"SET", "k", "v", "EX"}), kSyntaxShown);
  EXPECT_EQ(run({"SET", "k", "v", ""}), kSyntaxShown);
  EXPECT_EQ(run({"SET", "k", "v", "nosuch"}), kSyntaxShown);
  EXPECT_EQ(run({"EXISTS", "k"}), "0");
}

TEST_F(SetTest, TheSameTimeOptionTwiceCountsTheLast) {
  EXPECT_EQ(run({"SET", "k", "v", "EX", "1", "EX", "9"}), "OK");
  EXPECT_EQ(run({"TTL", "k"}), "9");
}

TEST_F(SetTest, TimesThatAreNotPositiveOrTooLargeAreRefused) {
  constexpr auto kError = "-ERR invalid expire time in 'set' command";
  EXPECT_EQ(run({"SET", "k", "v", "EX", "0"}), kError);
  EXPECT_EQ(run({"SET", "k", "v", "PXAT", "-1"}), kError);
  EXPECT_EQ(run({"SET", "k", "v", "EX", "9223372036854775807"}), kError);
  EXPECT_EQ(run({"SET", "k", "v", "EXAT", "9223372036854776"}), kError);
  EXPECT_EQ(run({"SET", "k", "v", "PX", "9223372036854775807"}), kError);
  EXPECT_EQ(run({"SET", "k", "v", "EX", "ten"}), kNotIntegerShown);
  EXPECT_EQ(run({"SET", "k", "v", "PXAT", "9223372036854775807"}), "OK");
}

TEST_F(SetTest, SetexAndPsetexSetWithATimeOut) {
  EXPECT_EQ(run({"SETEX", "k", "10", "v"}), "OK");
  EXPECT_EQ(run({"PTTL", "k"}), "10000");
  EXPECT_EQ(run({"PSETEX", "k", "10", "v"}), "OK");
  EXPECT_EQ(run({"PTTL", "k"}), "10");
  EXPECT_EQ(run({"SETEX", "k", "0", "v"}), "-ERR invalid expire time in 'setex' command");
  EXPECT_EQ(run({"PSETEX", "k", "-1", "v"}), "-ERR invalid expire time in 'psetex' command");
  EXPECT_EQ(run({"SETEX", "k", "x", "v"}), kNotIntegerShown);
}

TEST_F(SetTest, SetnxSaysWhetherItSet) {
  EXPECT_EQ(run({"SETNX", "k", "1"}), "1");
  EXPECT_EQ(run({"SETNX", "k", "2"}), "0");
  run({"HSET", "h", "f", "v"});
  EXPECT_EQ(run({"SETNX", "h", "2"}), "0");
}

TEST_F(SetTest, GetexReadsAndChangesOnlyTheTimeOut) {
  run({"SET", "k", "v", "EX", "100"});
  EXPECT_EQ(run({"GETEX", "k"}), "\"v\"");
  EXPECT_EQ(run({"TTL", "k"}), "100");
  EXPECT_EQ(run({"GETEX", "k", "PX", "1000"}), "\"v\"");
  EXPECT_EQ(run({"PTTL", "k"}), "1000");
  EXPECT_EQ(run({"GETEX", "k", "PERSIST"}), "\"v\"");
  EXPECT_EQ(run({"TTL", "k"}), "-1");
  EXPECT_EQ(run({"GETEX", "k", "EXAT", "1"}), "\"v\"");
  EXPECT_EQ(run({"EXISTS", "k"}), "0");
}

TEST_F(SetTest, GetexLooksAtTheTimeOnlyIfThereIsAKey) {
  EXPECT_EQ(run({"GETEX", "k", "EX", "ten"}), "nil");
  EXPECT_EQ(run({"GETEX", "k", "KEEPTTL"}), kSyntaxShown);
  EXPECT_EQ(run({"GETEX", "k", "EX", "1", "PERSIST"}), kSyntaxShown);
  EXPECT_EQ(run({"GETEX", "k", "NX"}), kSyntaxShown);
  run({"SET", "k", "v"});
  EXPECT_EQ(run({"GETEX", "k", "EX", "ten"}), kNotIntegerShown);
  EXPECT_EQ(run({"GETEX", "k", "EX", "0"}), "-ERR invalid expire time in 'getex' command");
}

}  // namespace
}  // namespace limpet::command
