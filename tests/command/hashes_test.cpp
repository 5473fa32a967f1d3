#include "command_fixture.hpp"

namespace limpet::command {
namespace {

using HashesTest = CommandTest;

TEST_F(HashesTest, HsetCountsTheFieldsThatAreNew) {
  EXPECT_EQ(run({"HSET", "h", "a", "1", "b", "2"}), "2");
  EXPECT_EQ(run({"HSET", "h", "b", "3", "c", "4"}), "1");
  EXPECT_EQ(run({"HSET", "h", "d", "1", "d", "2"}), "1");
  EXPECT_EQ(run({"HMGET", "h", "a", "b", "nosuch", "d"}), "[\"1\", \"3\", nil, \"2\"]");
}

TEST_F(HashesTest, PairsThatAreCutShortAreRefused) {
  EXPECT_EQ(run({"HSET", "h", "a", "1", "b"}), "-ERR wrong number of arguments for 'hset' command");
  EXPECT_EQ(run({"HMSET", "h", "a", "1", "b"}), "-ERR wrong number of arguments for 'hmset' command");
  EXPECT_EQ(run({"EXISTS", "h"}), "0");
}

TEST_F(HashesTest, HmsetSaysOk) {
  EXPECT_EQ(run({"HMSET", "h", "a", "1"}), "OK");
  EXPECT_EQ(run({"HGET", "h", "a"}), "\"1\"");
}

TEST_F(HashesTest, HgetallIsAMapInResp3AndAFlatArrayInResp2) {
  run({"HSET", "h", "a", "1"});
  EXPECT_EQ(raw({"HGETALL", "h"}), "*2\r\n$1\r\na\r\n$1\r\n1\r\n");
  EXPECT_EQ(raw({"HGETALL", "h"}, resp::Version::resp3), "%1\r\n$1\r\na\r\n$1\r\n1\r\n");
  EXPECT_EQ(raw({"HGETALL", "nosuch"}), "*0\r\n");
  EXPECT_EQ(raw({"HGETALL", "nosuch"}, resp::Version::resp3), "%0\r\n");
}

TEST_F(HashesTest, HkeysAndHvalsAreArrays) {
  run({"HSET", "h", "a", "1"});
  EXPECT_EQ(run3({"HKEYS", "h"}), "[\"a\"]");
  EXPECT_EQ(run3({"HVALS", "h"}), "[\"1\"]");
  EXPECT_EQ(run({"HKEYS", "nosuch"}), "[]");
  EXPECT_EQ(run({"HVALS", "nosuch"}), "[]");
}

TEST_F(HashesTest, HdelCountsAndTheKeyGoesWithItsLastField) {
  run({"HSET", "h", "a", "1", "b", "2"});
  EXPECT_EQ(run({"HDEL", "h", "a", "a", "nosuch"}), "1");
  EXPECT_EQ(run({"HLEN", "h"}), "1");
  EXPECT_EQ(run({"HDEL", "h", "b", "c"}), "1");
  EXPECT_EQ(run({"EXISTS", "h"}), "0");
  EXPECT_EQ(run({"HDEL", "h", "b"}), "0");
}

TEST_F(HashesTest, QuestionsAboutAbsentHashesAndFields) {
  run({"HSET", "h", "a", "xyz"});
  EXPECT_EQ(run({"HGET", "nosuch", "a"}), "nil");
  EXPECT_EQ(run({"HGET", "h", "nosuch"}), "nil");
  EXPECT_EQ(run({"HMGET", "nosuch", "a", "b"}), "[nil, nil]");
  EXPECT_EQ(run({"HEXISTS", "h", "a"}), "1");
  EXPECT_EQ(run({"HEXISTS", "h", "nosuch"}), "0");
  EXPECT_EQ(run({"HEXISTS", "nosuch", "a"}), "0");
  EXPECT_EQ(run({"HLEN", "nosuch"}), "0");
  EXPECT_EQ(run({"HSTRLEN", "h", "a"}), "3");
  EXPECT_EQ(run({"HSTRLEN", "h", "nosuch"}), "0");
  EXPECT_EQ(run({"HSTRLEN", "nosuch", "a"}), "0");
}

TEST_F(HashesTest, HsetnxSetsOnlyNewFields) {
  EXPECT_EQ(run({"HSETNX", "h", "a", "1"}), "1");
  EXPECT_EQ(run({"HSETNX", "h", "a", "2"}), "0");
  EXPECT_EQ(run({"HGET", "h", "a"}), "\"1\"");
}

TEST_F(HashesTest, HincrbyCountsFromZeroAndChecksWhatIsThere) {
  EXPECT_EQ(run({"HINCRBY", "h", "n", "5"}), "5");
  EXPECT_EQ(run({"HINCRBY", "h", "n", "-7"}), "-2");
  EXPECT_EQ(run({"HGET", "h", "n"}), "\"-2\"");
  EXPECT_EQ(run({"HINCRBY", "h", "n", "x"}), "-ERR value is not an integer or out of range");
  run({"HSET", "h", "s", "text", "max", "9223372036854775807"});
  EXPECT_EQ(run({"HINCRBY", "h", "s", "1"}), "-ERR hash value is not an integer");
  EXPECT_EQ(run({"HINCRBY", "h", "max", "1"}), "-ERR increment or decrement would overflow");
}

TEST_F(HashesTest, StringsAreRefusedByEveryHashCommand) {
  run({"SET", "s", "v"});
  for (const auto name : {"HGETALL", "HKEYS", "HVALS", "HLEN"}) {
    EXPECT_EQ(run({name, "s"}), kWrongTypeShown) << name;
  }
  for (const auto name : {"HGET", "HMGET", "HDEL", "HEXISTS", "HSTRLEN"}) {
    EXPECT_EQ(run({name, "s", "f"}), kWrongTypeShown) << name;
  }
  for (const auto name : {"HSET", "HMSET", "HSETNX", "HINCRBY"}) {
    EXPECT_EQ(run({name, "s", "f", "1"}), kWrongTypeShown) << name;
  }
}

TEST_F(HashesTest, WritingAFieldKeepsTheTimeOut) {
  run({"HSET", "h", "a", "1"});
  run({"EXPIRE", "h", "100"});
  run({"HSET", "h", "a", "2", "b", "3"});
  run({"HINCRBY", "h", "a", "1"});
  EXPECT_EQ(run({"TTL", "h"}), "100");
}

TEST_F(HashesTest, AnExpiredHashIsEmpty) {
  run({"HSET", "h", "a", "1"});
  run({"PEXPIRE", "h", "10"});
  advance(10);
  EXPECT_EQ(run({"HGETALL", "h"}), "[]");
  EXPECT_EQ(run({"HSET", "h", "b", "2"}), "1");
  EXPECT_EQ(run3({"HGETALL", "h"}), "{\"b\": \"2\"}");
  EXPECT_EQ(run({"TTL", "h"}), "-1");
}

}  // namespace
}  // namespace limpet::command
