#include "linearizable.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace limpet::shard {
namespace {

using Kind = Operation::Kind;

Operation got(std::int64_t called, std::int64_t returned, std::string reply, std::size_t client = 0) {
  return {
      .kind = Kind::get, .client = client, .called = called, .returned = returned, .reply = std::move(reply)};
}
Operation set(std::int64_t called, std::int64_t returned, std::string value, std::size_t client = 0) {
  return {.kind = Kind::set,
          .value = std::move(value),
          .client = client,
          .called = called,
          .returned = returned,
          .reply = "OK"};
}

Linearizable check(const std::vector<Operation>& history) { return check_history(history); }

TEST(Linearizable, WhatOneClientDoesAfterTheOtherIs) {
  EXPECT_EQ(check({set(1, 2, "a"), got(3, 4, "a"), set(5, 6, "b"), got(7, 8, "b")}), Linearizable::yes);
}

TEST(Linearizable, AReadOfWhatWasOverwrittenBeforeItBeganIsNot) {
  EXPECT_EQ(check({set(1, 2, "a"), set(3, 4, "b"), got(5, 6, "a", 1)}), Linearizable::no);
}

TEST(Linearizable, AWriteThatIsLostIsNot) {
  EXPECT_EQ(check({set(1, 2, "a"), got(3, 4, "(null)")}), Linearizable::no);
}

TEST(Linearizable, CommandsAtTheSameTimeMayHappenInAnyOrder) {
  EXPECT_EQ(check({set(1, 6, "a"), set(2, 5, "b", 1), got(7, 8, "a"), got(9, 10, "a", 1)}),
            Linearizable::yes);
  EXPECT_EQ(check({set(1, 6, "a"), set(2, 5, "b", 1), got(7, 8, "b"), got(9, 10, "b", 1)}),
            Linearizable::yes);
  EXPECT_EQ(check({set(1, 6, "a"), set(2, 5, "b", 1), got(7, 8, "b"), got(9, 10, "a", 1)}), Linearizable::no);
}

TEST(Linearizable, ThoseOfOneClientHappenInTheirOrderEvenIfTheyAreUnderWayTogether) {
  EXPECT_EQ(check({set(1, 5, "a"), set(2, 6, "b"), got(7, 8, "b")}), Linearizable::yes);
  EXPECT_EQ(check({set(1, 5, "a"), set(2, 6, "b"), got(7, 8, "a")}), Linearizable::no);
}

TEST(Linearizable, OfAPartOfWhichOnlyTheSumIsKnownTheReplyIsAny) {
  const auto erased = [](std::string reply) {
    return Operation{.kind = Kind::erase, .client = 1, .called = 3, .returned = 4, .reply = std::move(reply)};
  };
  EXPECT_EQ(check({set(1, 2, "a"), erased(kAnyReply), got(5, 6, "(null)")}), Linearizable::yes);
  EXPECT_EQ(check({set(1, 2, "a"), erased(kAnyReply), got(5, 6, "a")}), Linearizable::no);
  EXPECT_EQ(check({set(1, 2, "a"), erased("0"), got(5, 6, "(null)")}), Linearizable::no);
}

TEST(Linearizable, WhetherAKeyIsThereFollowsItsWrites) {
  const auto asked = [](std::int64_t called, std::string reply) {
    return Operation{.kind = Kind::exists,
                     .client = 1,
                     .called = called,
                     .returned = called + 1,
                     .reply = std::move(reply)};
  };
  EXPECT_EQ(check({asked(1, "0"), set(3, 4, "a"), asked(5, "1")}), Linearizable::yes);
  EXPECT_EQ(check({set(3, 4, "a"), asked(5, "0")}), Linearizable::no);
}

TEST(Linearizable, WhatIsInDoubtMayHappenLateOnceOrNever) {
  const Operation doubtful{.kind = Kind::append, .value = "x", .client = 1, .called = 1};
  EXPECT_EQ(check({doubtful, set(2, 3, "a"), got(4, 5, "a"), got(6, 7, "ax")}), Linearizable::yes);
  EXPECT_EQ(check({doubtful, set(2, 3, "a"), got(4, 5, "a")}), Linearizable::yes);
  EXPECT_EQ(check({doubtful, set(2, 3, "a"), got(4, 5, "axx")}), Linearizable::no);
  EXPECT_EQ(check({set(2, 3, "a"), got(4, 5, "ax"), {.kind = Kind::append, .value = "x", .called = 6}}),
            Linearizable::no);
}

TEST(Linearizable, EachKindOfCommandAnswersAsTheServerDoes) {
  std::string value = kNoValue;
  EXPECT_EQ(apply({.kind = Kind::get}, value), "(null)");
  EXPECT_EQ(apply({.kind = Kind::set_if_absent, .value = "a"}, value), "1");
  EXPECT_EQ(apply({.kind = Kind::set_if_absent, .value = "b"}, value), "0");
  EXPECT_EQ(apply({.kind = Kind::append, .value = "cd"}, value), "3");
  EXPECT_EQ(apply({.kind = Kind::take}, value), "acd");
  EXPECT_EQ(apply({.kind = Kind::erase}, value), "0");
  EXPECT_EQ(apply({.kind = Kind::set, .value = "e"}, value), "OK");
  EXPECT_EQ(apply({.kind = Kind::erase}, value), "1");
  EXPECT_EQ(value, kNoValue);
}

TEST(Linearizable, ASearchThatIsTooLongIsUndecided) {
  std::vector<Operation> history;
  for (int i = 0; i < 12; ++i) {
    history.push_back(
        {.kind = Kind::append, .value = std::string(1, static_cast<char>('a' + i)), .called = i});
  }
  history.push_back(got(20, 21, "zz", 1));
  EXPECT_EQ(check_history(history, 100), Linearizable::undecided);
}

}  // namespace
}  // namespace limpet::shard
