#include <gtest/gtest.h>

#include <limpet/base/text.hpp>

namespace limpet {
namespace {

TEST(Case, ChangesAsciiLettersAlone) {
  EXPECT_EQ(to_lower('A'), 'a');
  EXPECT_EQ(to_lower('Z'), 'z');
  EXPECT_EQ(to_upper('a'), 'A');
  EXPECT_EQ(to_upper('z'), 'Z');
  for (const char c : {'0', '@', '[', '`', '{', '\0', '\xc4', '\xe4'}) {
    EXPECT_EQ(to_lower(c), c);
    EXPECT_EQ(to_upper(c), c);
  }
  EXPECT_EQ(to_lower("GeT \xc4!"), "get \xc4!");
  EXPECT_EQ(to_upper("GeT \xe4!"), "GET \xe4!");
}

TEST(EqualsIgnoreCase, ComparesWholeTexts) {
  EXPECT_TRUE(equals_ignore_case("", ""));
  EXPECT_TRUE(equals_ignore_case("GET", "gEt"));
  EXPECT_FALSE(equals_ignore_case("GET", "GETS"));
  EXPECT_FALSE(equals_ignore_case("GET", "GE"));
  EXPECT_FALSE(equals_ignore_case("@", "`"));
}

TEST(Printable, TurnsWhatWouldForgeALineIntoSpaces) {
  EXPECT_EQ(printable("a\r\nb\tc\x7f"), "a  b c ");
  EXPECT_EQ(printable(std::string_view("\0", 1)), " ");
  EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
}

TEST(Printable, CutsLongTexts) {
  EXPECT_EQ(printable("abcdef", 3), "abc");
  EXPECT_EQ(printable(std::string(500, 'x')).size(), 128u);
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("", 3), "");
}

TEST(WordsOf, AreWhatStandsBetweenSpaces) {
  using Words = std::vector<std::string_view>;
  EXPECT_EQ(words_of(""), Words{});
  EXPECT_EQ(words_of("  "), Words{});
  EXPECT_EQ(words_of("one"), Words{"one"});
  EXPECT_EQ(words_of(" one  two "), (Words{"one", "two"}));
}

TEST(SameWord, AgreesWithEqualityForWordsOfAnyLength) {
  const std::string text = "abcdefghijkl";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::string word = text.substr(0, size);
    EXPECT_TRUE(same_word(word, text.substr(0, size)));
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = word;
      other[at] = 'X';
      EXPECT_FALSE(same_word(word, other)) << word << " " << other;
    }
    EXPECT_FALSE(same_word(word, word + "a"));
  }
}

}  // namespace
}  // namespace limpet
