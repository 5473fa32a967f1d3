// A key moves from session to session in steps, and no change of it is lost on the way.
#include "relocation.hpp"

#include <gtest/gtest.h>

#include <string>

namespace limpet::gather {
namespace {

Part answer(std::string_view reply) {
  Part part;
  part.reply.append(reply);
  return part;
}

Relocation rename() { return {{.strict = true}, "{a}k", "{b}k"}; }

std::string step(Relocation& move) { return std::string(move.command()[0]); }

std::string reply(const Relocation& move, const Part& last, const std::string& error = {}) {
  Bytes out;
  resp::ReplyWriter writer(out, resp::Version::resp2);
  move.reply(last, error, writer);
  return std::string(out.view());
}

constexpr std::string_view kValue = "$3\r\nold\r\n";
constexpr std::string_view kYes = ":1\r\n";
constexpr std::string_view kNo = ":0\r\n";

TEST(Relocation, ReadsWritesAndErases) {
  Relocation move = rename();
  EXPECT_EQ(step(move), "@read");
  EXPECT_FALSE(move.writes());
  ASSERT_TRUE(move.goes_on(answer(kValue)));
  EXPECT_EQ(move.command(), (std::vector<std::string_view>{"@write", "{b}k", "old", "nx"}));
  ASSERT_TRUE(move.goes_on(answer(kYes)));
  EXPECT_EQ(step(move), "@erase");
  EXPECT_TRUE(move.writes());
  EXPECT_FALSE(move.goes_on(answer(kYes)));
  EXPECT_EQ(reply(move, answer(kYes)), "+OK\r\n");
}

TEST(Relocation, WhatIsNotThereIsNotMoved) {
  const Relocation strict = rename();
  EXPECT_EQ(reply(strict, answer("$-1\r\n")), "-ERR no such key\r\n");
  Relocation copy({.keep_source = true, .counts = true}, "{a}k", "{b}k");
  EXPECT_FALSE(copy.goes_on(answer("$-1\r\n")));
  EXPECT_EQ(reply(copy, answer("$-1\r\n")), ":0\r\n");
}

TEST(Relocation, ACopyIsDoneOnceItIsWritten) {
  Relocation copy({.keep_source = true, .counts = true}, "{a}k", "{b}k");
  ASSERT_TRUE(copy.goes_on(answer(kValue)));
  EXPECT_FALSE(copy.goes_on(answer(kYes)));
  EXPECT_EQ(reply(copy, answer(kYes)), ":1\r\n");
}

TEST(Relocation, ANameThatIsTakenEndsIt) {
  Relocation move({.strict = true, .counts = true}, "{a}k", "{b}k");
  ASSERT_TRUE(move.goes_on(answer(kValue)));
  EXPECT_FALSE(move.goes_on(answer(kNo)));
  EXPECT_EQ(reply(move, answer(kNo)), ":0\r\n");
}

TEST(Relocation, WhatWasChangedMeanwhileIsMovedInItsTurnOverWhatWasWritten) {
  Relocation move = rename();
  ASSERT_TRUE(move.goes_on(answer(kValue)));
  ASSERT_TRUE(move.goes_on(answer(kYes)));
  ASSERT_TRUE(move.goes_on(answer(kNo)));
  EXPECT_EQ(step(move), "@read");
  ASSERT_TRUE(move.goes_on(answer("$3\r\nnew\r\n")));
  EXPECT_EQ(move.command(), (std::vector<std::string_view>{"@write", "{b}k", "new", "replace"}));
}

TEST(Relocation, WhoeverErasedTheOldOneMeanwhileHasDoneItsLastStep) {
  Relocation move = rename();
  ASSERT_TRUE(move.goes_on(answer(kValue)));
  ASSERT_TRUE(move.goes_on(answer(kYes)));
  ASSERT_TRUE(move.goes_on(answer(kNo)));
  EXPECT_FALSE(move.goes_on(answer("$-1\r\n")));
  EXPECT_EQ(reply(move, answer("$-1\r\n")), "+OK\r\n");
}

TEST(Relocation, GivesUpOnAKeyThatIsChangedAgainAndAgain) {
  Relocation move = rename();
  for (unsigned round = 1; round <= kRelocateRoundsMax; ++round) {
    ASSERT_TRUE(move.goes_on(answer(kValue)));
    ASSERT_TRUE(move.goes_on(answer(kYes)));
    EXPECT_EQ(move.goes_on(answer(kNo)), round < kRelocateRoundsMax);
  }
  EXPECT_EQ(reply(move, answer(kNo)).rfind("-INDOUBT the value is under its new name", 0), 0U);
}

TEST(Relocation, AnErrorSaysThatBothMayBeThereOnceItIsWritten) {
  Relocation move = rename();
  EXPECT_EQ(reply(move, {}, "CLUSTERDOWN node n2"), "-CLUSTERDOWN node n2\r\n");
  ASSERT_TRUE(move.goes_on(answer(kValue)));
  EXPECT_EQ(reply(move, {}, "CLUSTERDOWN node n2"), "-CLUSTERDOWN node n2\r\n");
  ASSERT_TRUE(move.goes_on(answer(kYes)));
  EXPECT_EQ(reply(move, {}, "CLUSTERDOWN node n2").rfind("-INDOUBT", 0), 0U);
}

}  // namespace
}  // namespace limpet::gather
