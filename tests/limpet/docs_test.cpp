#include "docs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace limpet::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// SET key value [NX|XX] [EX seconds] and CLIENT with two subcommands, as COMMAND DOCS tells them in RESP2.
Docs docs() {
  const std::string bytes =
      "*4\r\n+set\r\n*4\r\n+summary\r\n+Sets it.\r\n+arguments\r\n*4\r\n"
      "*4\r\n+name\r\n+key\r\n+type\r\n+key\r\n"
      "*4\r\n+name\r\n+value\r\n+type\r\n+string\r\n"
      "*8\r\n+name\r\n+condition\r\n+type\r\n+oneof\r\n+flags\r\n*1\r\n+optional\r\n+arguments\r\n*2\r\n"
      "*6\r\n+name\r\n+nx\r\n+type\r\n+pure-token\r\n+token\r\n+NX\r\n"
      "*6\r\n+name\r\n+xx\r\n+type\r\n+pure-token\r\n+token\r\n+XX\r\n"
      "*8\r\n+name\r\n+seconds\r\n+type\r\n+integer\r\n+token\r\n+EX\r\n+flags\r\n*1\r\n+optional\r\n"
      "+client\r\n*4\r\n+summary\r\n+Of clients.\r\n+subcommands\r\n*4\r\n"
      "+client|id\r\n*2\r\n+summary\r\n+Its id.\r\n+client|list\r\n*2\r\n+summary\r\n+All of them.\r\n";
  const auto value = resp::read_value(bytes);
  EXPECT_TRUE(value.has_value());
  return Docs(value.value_or(resp::Value{}));
}

TEST(Docs, CompleteCommandsInTheCaseTheyWereBegun) {
  EXPECT_THAT(docs().completions("s"), ElementsAre("set"));
  EXPECT_THAT(docs().completions("SE"), ElementsAre("SET"));
  EXPECT_THAT(docs().completions("C"), ElementsAre("CLEAR", "CLIENT", "CLUSTER"));
  EXPECT_THAT(docs().completions("q"), ElementsAre("quit"));
  EXPECT_THAT(docs().completions("x"), IsEmpty());
}

TEST(Docs, CompleteSecondWords) {
  EXPECT_THAT(docs().completions("client "), ElementsAre("ID", "LIST"));
  EXPECT_THAT(docs().completions("client l"), ElementsAre("list"));
  EXPECT_THAT(docs().completions("help s"), ElementsAre("set"));
  EXPECT_THAT(docs().completions("set k"), IsEmpty());
}

TEST(Docs, ToolsOfLimpetItselfAreKnownWithoutAServer) {
  EXPECT_THAT(Docs().completions("wh"), ElementsAre("where"));
  EXPECT_THAT(Docs().completions("cluster f"), ElementsAre("follow"));
  EXPECT_THAT(docs().completions("cluster "),
              ElementsAre("claim", "drain", "follow", "reload", "status", "undrain"));
  EXPECT_THAT(docs().completions("journal v"), ElementsAre("verify"));
  EXPECT_THAT(docs().completions("help client l"), ElementsAre("list"));
  EXPECT_EQ(Docs().hint("where "), "where KEY...  -- Whose a key is, and on which node it lives");
  EXPECT_EQ(Docs().hint("cluster drain "),
            "cluster drain NODE  -- Has a node give all its sessions to others");
}

TEST(Docs, HintShowsTheArguments) {
  EXPECT_EQ(docs().hint("set "), "SET key value [NX|XX] [EX seconds]  -- Sets it.");
  EXPECT_EQ(docs().hint("CLIENT id"), "CLIENT ID  -- Its id.");
  EXPECT_EQ(docs().hint("client x"), "CLIENT  -- Of clients.");
  EXPECT_EQ(docs().hint("nothing"), "");
  EXPECT_EQ(docs().hint(""), "");
}

TEST(Docs, AnyOtherReplyGivesNone) {
  EXPECT_THAT(Docs(resp::read_value("-ERR unknown command\r\n").value()).completions("s"), IsEmpty());
  EXPECT_THAT(Docs(resp::read_value("*3\r\n:1\r\n:2\r\n:3\r\n").value()).completions("s"), IsEmpty());
}

}  // namespace
}  // namespace limpet::client
