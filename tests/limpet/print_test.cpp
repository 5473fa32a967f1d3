#include "print.hpp"

#include <gtest/gtest.h>

#include <limpet/resp/request.hpp>

namespace limpet::client {
namespace {

using namespace std::string_literals;

std::string shown(const std::string& reply, Look look = Look::pretty) {
  const auto value = resp::read_value(reply);
  EXPECT_TRUE(value.has_value()) << reply;
  return print(value.value_or(resp::Value{}), look);
}
std::string raw(const std::string& reply) { return shown(reply, Look::raw); }

TEST(Print, ScalarsForPeople) {
  EXPECT_EQ(shown("+OK\r\n"), "OK\n");
  EXPECT_EQ(shown("-ERR no\r\n"), "(error) ERR no\n");
  EXPECT_EQ(shown(":1\r\n"), "(integer) 1\n");
  EXPECT_EQ(shown("$3\r\na\"b\r\n"), "\"a\\\"b\"\n");
  EXPECT_EQ(shown("$-1\r\n"), "(nil)\n");
  EXPECT_EQ(shown("#t\r\n"), "(true)\n");
  EXPECT_EQ(shown(",1.5\r\n"), "(double) 1.5\n");
  EXPECT_EQ(shown("(123\r\n"), "(big number) 123\n");
  EXPECT_EQ(shown("=7\r\ntxt:abc\r\n"), "abc\n");
}

TEST(Print, AggregatesForPeople) {
  EXPECT_EQ(shown("*0\r\n"), "(empty array)\n");
  EXPECT_EQ(shown("%0\r\n"), "(empty hash)\n");
  EXPECT_EQ(shown("*2\r\n$1\r\na\r\n:2\r\n"), "1) \"a\"\n2) (integer) 2\n");
  EXPECT_EQ(shown("*2\r\n*2\r\n+a\r\n+b\r\n*1\r\n*1\r\n+c\r\n"), "1) 1) a\n   2) b\n2) 1) 1) c\n");
  EXPECT_EQ(shown("%2\r\n+a\r\n:1\r\n+b\r\n*2\r\n+x\r\n+y\r\n"),
            "1# a => (integer) 1\n2# b => 1) x\n   2) y\n");
  EXPECT_EQ(shown("~1\r\n+a\r\n"), "1~ a\n");
}

TEST(Print, NumbersOfElementsAreAligned) {
  std::string reply = "*10\r\n";
  for (int i = 0; i < 10; ++i) reply += "*1\r\n:7\r\n";
  const std::string text = shown(reply);
  EXPECT_TRUE(text.starts_with(" 1) 1) (integer) 7\n 2) 1)")) << text;
  EXPECT_TRUE(text.ends_with("10) 1) (integer) 7\n")) << text;
}

TEST(Print, RepliesForPrograms) {
  EXPECT_EQ(raw("+OK\r\n"), "OK\n");
  EXPECT_EQ(raw(":1\r\n"), "1\n");
  EXPECT_EQ(raw("$-1\r\n"), "\n");
  EXPECT_EQ(raw("$4\r\na\"\0b\r\n"s), "a\"\0b\n"s);
  EXPECT_EQ(raw("-ERR no\r\n"), "ERR no\n");
  EXPECT_EQ(raw("*2\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n"), "a\n1\n2\n");
  EXPECT_EQ(raw("*0\r\n"), "\n");
}

TEST(Print, TerminalObeysNothingThatAServerSends) {
  EXPECT_EQ(shown("$4\r\n\033[2J\r\n"), "\"\\x1b[2J\"\n");
  EXPECT_EQ(shown("+\033[2J\r\n"), " [2J\n");
  EXPECT_EQ(shown("-\033[2J\r\n"), "(error)  [2J\n");
}

TEST(Print, QuotedTextIsReadBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  std::string storage;
  resp::Args words;
  const std::string line = client::in_quotes(all);
  ASSERT_TRUE(resp::split_words(line, storage, words));
  ASSERT_EQ(words.size(), 1u);
  EXPECT_EQ(words[0], all);
}

}  // namespace
}  // namespace limpet::client
