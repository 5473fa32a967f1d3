#include <limpet/base/limits.hpp>

#include "command_fixture.hpp"

namespace limpet::command {
namespace {

using RangesTest = CommandTest;

TEST_F(RangesTest, GetrangeCountsFromBothEnds) {
  run({"SET", "k", "This is a string"});
  EXPECT_EQ(run({"GETRANGE", "k", "0", "3"}), "\"This\"");
  EXPECT_EQ(run({"GETRANGE", "k", "-3", "-1"}), "\"ing\"");
  EXPECT_EQ(run({"SUBSTR", "k", "0", "-1"}), "\"This is a string\"");
  EXPECT_EQ(run({"GETRANGE", "k", "10", "100"}), "\"string\"");
}

TEST_F(RangesTest, GetrangeOfNothingIsEmpty) {
  EXPECT_EQ(run({"GETRANGE", "k", "0", "-1"}), "\"\"");
  run({"SET", "k", "abc"});
  for (const auto& [start, end] : {std::pair{"2", "1"}, {"-1", "-2"}, {"5", "9"}}) {
    EXPECT_EQ(run({"GETRANGE", "k", start, end}), "\"\"") << start << " " << end;
  }
  EXPECT_EQ(run({"GETRANGE", "k", "-9223372036854775808", "9223372036854775807"}), "\"abc\"");
  EXPECT_EQ(run({"GETRANGE", "k", "x", "1"}), "-ERR value is not an integer or out of range");
}

TEST_F(RangesTest, SetrangeWritesInsideAndBehindTheString) {
  run({"SET", "k", "Hello World", "EX", "100"});
  EXPECT_EQ(run({"SETRANGE", "k", "6", "Redis"}), "11");
  EXPECT_EQ(run({"GET", "k"}), "\"Hello Redis\"");
  EXPECT_EQ(run({"TTL", "k"}), "100");
  EXPECT_EQ(run({"SETRANGE", "new", "3", "x"}), "4");
  EXPECT_EQ(run({"GET", "new"}), "\"" + std::string("\0\0\0x", 4) + "\"");
}

TEST_F(RangesTest, SetrangeOfNothingChangesNothing) {
  EXPECT_EQ(run({"SETRANGE", "k", "5", ""}), "0");
  EXPECT_EQ(run({"EXISTS", "k"}), "0");
  run({"SET", "k", "abc"});
  EXPECT_EQ(run({"SETRANGE", "k", "5", ""}), "3");
}

TEST_F(RangesTest, SetrangeRefusesOffsetsOutOfRange) {
  EXPECT_EQ(run({"SETRANGE", "k", "-1", "x"}), "-ERR offset is out of range");
  EXPECT_EQ(run({"SETRANGE", "k", "9223372036854775807", "x"}), "-" + std::string(kStringTooLong));
  EXPECT_EQ(run({"SETRANGE", "k", std::to_string(kBulkBytesMax), "x"}), "-" + std::string(kStringTooLong));
  EXPECT_EQ(run({"EXISTS", "k"}), "0");
}

}  // namespace
}  // namespace limpet::command
