#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <string>

namespace limpet {
namespace {

struct Case {
  const char* pattern;
  const char* text;
  bool matches;
};

TEST(GlobMatch, DecidesAsRedisDoes) {
  const Case cases[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"*", "", true},
      {"*", "anything", true},
      {"**", "a", true},
      {"?", "a", true},
      {"?", "", false},
      {"?", "ab", false},
      {"h?llo", "hello", true},
      {"h?llo", "hllo", false},
      {"h*llo", "hllo", true},
      {"h*llo", "heeeello", true},
      {"h*llo", "heeeellx", false},
      {"*a*b*c*", "xxaxxbxxcxx", true},
      {"*a*b*c*", "xxaxxcxxbxx", false},
      {"a*", "a", true},
      {"*a", "ba", true},
      {"*a", "ab", false},
      {"a*b", "ab", true},
      {"*aab", "aaaab", true},
      {"h[ae]llo", "hallo", true},
      {"h[ae]llo", "hillo", false},
      {"h[^e]llo", "hallo", true},
      {"h[^e]llo", "hello", false},
      {"h[a-c]llo", "hbllo", true},
      {"h[a-c]llo", "hdllo", false},
      {"h[c-a]llo", "hbllo", true},
      {"h[^a-c]llo", "hbllo", false},
      {"[a-]", "-", false},
      {"[a-", "a", true},
      {"[\\]]", "]", true},
      {"[\\-]", "-", true},
      {"[]", "a", false},
      {"[]a]", "a]", false},
      {"[^]", "a", true},
      {"[", "a", false},
      {"[abc", "b", true},
      {"[abc", "bx", false},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"\\?", "?", true},
      {"\\[a]", "[a]", true},
      {"a\\", "a\\", true},
      {"a\\\\", "a\\", true},
      {"*[0-9]", "user:7", true},
      {"*[0-9]", "user:x", false},
      {"sess:*:end", "sess:1:end:2:end", true},
      {"A", "a", false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(glob_match(c.pattern, c.text), c.matches) << c.pattern << " on " << c.text;
}

TEST(GlobMatch, IgnoresCaseIfAskedTo) {
  EXPECT_TRUE(glob_match("HeL*o", "hEllO", true));
  EXPECT_TRUE(glob_match("[A-C]x", "bX", true));
  EXPECT_TRUE(glob_match("[XYZ]", "y", true));
  EXPECT_TRUE(glob_match("\\A", "a", true));
  EXPECT_FALSE(glob_match("[^A-C]", "b", true));
}

TEST(GlobMatch, TreatsBytesAboveAsciiAndZeroAsPlainBytes) {
  EXPECT_TRUE(glob_match("\xc3\xa9*", "\xc3\xa9t\xc3\xa9"));
  EXPECT_TRUE(glob_match("[\x80-\xff]", "\xe0"));
  EXPECT_FALSE(glob_match("[\x80-\xff]", "a"));
  EXPECT_TRUE(glob_match(std::string_view("a\0*", 3), std::string_view("a\0b", 3)));
}

// The pattern that takes recursive matchers exponential time: here a second would be far too much already.
TEST(GlobMatch, TakesNoMoreThanPatternTimesText) {
  std::string pattern;
  while (pattern.size() + 2 < kGlobBytesMax) pattern += "*a";
  pattern += "b";
  EXPECT_FALSE(glob_match(pattern, std::string(20'000, 'a')));
  const std::string classes = "*" + std::string(500, '[') + "]x";
  EXPECT_FALSE(glob_match(classes, std::string(20'000, '[')));
}

TEST(GlobForMany, GivesUpOnATextThatTakesTooLongAndSaysSo) {
  const std::string text(20'000, 'a');
  const std::string backwards = "*" + std::string(500, 'a') + "b";
  Glob costly(backwards);
  EXPECT_FALSE(costly.matches(text));
  EXPECT_TRUE(costly.gave_up());
  EXPECT_LE(costly.steps(), kGlobStepsMax + kGlobBytesMax);
  const std::string long_class = "*[" + std::string(500, 'a') + "]b";
  Glob classes(long_class);
  EXPECT_FALSE(classes.matches(text));
  EXPECT_TRUE(classes.gave_up()) << "each byte of a class counts";
  Glob everything("*");
  EXPECT_TRUE(everything.matches(std::string(10'000'000, 'a')));
  Glob usual("*user:*");
  EXPECT_TRUE(usual.matches("the user:1"));
  EXPECT_FALSE(usual.matches(std::string(10'000, 'u')));
  EXPECT_FALSE(usual.gave_up());
  EXPECT_GT(usual.steps(), 10'000U);
}

}  // namespace
}  // namespace limpet
