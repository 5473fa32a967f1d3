#include "command_fixture.hpp"

namespace limpet::command {
namespace {

using FloatsTest = CommandTest;

TEST_F(FloatsTest, IncrbyfloatAddsAndWritesWithoutExponentOrZeros) {
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "10.50"}), "\"10.5\"");
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "0.1"}), "\"10.6\"");
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "-10.6"}), "\"0\"");
  EXPECT_EQ(run({"SET", "k", "5.0e3"}), "OK");
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "2.0e2"}), "\"5200\"");
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "0x10"}), "\"5216\"");
}

TEST_F(FloatsTest, TheTimeOutStays) {
  run({"SET", "k", "1", "EX", "100"});
  run({"INCRBYFLOAT", "k", "1.5"});
  EXPECT_EQ(run({"TTL", "k"}), "100");
}

TEST_F(FloatsTest, WhatIsNoNumberIsRefusedAndLeftAlone) {
  run({"SET", "k", "abc"});
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "1"}), "-ERR value is not a valid float");
  run({"SET", "k", "1"});
  for (const auto amount : {"", " 1", "1 ", "nan", "1x", "1e99999"}) {
    EXPECT_EQ(run({"INCRBYFLOAT", "k", amount}), "-ERR value is not a valid float") << amount;
  }
  EXPECT_EQ(run({"GET", "k"}), "\"1\"");
  run({"HSET", "h", "f", "v"});
  EXPECT_EQ(run({"INCRBYFLOAT", "h", "1"}), kWrongTypeShown);
}

TEST_F(FloatsTest, NothingInfiniteIsEverKept) {
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "inf"}), "-ERR increment would produce NaN or Infinity");
  EXPECT_EQ(run({"EXISTS", "k"}), "0");
  EXPECT_EQ(run({"HINCRBYFLOAT", "h", "f", "-inf"}), "-ERR value is NaN or Infinity");
  EXPECT_EQ(run({"EXISTS", "h"}), "0");
}

TEST_F(FloatsTest, HincrbyfloatMakesHashAndFieldAsNeeded) {
  EXPECT_EQ(run({"HINCRBYFLOAT", "h", "f", "1.5"}), "\"1.5\"");
  EXPECT_EQ(run({"HINCRBYFLOAT", "h", "f", "1.5"}), "\"3\"");
  run({"HSET", "h", "g", "text"});
  EXPECT_EQ(run({"HINCRBYFLOAT", "h", "g", "1"}), "-ERR hash value is not a float");
  run({"SET", "s", "1"});
  EXPECT_EQ(run({"HINCRBYFLOAT", "s", "f", "1"}), kWrongTypeShown);
}

}  // namespace
}  // namespace limpet::command
