#include <limpet/base/limits.hpp>

#include "command_fixture.hpp"

namespace limpet::command {
namespace {

using StringsTest = CommandTest;

TEST_F(StringsTest, GetReturnsWhatWasSet) {
  EXPECT_EQ(run({"SET", "k", "v"}), "OK");
  EXPECT_EQ(run({"GET", "k"}), "\"v\"");
  EXPECT_EQ(run({"get", "k"}), "\"v\"");
}

TEST_F(StringsTest, AbsentKeyIsNullInBothVersions) {
  EXPECT_EQ(raw({"GET", "k"}), "$-1\r\n");
  EXPECT_EQ(raw({"GET", "k"}, resp::Version::resp3), "_\r\n");
}

TEST_F(StringsTest, ValuesAreBinarySafe) {
  const std::string value("\0\r\n\xff", 4);
  run({"SET", "k", value});
  EXPECT_EQ(run({"GET", "k"}), "\"" + value + "\"");
  EXPECT_EQ(run({"STRLEN", "k"}), "4");
}

TEST_F(StringsTest, ReadsCountHitsAndMisses) {
  run({"SET", "k", "v"});
  run({"GET", "k"});
  run({"GET", "nosuch"});
  run({"MGET", "k", "nosuch"});
  EXPECT_EQ(lookups_.hits, 2U);
  EXPECT_EQ(lookups_.misses, 2U);
}

TEST_F(StringsTest, OtherTypesAreRefusedAndLeftAlone) {
  run({"HSET", "h", "f", "v"});
  for (const auto name : {"GET", "GETDEL", "GETEX", "STRLEN", "INCR", "DECR"}) {
    EXPECT_EQ(run({name, "h"}), kWrongTypeShown) << name;
  }
  for (const auto name : {"GETSET", "APPEND", "INCRBY", "DECRBY"}) {
    EXPECT_EQ(run({name, "h", "1"}), kWrongTypeShown) << name;
  }
  EXPECT_EQ(run({"HGET", "h", "f"}), "\"v\"");
}

TEST_F(StringsTest, SetReplacesAnyType) {
  run({"HSET", "h", "f", "v"});
  EXPECT_EQ(run({"SET", "h", "s"}), "OK");
  EXPECT_EQ(run({"GET", "h"}), "\"s\"");
}

TEST_F(StringsTest, GetdelReturnsTheValueAndDeletes) {
  run({"SET", "k", "v"});
  EXPECT_EQ(run({"GETDEL", "k"}), "\"v\"");
  EXPECT_EQ(run({"GETDEL", "k"}), "nil");
}

TEST_F(StringsTest, GetsetReturnsTheOldValueAndDropsTheTimeOut) {
  EXPECT_EQ(run({"GETSET", "k", "1"}), "nil");
  run({"EXPIRE", "k", "100"});
  EXPECT_EQ(run({"GETSET", "k", "2"}), "\"1\"");
  EXPECT_EQ(run({"GET", "k"}), "\"2\"");
  EXPECT_EQ(run({"TTL", "k"}), "-1");
}

TEST_F(StringsTest, AppendMakesOrGrowsAStringAndKeepsTheTimeOut) {
  EXPECT_EQ(run({"APPEND", "k", "abc"}), "3");
  run({"EXPIRE", "k", "100"});
  EXPECT_EQ(run({"APPEND", "k", "de"}), "5");
  EXPECT_EQ(run({"APPEND", "k", ""}), "5");
  EXPECT_EQ(run({"GET", "k"}), "\"abcde\"");
  EXPECT_EQ(run({"TTL", "k"}), "100");
}

TEST_F(StringsTest, AppendingNothingMakesAnEmptyString) {
  EXPECT_EQ(run({"APPEND", "k", ""}), "0");
  EXPECT_EQ(run({"GET", "k"}), "\"\"");
}

TEST_F(StringsTest, AppendBeyondTheLargestValueIsRefused) {
  const std::string large(kBulkBytesMax - 1, 'x');
  run({"SET", "k", large});
  EXPECT_EQ(run({"APPEND", "k", "ab"}), "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  EXPECT_EQ(run({"APPEND", "k", "a"}), std::to_string(kBulkBytesMax));
}

TEST_F(StringsTest, StrlenOfAnAbsentKeyIsZero) { EXPECT_EQ(run({"STRLEN", "k"}), "0"); }

TEST_F(StringsTest, CountersBeginAtZeroAndKeepTheTimeOut) {
  EXPECT_EQ(run({"INCR", "n"}), "1");
  run({"EXPIRE", "n", "100"});
  EXPECT_EQ(run({"INCRBY", "n", "41"}), "42");
  EXPECT_EQ(run({"DECR", "n"}), "41");
  EXPECT_EQ(run({"DECRBY", "n", "-9"}), "50");
  EXPECT_EQ(run({"GET", "n"}), "\"50\"");
  EXPECT_EQ(run({"TTL", "n"}), "100");
}

TEST_F(StringsTest, CountersRefuseWhatIsNoInteger) {
  constexpr auto kError = "-ERR value is not an integer or out of range";
  for (const auto value : {"", " 1", "1 ", "01", "+1", "-0", "1.0", "abc", "9223372036854775808"}) {
    run({"SET", "n", value});
    EXPECT_EQ(run({"INCR", "n"}), kError) << value;
    EXPECT_EQ(run({"INCRBY", "other", value}), kError) << value;
  }
}

TEST_F(StringsTest, CountersRefuseToOverflow) {
  constexpr auto kError = "-ERR increment or decrement would overflow";
  run({"SET", "n", "9223372036854775807"});
  EXPECT_EQ(run({"INCR", "n"}), kError);
  EXPECT_EQ(run({"DECRBY", "n", "-1"}), kError);
  run({"SET", "n", "-9223372036854775808"});
  EXPECT_EQ(run({"DECR", "n"}), kError);
  EXPECT_EQ(run({"INCRBY", "n", "-1"}), kError);
  EXPECT_EQ(run({"GET", "n"}), "\"-9223372036854775808\"");
  EXPECT_EQ(run({"DECRBY", "n", "-9223372036854775808"}), "-ERR decrement would overflow");
}

TEST_F(StringsTest, MgetGivesNullForAbsentKeysAndOtherTypes) {
  run({"MSET", "{u}a", "1", "{u}b", "2"});
  run({"HSET", "{u}h", "f", "v"});
  EXPECT_EQ(run({"MGET", "{u}a", "{u}nosuch", "{u}h", "{u}b", "{u}a"}), "[\"1\", nil, nil, \"2\", \"1\"]");
}

TEST_F(StringsTest, MsetWantsPairs) {
  constexpr auto kError = "-ERR wrong number of arguments for 'mset' command";
  EXPECT_EQ(run({"MSET", "a"}), kError);
  EXPECT_EQ(run({"MSET", "a", "1", "b"}), kError);
  EXPECT_EQ(run({"EXISTS", "a"}), "0");
}

TEST_F(StringsTest, MsetSetsInOrderAndDropsTimeOuts) {
  run({"SET", "a", "0", "EX", "100"});
  EXPECT_EQ(run({"MSET", "a", "1", "a", "2"}), "OK");
  EXPECT_EQ(run({"GET", "a"}), "\"2\"");
  EXPECT_EQ(run({"TTL", "a"}), "-1");
}

TEST_F(StringsTest, AKeyThatTheCallerWorkedOutIsUsed) {
  const std::vector<std::string_view> args = {"SET", "{u}k", "v"};
  const KeyRef key = KeyRef::of(args[1]);
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  Context context{.store = store_, .reply = reply, .lookups = lookups_, .now = now_, .first_key = &key};
  find("set")->run(context, args);
  EXPECT_EQ(run({"GET", "{u}k"}), "\"v\"");
}

}  // namespace
}  // namespace limpet::command
