#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/command/errors.hpp>
#include <string>
#include <vector>

#include "a_client.hpp"

namespace limpet::clients {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string error(std::string_view text) { return "-" + std::string(text) + "\r\n"; }

TEST(Connection, PingAndEchoSayWhatTheyAreGiven) {
  AClient client;
  EXPECT_EQ(client.ask("PING"), "+PONG\r\n");
  EXPECT_EQ(client.ask("ping hello"), "$5\r\nhello\r\n");
  EXPECT_EQ(client.ask("PING a b"), error("ERR wrong number of arguments for 'ping' command"));
  EXPECT_EQ(client.ask("ECHO again"), "$5\r\nagain\r\n");
}

TEST(Connection, ThereIsOneDatabase) {
  AClient client;
  EXPECT_EQ(client.ask("SELECT 0"), "+OK\r\n");
  EXPECT_EQ(client.ask("SELECT 1"), error(command::kDbOutOfRange));
  EXPECT_EQ(client.ask("SELECT x"), error(command::kNotInteger));
  EXPECT_EQ(client.ask("SELECT 2147483648"), error(command::kNotInt));
}

TEST(Connection, TimeIsInSecondsAndMicroseconds) {
  AClient client;
  EXPECT_EQ(client.ask("TIME"), "*2\r\n$10\r\n1700000000\r\n$6\r\n123000\r\n");
}

TEST(Connection, QuitEndsItBehindItsReply) {
  AClient client;
  EXPECT_EQ(client.ask("QUIT"), "+OK\r\n");
  EXPECT_EQ(client.afterwards, Afterwards::ends);
  EXPECT_EQ(client.ask("READONLY"), "+OK\r\n");
  EXPECT_EQ(client.afterwards, Afterwards::goes_on);
}

TEST(Reset, MakesTheConnectionAsGoodAsNew) {
  AClient client("sesame");
  EXPECT_THAT(client.ask("HELLO 3 AUTH default sesame SETNAME me"), StartsWith("%7\r\n"));
  client.client.reply_mode = ReplyMode::off;
  EXPECT_EQ(client.ask("RESET"), "+RESET\r\n");
  EXPECT_EQ(client.client.version, resp::Version::resp2);
  EXPECT_EQ(client.client.names.connection, "");
  EXPECT_EQ(client.client.reply_mode, ReplyMode::on);
  EXPECT_FALSE(client.client.authenticated);
  EXPECT_EQ(client.afterwards, Afterwards::goes_on);
}

TEST(Reset, ItsOwnReplyIsPlacedByWhatItHasMadeOfTheClient) {
  AClient client;
  client.client.reply_mode = ReplyMode::off;
  const Request request("RESET");
  EXPECT_EQ(begin_connection_command(client.client, request.row(), client.passwords), Afterwards::goes_on);
  EXPECT_EQ(client.client.reply_mode, ReplyMode::on);
}

TEST(Reset, WithoutAPasswordTheClientMayGoOn) {
  AClient client;
  client.ask("RESET");
  EXPECT_TRUE(client.client.authenticated);
}

// ---- AUTH ----

TEST(Auth, TheRightPasswordLetsIn) {
  AClient client("sesame");
  EXPECT_EQ(client.ask("AUTH wrong"), error(command::kWrongPass));
  EXPECT_FALSE(client.client.authenticated);
  EXPECT_EQ(client.ask("AUTH sesame"), "+OK\r\n");
  EXPECT_TRUE(client.client.authenticated);
  EXPECT_EQ(client.ask("AUTH wrong"), error(command::kWrongPass));
  EXPECT_TRUE(client.client.authenticated) << "as with Redis, it stays what it was";
}

TEST(Auth, ThereIsOneUser) {
  AClient client("sesame");
  EXPECT_EQ(client.ask("AUTH somebody sesame"), error(command::kWrongPass));
  EXPECT_FALSE(client.client.authenticated);
  EXPECT_EQ(client.ask("AUTH default sesame"), "+OK\r\n");
  EXPECT_EQ(client.ask("AUTH default sesame more"), error(command::kSyntax));
}

TEST(Auth, TwoPasswordsAreValidAtOnce) {
  const Secrets both(std::vector<std::string>{"new", "old"});
  for (const std::string password : {"new", "old"}) {
    EXPECT_EQ(AClient(both).ask("AUTH " + password), "+OK\r\n");
    EXPECT_EQ(AClient(both).ask("AUTH default " + password), "+OK\r\n");
    EXPECT_THAT(AClient(both).ask("HELLO 2 AUTH default " + password), StartsWith("*14\r\n"));
  }
  EXPECT_EQ(AClient(both).ask("AUTH newold"), error(command::kWrongPass));
}

TEST(Auth, WithoutAPasswordAnyUserOfTheNameIsIn) {
  AClient client;
  EXPECT_EQ(client.ask("AUTH x"), error(command::kAuthWithoutPassword));
  EXPECT_EQ(client.ask("AUTH default x"), "+OK\r\n");
  EXPECT_EQ(client.ask("AUTH somebody x"), error(command::kWrongPass));
}

// ---- HELLO ----

TEST(Hello, AnswersInTheVersionThatItAsksFor) {
  AClient client;
  EXPECT_THAT(client.ask("HELLO"), StartsWith("*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n"));
  const std::string three = client.ask("HELLO 3");
  EXPECT_THAT(three, StartsWith("%7\r\n"));
  EXPECT_THAT(three, HasSubstr("$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:7\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n"));
  EXPECT_THAT(three, EndsWith("$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"));
  EXPECT_THAT(client.ask("HELLO"), StartsWith("%7\r\n")) << "it stays";
  EXPECT_THAT(client.ask("HELLO 2"), StartsWith("*14\r\n"));
}

TEST(Hello, KnowsTwoVersions) {
  AClient client;
  EXPECT_EQ(client.ask("HELLO 1"), error(command::kNoProto));
  EXPECT_EQ(client.ask("HELLO 4"), error(command::kNoProto));
  EXPECT_EQ(client.ask("HELLO x"), error(command::kHelloVersion));
  EXPECT_EQ(client.client.version, resp::Version::resp2);
}

TEST(Hello, IsRefusedToStrangersWhoDoNotSayThePassword) {
  AClient client("sesame");
  EXPECT_EQ(client.ask("HELLO 3"), error(command::kHelloNoAuth));
  EXPECT_EQ(client.ask("HELLO 3 AUTH default wrong"), error(command::kWrongPass));
  EXPECT_EQ(client.client.version, resp::Version::resp2);
  EXPECT_FALSE(client.client.authenticated);
  EXPECT_THAT(client.ask("HELLO 3 auth default sesame"), StartsWith("%7\r\n"));
  EXPECT_TRUE(client.client.authenticated);
}

TEST(Hello, NothingOfItHoldsUnlessAllOfItDoes) {
  AClient client("sesame");
  EXPECT_EQ(client.ask("HELLO 3 AUTH default sesame SETNAME \x01"), error(command::kClientName));
  EXPECT_EQ(client.ask("HELLO 3 SETNAME me AUTH default wrong"), error(command::kWrongPass));
  EXPECT_EQ(client.ask("HELLO 3 AUTH default sesame SETNAME me LOUD"),
            error("ERR Syntax error in HELLO option 'LOUD'"));
  EXPECT_EQ(client.ask("HELLO 3 AUTH default"), error("ERR Syntax error in HELLO option 'AUTH'"));
  EXPECT_FALSE(client.client.authenticated);
  EXPECT_EQ(client.client.version, resp::Version::resp2);
  EXPECT_EQ(client.client.names.connection, "");
}

TEST(Hello, NamesTheClient) {
  AClient client;
  client.ask("HELLO 2 SETNAME me");
  EXPECT_EQ(client.client.names.connection, "me");
  client.ask("HELLO 3");
  EXPECT_EQ(client.client.names.connection, "me");
}

}  // namespace
}  // namespace limpet::clients
