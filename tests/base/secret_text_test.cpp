#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/secret_text.hpp>

namespace limpet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::string_view_literals;

SecretText parsed(std::string_view text) {
  auto secrets = parse_secrets(text, "f");
  EXPECT_TRUE(secrets.has_value()) << secrets.error().text;
  return std::move(*secrets);
}

std::string error_of(std::string_view text) {
  const auto secrets = parse_secrets(text, "f");
  return secrets ? "" : secrets.error().text;
}

TEST(SecretText, IsTheNewOneAndTheOneBefore) {
  EXPECT_THAT(parsed("one").secrets.all(), ElementsAre("one"));
  EXPECT_THAT(parsed("one\n").secrets.all(), ElementsAre("one"));
  const SecretText two = parsed("new\nold\n");
  EXPECT_THAT(two.secrets.all(), ElementsAre("new", "old"));
  EXPECT_THAT(two.warnings, IsEmpty());
}

TEST(SecretText, LineEndsOfAnySystemAreNotPartOfIt) {
  const SecretText two = parsed("new\r\nold\r\n\r\n\n");
  EXPECT_THAT(two.secrets.all(), ElementsAre("new", "old"));
  EXPECT_THAT(two.warnings, IsEmpty());
}

TEST(SecretText, AByteOrderMarkIsLeftOutAndSaid) {
  const SecretText marked = parsed("\xef\xbb\xbfone\n");
  EXPECT_THAT(marked.secrets.all(), ElementsAre("one"));
  EXPECT_THAT(marked.warnings, ElementsAre(HasSubstr("f:1: begins with a byte order mark")));
}

TEST(SecretText, BlankAndEqualLinesAreLeftOutAndSaid) {
  const SecretText odd = parsed("\nnew\n \t\nnew\n");
  EXPECT_THAT(odd.secrets.all(), ElementsAre("new"));
  EXPECT_THAT(odd.warnings,
              ElementsAre(HasSubstr("f:1: blank"), HasSubstr("f:3: blank"), HasSubstr("f:4: the same")));
}

TEST(SecretText, SpacesAndControlBytesCountAndAreSaid) {
  const SecretText odd = parsed("one \nt\x1bwo\n");
  EXPECT_THAT(odd.secrets.all(), ElementsAre("one ", "t\x1bwo"));
  EXPECT_THAT(odd.warnings,
              ElementsAre(HasSubstr("f:1: begins or ends with a space"), HasSubstr("f:2: holds a control")));
}

TEST(SecretText, WhatIsNoTextIsRefusedAndLatin1IsSaid) {
  EXPECT_THAT(error_of("\xff\xfeo\0n\0e\0"sv), HasSubstr("f:1: this is UTF-16"));
  EXPECT_THAT(error_of("a\nb\0c"sv), HasSubstr("f:2: a NUL byte"));
  EXPECT_THAT(parsed("p\xe4ss\n").warnings, ElementsAre(HasSubstr("f:1: byte 0xe4 is no UTF-8")));
}

TEST(SecretText, NoneAndAThirdAreRefused) {
  EXPECT_THAT(error_of(""), HasSubstr("f: empty"));
  EXPECT_THAT(error_of("\r\n \n"), HasSubstr("f: empty"));
  EXPECT_THAT(error_of("a\nb\n\nc\n"), HasSubstr("f:4: a third secret"));
}

}  // namespace
}  // namespace limpet
