#include <gtest/gtest.h>

#include <limpet/base/encoding.hpp>

namespace limpet {
namespace {

using namespace std::string_view_literals;

TEST(Encoding, OrdinaryTextHasNoFault) {
  for (const std::string_view text :
       {""sv, "plain\r\ntext\t"sv, "\u00fc \u20ac \U0001f41a"sv, "\xef\xbb\xbfmarked"sv}) {
    EXPECT_FALSE(find_encoding_fault(text)) << text;
  }
}

TEST(Encoding, NamesWhatItIsAndWhere) {
  const auto utf16 = find_encoding_fault(
      "\xff\xfe"
      "e\0p\0"sv);
  ASSERT_TRUE(utf16);
  EXPECT_EQ(utf16->text, "this is UTF-16 by its first two bytes; save the file as UTF-8");
  EXPECT_TRUE(utf16->hopeless);

  const auto unmarked = find_encoding_fault("e\0p\0o\0"sv);
  ASSERT_TRUE(unmarked);
  EXPECT_EQ(unmarked->column, 2);
  EXPECT_TRUE(unmarked->hopeless);

  const auto latin = find_encoding_fault("one\ntwo\npassw\xf6rd"sv);
  ASSERT_TRUE(latin);
  EXPECT_EQ(latin->text, "byte 0xf6 is no UTF-8: this may be Latin-1; save the file as UTF-8");
  EXPECT_EQ(latin->line, 3);
  EXPECT_EQ(latin->column, 6);
  EXPECT_FALSE(latin->hopeless);
}

TEST(Encoding, WhatOnlyLooksLikeUtf8IsNot) {
  for (const std::string_view text : {"\xc0\xaf"sv, "\xe0\x80\xaf"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv,
                                      "\xf5"sv, "\xe2\x82"sv, "\xc3"sv, "\x80"sv}) {
    EXPECT_TRUE(find_encoding_fault(text));
  }
}

TEST(Escaped, LeavesTextAloneAndShowsWhatATerminalWouldObey) {
  EXPECT_EQ(escaped("a/\u00fc \u20ac.toml"), "a/\u00fc \u20ac.toml");
  EXPECT_EQ(escaped("n1\rok\n\t\x1b[2J\x7f\0"sv), "n1\\rok\\n\\t\\x1b[2J\\x7f\\x00");
  EXPECT_EQ(escaped("\xc2\x9b"
                    "2J \xff"sv),
            "\\xc2\\x9b2J \\xff");
}

}  // namespace
}  // namespace limpet
