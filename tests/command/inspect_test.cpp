#include "command_fixture.hpp"

namespace limpet::command {
namespace {

using InspectTest = CommandTest;

TEST_F(InspectTest, EncodingsHaveTheNamesThatToolsKnow) {
  run({"MSET", "int", "123", "embstr", "abc", "raw", std::string(45, 'x')});
  run({"HSET", "listpack", "f", "v"});
  run({"HSET", "hashtable", "f", std::string(65, 'x')});
  for (const std::string name : {"int", "embstr", "raw", "listpack", "hashtable"}) {
    EXPECT_EQ(run({"OBJECT", "ENCODING", name}), "\"" + name + "\"");
  }
  EXPECT_EQ(run({"OBJECT", "ENCODING", "nothing"}), "nil");
}

TEST_F(InspectTest, IdleTimeCountsFromTheLastUseAndAskingIsNoUse) {
  run({"SET", "k", "v", "EX", "1000"});
  advance(100'000);
  for (const auto name : {"TTL", "TYPE", "EXISTS"}) run({name, "k"});
  EXPECT_GE(std::stoi(run({"OBJECT", "IDLETIME", "k"})), 99);
  run({"TOUCH", "k"});
  EXPECT_LE(std::stoi(run({"OBJECT", "IDLETIME", "k"})), 1);
}

TEST_F(InspectTest, MemoryUsageCountsWhatIsLarge) {
  run({"SET", "small", "v"});
  run({"SET", "large", std::string(100'000, 'x')});
  EXPECT_LT(std::stoi(run({"MEMORY", "USAGE", "small"})), 100);
  EXPECT_GE(std::stoi(run({"MEMORY", "USAGE", "large", "SAMPLES", "0"})), 100'000);
  EXPECT_EQ(run({"MEMORY", "USAGE", "nothing"}), "nil");
  EXPECT_EQ(run({"MEMORY", "USAGE", "small", "SAMPLES", "-1"}), "-ERR syntax error");
  EXPECT_EQ(run({"MEMORY", "USAGE", "small", "SAMPLES"}), "-ERR syntax error");
}

TEST_F(InspectTest, HscanShowsEveryFieldOnceOverItsCalls) {
  run({"HSET", "few", "a", "1", "b", "2"});
  EXPECT_EQ(run({"HSCAN", "few", "0"}), "[\"0\", [\"a\", \"1\", \"b\", \"2\"]]");
  EXPECT_EQ(run({"HSCAN", "few", "0", "MATCH", "b*"}), "[\"0\", [\"b\", \"2\"]]");
  EXPECT_EQ(run({"HSCAN", "few", "0", "TYPE", "string"}), "-ERR syntax error");
  EXPECT_EQ(run({"HSCAN", "nothing", "0"}), "[\"0\", []]");
  EXPECT_EQ(run({"HSCAN", "few", "x"}), "-ERR invalid cursor");
  EXPECT_EQ(run({"HSCAN", "few", "18446744073709551615"}).substr(0, 4), "[\"0\"");
}

TEST_F(InspectTest, KeysListsThoseThatMatch) {
  run({"MSET", "one", "1", "two", "2"});
  EXPECT_EQ(run({"KEYS", "t*"}), "[\"two\"]");
  EXPECT_EQ(run({"KEYS", "x*"}), "[]");
}

}  // namespace
}  // namespace limpet::command
