#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/resp/request.hpp>

namespace limpet::resp {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> split(std::string_view line) {
  std::string storage;
  Args words;
  if (!split_words(line, storage, words)) return {"unbalanced"};
  return {words.begin(), words.end()};
}

TEST(Words, SpaceOfAnyKindParts) {
  EXPECT_THAT(split(""), IsEmpty());
  EXPECT_THAT(split(" \t\r\n\v\f"), IsEmpty());
  EXPECT_THAT(split("a b\tc\rd\ne"), ElementsAre("a", "b", "c", "d", "e"));
}

TEST(Words, DoubleQuotesTakeEscapes) {
  EXPECT_THAT(split(R"("a b")"), ElementsAre("a b"));
  EXPECT_THAT(split(R"("\n\r\t\b\a\\\"\q")"), ElementsAre("\n\r\t\b\a\\\"q"));
  EXPECT_THAT(split(R"("\x00\xfF\xZZ\x1")"), ElementsAre("\0\xffxZZx1"s));
  EXPECT_THAT(split(R"("")"), ElementsAre(""));
}

TEST(Words, SingleQuotesTakeAllButTheirOwn) {
  EXPECT_THAT(split(R"('a "b" \n' 'it\'s' '')"), ElementsAre("a \"b\" \\n", "it's", ""));
}

TEST(Words, QuotesMayBeginInsideAWord) {
  EXPECT_THAT(split(R"(foo"bar baz" x)"), ElementsAre("foobar baz", "x"));
}

TEST(Words, BackslashOutsideQuotesIsItself) { EXPECT_THAT(split(R"(a\nb)"), ElementsAre("a\\nb")); }

TEST(Words, UnbalancedQuotesAreRefused) {
  for (const std::string_view line : {"\"a", "'a", "\"a\"b", "'a'b", "a \"", "\"a\\", "\"\\\"", "'\\'"}) {
    EXPECT_THAT(split(line), ElementsAre("unbalanced")) << line;
  }
}

TEST(Words, ManyQuotedWordsKeepTheirText) {
  std::string line;
  for (int i = 0; i < 2000; ++i) line += "\"word " + std::to_string(i) + "\" ";
  const auto words = split(line);
  ASSERT_EQ(words.size(), 2000u);
  EXPECT_EQ(words[0], "word 0");
  EXPECT_EQ(words[1999], "word 1999");
}

}  // namespace
}  // namespace limpet::resp
