#include <gtest/gtest.h>

#include <limpet/resp/value.hpp>
#include <random>

namespace limpet::resp {
namespace {

using namespace std::string_literals;
using Type = Value::Type;

Value read(const std::string& bytes) {
  const auto length = value_length(bytes);
  EXPECT_TRUE(length.has_value()) << bytes;
  EXPECT_EQ(length.value_or(std::nullopt), bytes.size()) << bytes;
  auto value = read_value(bytes);
  EXPECT_TRUE(value.has_value()) << bytes;
  return value.value_or(Value{});
}

bool refused(const std::string& bytes, const ValueLimits& limits = {}) {
  return !value_length(bytes, limits).has_value() && !read_value(bytes, limits).has_value();
}

TEST(Value, EveryScalarIsRead) {
  EXPECT_EQ(read("+OK\r\n").text, "OK");
  EXPECT_EQ(read("-ERR no\r\n").type, Type::error);
  EXPECT_EQ(read(":-42\r\n").integer, -42);
  EXPECT_EQ(read(":+42\r\n").integer, 42);
  EXPECT_EQ(read("$5\r\na\r\n\0b\r\n"s).text, "a\r\n\0b"s);
  EXPECT_EQ(read("$-1\r\n").type, Type::null);
  EXPECT_EQ(read("*-1\r\n").type, Type::null);
  EXPECT_EQ(read("_\r\n").type, Type::null);
  EXPECT_EQ(read("#t\r\n").integer, 1);
  EXPECT_EQ(read("#f\r\n").type, Type::boolean);
  EXPECT_EQ(read(",1.5\r\n").text, "1.5");
  EXPECT_EQ(read(",-inf\r\n").type, Type::number);
  EXPECT_EQ(read("(3492890328409238509324850943850943825024385\r\n").type, Type::big_number);
  EXPECT_EQ(read("!7\r\nERR bad\r\n").type, Type::error);
  EXPECT_EQ(read("=7\r\ntxt:abc\r\n").text, "abc");
}

TEST(Value, AggregatesHoldTheirElements) {
  const Value array = read("*3\r\n:1\r\n*1\r\n+a\r\n$-1\r\n");
  ASSERT_EQ(array.elements.size(), 3u);
  EXPECT_EQ(array.elements[1].elements.at(0).text, "a");
  EXPECT_EQ(read("%1\r\n+k\r\n:1\r\n").elements.size(), 2u);
  EXPECT_EQ(read("~2\r\n+k\r\n:1\r\n").type, Type::set);
  EXPECT_EQ(read(">1\r\n+k\r\n").type, Type::push);
  EXPECT_EQ(read("*0\r\n").elements.size(), 0u);
}

TEST(Value, AttributesAreSkipped) {
  EXPECT_EQ(read("|1\r\n+ttl\r\n:3600\r\n:7\r\n").integer, 7);
  EXPECT_EQ(read("*2\r\n|1\r\n+a\r\n*1\r\n+b\r\n:1\r\n:2\r\n").elements.size(), 2u);
}

TEST(Value, EveryPrefixWaitsForMore) {
  const std::string whole =
      "*4\r\n|1\r\n+a\r\n:1\r\n%1\r\n$1\r\nk\r\n#t\r\n!2\r\nno\r\n=5\r\ntxt:x\r\n,1.5\r\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto result = value_length(std::string_view(whole).substr(0, length));
    ASSERT_TRUE(result.has_value()) << length;
    EXPECT_EQ(*result, std::nullopt) << length;
    EXPECT_FALSE(read_value(std::string_view(whole).substr(0, length)).has_value());
  }
  EXPECT_EQ(value_length(whole + "+next\r\n").value(), whole.size());
}

TEST(Value, WhatIsNoRespIsRefused) {
  for (const std::string bytes :
       {"x\r\n", "\r\n", "+OK\n", "$x\r\n", "$-2\r\n", "*-2\r\n", "%-1\r\n", ":\r\n", ":1x\r\n",
        ":9223372036854775808\r\n", "#x\r\n", ",\r\n", "$1\r\nab\r\n", "=1\r\nx\r\n", "$?\r\n", "*?\r\n",
        "$9999999999999\r\n", "*9223372036854775807\r\n", "%9223372036854775807\r\n"}) {
    EXPECT_TRUE(refused(bytes)) << bytes;
  }
}

TEST(Value, DepthHasABound) {
  const auto nested = [](std::size_t depth) {
    std::string bytes;
    for (std::size_t i = 1; i < depth; ++i) bytes += "*1\r\n";
    return bytes + ":1\r\n";
  };
  EXPECT_TRUE(value_length(nested(16)).has_value());
  EXPECT_TRUE(refused(nested(17)));
  EXPECT_TRUE(refused(nested(1'000'000)));
  std::string attributes;
  for (int i = 0; i < 100'000; ++i) attributes += "|1\r\n";
  EXPECT_TRUE(refused(attributes));
}

TEST(Value, BytesAndElementsHaveBounds) {
  EXPECT_TRUE(refused("$11\r\n", {.bytes_max = 10}));
  EXPECT_TRUE(refused("*2\r\n$5\r\naaaaa\r\n$5\r\naaaaa\r\n", {.bytes_max = 20}));
  EXPECT_TRUE(refused("+" + std::string(30, 'x'), {.bytes_max = 20}) ||
              refused("+" + std::string(30, 'x') + "\r\n", {.bytes_max = 20}));
  EXPECT_TRUE(refused("*5\r\n", {.elements_max = 4}));
  EXPECT_TRUE(refused("*2\r\n*2\r\n:1\r\n:2\r\n*2\r\n:1\r\n:2\r\n", {.elements_max = 4}));
}

TEST(Value, RandomBytesNeverDoHarm) {
  static const std::string kAlphabet = "+-:$_*%~>=#,(|!0123456789\r\n\r\n\r\n\r\nta\0\xff"s;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    std::mt19937_64 random(seed);
    std::string bytes;
    for (std::size_t length = random() % 40; length > 0; --length)
      bytes += kAlphabet[random() % kAlphabet.size()];
    const auto length = value_length(bytes);
    const auto value = read_value(bytes);
    EXPECT_EQ(length.has_value() && length->has_value(), value.has_value()) << bytes;
  }
}

}  // namespace
}  // namespace limpet::resp
