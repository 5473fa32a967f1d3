#include <gtest/gtest.h>

#include <limits>
#include <limpet/base/number.hpp>

namespace limpet {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(ParseInt64, ReadsWhatRedisReads) {
  const std::pair<const char*, std::int64_t> cases[] = {{"0", 0},
                                                        {"7", 7},
                                                        {"-1", -1},
                                                        {"1234567890", 1234567890},
                                                        {"9223372036854775807", kMax},
                                                        {"-9223372036854775808", kMin}};
  for (const auto& [text, value] : cases) EXPECT_EQ(parse_int64(text), value) << text;
}

TEST(ParseInt64, RefusesEverythingElse) {
  for (const char* text : {"", "-", "+1", " 1", "1 ", "01", "-0", "-01", "00", "1.0", "1e3", "0x1", "abc",
                           "1a", "--1", "9223372036854775808", "-9223372036854775809", "99999999999999999999",
                           "111111111111111111111111111111"}) {
    EXPECT_EQ(parse_int64(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_int64(std::string_view("1\0", 2)), std::nullopt);
}

TEST(ParseUint64, ReadsUpToTheLargestAndNothingNegative) {
  EXPECT_EQ(parse_uint64("0"), 0u);
  EXPECT_EQ(parse_uint64("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"", "-1", "-", "18446744073709551616", "01", "+1", "1 "}) {
    EXPECT_EQ(parse_uint64(text), std::nullopt) << text;
  }
}

TEST(WriteInteger, WritesWhatParseReads) {
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{42}, kMin, kMax}) {
    char out[kIntegerCharsMax];
    const char* end = write_integer(out, value);
    const std::string_view text(out, static_cast<std::size_t>(end - out));
    EXPECT_EQ(text, std::to_string(value));
    EXPECT_EQ(to_text(value), text);
    EXPECT_EQ(parse_int64(text), value);
  }
}

TEST(HexText, HasAllDigits) {
  EXPECT_EQ(hex_text(0), "0000000000000000");
  EXPECT_EQ(hex_text(0x9a0b), "0000000000009a0b");
  EXPECT_EQ(hex_text(0xfedcba9876543210), "fedcba9876543210");
}

TEST(CheckedAdd, AddsOrSaysThatItOverflows) {
  EXPECT_EQ(checked_add(2, 3), 5);
  EXPECT_EQ(checked_add(kMax, -1), kMax - 1);
  EXPECT_EQ(checked_add(kMax, kMin), -1);
  EXPECT_EQ(checked_add(kMax, 1), std::nullopt);
  EXPECT_EQ(checked_add(kMin, -1), std::nullopt);
}

TEST(CheckedMul, MultipliesOrSaysThatItOverflows) {
  EXPECT_EQ(checked_mul(-4, 5), -20);
  EXPECT_EQ(checked_mul(0, kMin), 0);
  EXPECT_EQ(checked_mul(kMax, 1), kMax);
  EXPECT_EQ(checked_mul(kMax, 2), std::nullopt);
  EXPECT_EQ(checked_mul(kMin, -1), std::nullopt);
}

}  // namespace
}  // namespace limpet
