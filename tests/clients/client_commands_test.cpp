#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/resp/value.hpp>
#include <string>
#include <vector>

#include "a_client.hpp"

namespace limpet::clients {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Kind = command::Step::Kind;
using Fate = KillFilter::Fate;

// What begin() has to say of a request that is refused; empty: it is not.
std::string refusal(std::string_view line) {
  AClient client;
  const command::Step step = client.begin(line);
  EXPECT_EQ(step.kind == Kind::refuse, !step.error.empty()) << line;
  return step.error;
}

// ---- Of one client ----

TEST(ClientCommand, ItsNumberAndItsName) {
  AClient client;
  EXPECT_EQ(client.ask_client("CLIENT ID"), ":7\r\n");
  EXPECT_EQ(client.ask_client("CLIENT GETNAME"), "$-1\r\n");
  EXPECT_EQ(client.ask_client("CLIENT SETNAME me"), "+OK\r\n");
  EXPECT_EQ(client.ask_client("CLIENT GETNAME"), "$2\r\nme\r\n");
  EXPECT_EQ(client.ask_client("CLIENT NO-EVICT on"), "+OK\r\n");
  EXPECT_EQ(client.ask_client("CLIENT NO-EVICT maybe"), "-" + std::string(command::kSyntax) + "\r\n");
}

TEST(ClientCommand, ASubcommandThatThereIsNotIsRejected) {
  AClient client;
  EXPECT_EQ(client.begin("CLIENT NOSUCH").kind, Kind::reject);
  EXPECT_EQ(client.begin("CLIENT ID more").error, command::wrong_arity("client|id"));
}

TEST(ClientCommand, NamesThatWouldBreakALineOfTheListAreRefused) {
  AClient client;
  EXPECT_TRUE(valid_client_name(""));
  EXPECT_TRUE(valid_client_name("!~"));
  EXPECT_FALSE(valid_client_name("two words"));
  EXPECT_FALSE(valid_client_name("line\n"));
  EXPECT_FALSE(valid_client_name("\x7f"));
  EXPECT_TRUE(valid_client_name(std::string(kClientNameBytesMax, 'n')));
  EXPECT_FALSE(valid_client_name(std::string(kClientNameBytesMax + 1, 'n')));
  EXPECT_EQ(client.ask_client("CLIENT SETNAME \x01"), "-" + std::string(command::kClientName) + "\r\n");
  EXPECT_EQ(client.client.names.connection, "");
}

TEST(ClientCommand, TheLibraryOfAClientIsKeptApartFromItsVersion) {
  AClient client;
  EXPECT_EQ(client.ask_client("CLIENT SETINFO lib-name jedis"), "+OK\r\n");
  EXPECT_EQ(client.ask_client("CLIENT SETINFO LIB-VER 5.1"), "+OK\r\n");
  EXPECT_EQ(client.client.names.library, "jedis");
  EXPECT_EQ(client.client.names.library_version, "5.1");
  EXPECT_EQ(client.ask_client("CLIENT SETINFO lib-ver \x01"),
            "-ERR lib-ver cannot contain spaces, newlines or special characters.\r\n");
  EXPECT_EQ(client.ask_client("CLIENT SETINFO colour red"), "-ERR Unrecognized option 'colour'\r\n");
}

// ---- REPLY ----

TEST(ClientReply, OnIsAnsweredForTheClientIsListeningByThen) {
  AClient client;
  client.client.reply_mode = ReplyMode::off;
  EXPECT_EQ(client.begin("CLIENT REPLY on").kind, Kind::answer);
  EXPECT_EQ(client.client.reply_mode, ReplyMode::on);
  EXPECT_EQ(client.ask_client("CLIENT REPLY ON"), "+OK\r\n");
}

TEST(ClientReply, OffAndSkipSayNothing) {
  AClient client;
  EXPECT_EQ(client.begin("CLIENT REPLY skip").kind, Kind::silent);
  EXPECT_EQ(client.client.reply_mode, ReplyMode::skip_next);
  EXPECT_EQ(client.begin("CLIENT REPLY off").kind, Kind::silent);
  EXPECT_EQ(client.client.reply_mode, ReplyMode::off);
}

TEST(ClientReply, SkipDoesNotBringBackWhoHasTurnedItOff) {
  AClient client;
  client.begin("CLIENT REPLY off");
  EXPECT_EQ(client.begin("CLIENT REPLY skip").kind, Kind::silent);
  EXPECT_EQ(client.client.reply_mode, ReplyMode::off);
}

TEST(ClientReply, AnythingElseIsRefused) { EXPECT_EQ(refusal("CLIENT REPLY maybe"), command::kSyntax); }

// ---- LIST ----

// What a shard with these clients says.
std::vector<std::string> list(std::string_view line, const std::vector<AClient*>& clients) {
  AClient asking;
  const command::Step step = asking.begin(line);
  EXPECT_EQ(step.kind, Kind::ask_shards) << step.error;
  EXPECT_EQ(step.merge, command::Merge::text);
  EXPECT_TRUE(step.args.empty()) << "it is passed on as it came";
  const Request part(line);
  ClientList list(part.args(), asking.now);
  for (const AClient* each : clients) list.add(each->client);
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  list.reply(reply);
  const auto value = resp::read_value(out.view());
  EXPECT_TRUE(value.has_value());
  std::vector<std::string> lines;
  for (const resp::Value& element : value->elements) lines.push_back(element.text);
  return lines;
}

TEST(ClientList, ALineSaysWhatIsKnownOfAClient) {
  AClient client;
  client.client.opened_ms = 37'000;
  client.client.last_used_ms = 98'000;
  client.client.commands.sent(*command::find("get"));
  client.client.version = resp::Version::resp3;
  client.client.names.connection = "me";
  client.client.names.library = "jedis";
  client.client.names.library_version = "5.1";
  client.client.input.append("*2\r\n");
  client.client.out.append("+OK\r\n");
  const std::vector<std::string> lines = list("CLIENT LIST", {&client});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0],
              StartsWith("id=7 addr=10.0.0.1:50007 laddr=10.0.0.2:6379 fd=-1 name=me age=63 idle=2 flags=N "
                         "db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=4 qbuf-free="));
  EXPECT_THAT(lines[0], HasSubstr(" argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=5 oll=0 omem="));
  EXPECT_THAT(lines[0], ::testing::EndsWith(" events=r cmd=get user=default redir=-1 resp=3 lib-name=jedis "
                                            "lib-ver=5.1\n"));
}

TEST(ClientList, InfoIsTheSameLineOfOneClient) {
  AClient client;
  const std::string line = list("CLIENT LIST", {&client}).at(0);
  EXPECT_EQ(client.ask_client("CLIENT INFO"), "$" + std::to_string(line.size()) + "\r\n" + line + "\r\n");
  EXPECT_THAT(line, AllOf(HasSubstr(" name= "), HasSubstr(" cmd=NULL ")));
}

TEST(ClientList, ShowsThoseOfTheNumbersThatAreAskedFor) {
  AClient one({}, 1);
  AClient two({}, 2);
  AClient three({}, 3);
  EXPECT_EQ(list("CLIENT LIST", {&one, &two, &three}).size(), 3U);
  EXPECT_THAT(list("CLIENT LIST ID 3 99 1", {&one, &two, &three}),
              ElementsAre(StartsWith("id=1 "), StartsWith("id=3 ")));
  EXPECT_THAT(list("CLIENT LIST id -1", {&one}), IsEmpty());
}

TEST(ClientList, AllClientsAreOfOneType) {
  AClient one({}, 1);
  EXPECT_EQ(list("CLIENT LIST TYPE Normal", {&one}).size(), 1U);
  EXPECT_THAT(list("CLIENT LIST TYPE pubsub", {&one}), IsEmpty());
  EXPECT_EQ(refusal("CLIENT LIST TYPE odd"), "ERR Unknown client type 'odd'");
}

TEST(ClientList, WhatItDoesNotUnderstandIsRefused) {
  EXPECT_EQ(refusal("CLIENT LIST ID"), command::kSyntax);
  EXPECT_EQ(refusal("CLIENT LIST ID 1 x"), "ERR Invalid client ID");
  EXPECT_EQ(refusal("CLIENT LIST TYPE normal more"), command::kSyntax);
  EXPECT_EQ(refusal("CLIENT LIST ALL"), command::kSyntax);
}

// ---- KILL ----

// Numbers of those of three clients, 1 to 3, that do not stay. Number 2 asks.
std::vector<std::uint64_t> killed(std::string_view line) {
  AClient asking({}, 2);
  const command::Step step = asking.begin(line);
  EXPECT_EQ(step.kind, Kind::ask_shards) << step.error;
  const Request part(step.args);
  const KillFilter filter(part.args());
  std::vector<std::uint64_t> gone;
  for (std::uint64_t number = 1; number <= 3; ++number) {
    if (filter.fate_of(AClient({}, number).client) != Fate::stays) gone.push_back(number);
  }
  return gone;
}

TEST(ClientKill, WhoAsksIsSparedUnlessItSaysOtherwise) {
  EXPECT_THAT(killed("CLIENT KILL TYPE normal"), ElementsAre(1, 3));
  EXPECT_THAT(killed("CLIENT KILL TYPE normal SKIPME yes"), ElementsAre(1, 3));
  EXPECT_THAT(killed("CLIENT KILL SKIPME No"), ElementsAre(1, 2, 3));
  EXPECT_THAT(killed("CLIENT KILL ID 2"), IsEmpty());
  EXPECT_THAT(killed("CLIENT KILL ID 2 SKIPME no"), ElementsAre(2));
}

TEST(ClientKill, EveryFilterHasToFit) {
  EXPECT_THAT(killed("CLIENT KILL ID 1"), ElementsAre(1));
  EXPECT_THAT(killed("CLIENT KILL ADDR 10.0.0.1:50003"), ElementsAre(3));
  EXPECT_THAT(killed("CLIENT KILL LADDR 10.0.0.2:6379"), ElementsAre(1, 3));
  EXPECT_THAT(killed("CLIENT KILL laddr 10.0.0.2:6379 id 1 user default"), ElementsAre(1));
  EXPECT_THAT(killed("CLIENT KILL ID 1 ADDR 10.0.0.1:50003"), IsEmpty());
  EXPECT_THAT(killed("CLIENT KILL TYPE pubsub"), IsEmpty());
}

TEST(ClientKill, TheOlderFormNamesAnAddressAndSparesNobody) {
  EXPECT_THAT(killed("CLIENT KILL 10.0.0.1:50002"), ElementsAre(2));
  AClient client;
  EXPECT_EQ(client.begin("CLIENT KILL 10.0.0.1:50002").merge, command::Merge::any);
  EXPECT_EQ(client.begin("CLIENT KILL ADDR 10.0.0.1:50002").merge, command::Merge::sum);
}

TEST(ClientKill, WhoHasNotReadItsRepliesIsNotWaitedForAndWhoEndsAlreadyDoesNotCount) {
  const Request part("CLIENT KILL");
  const KillFilter all(part.args());
  AClient client;
  EXPECT_EQ(all.fate_of(client.client), Fate::ends);
  client.client.out.append("+OK\r\n");
  EXPECT_EQ(all.fate_of(client.client), Fate::aborts);
  client.client.ending = true;
  EXPECT_EQ(all.fate_of(client.client), Fate::stays);
}

TEST(ClientKill, WhatItDoesNotUnderstandIsRefused) {
  EXPECT_EQ(refusal("CLIENT KILL ID"), "") << "an address like any other";
  EXPECT_EQ(refusal("CLIENT KILL ID 1 ADDR"), command::kSyntax);
  EXPECT_EQ(refusal("CLIENT KILL ID 0"), "ERR client-id should be greater than 0");
  EXPECT_EQ(refusal("CLIENT KILL ID x"), "ERR client-id should be greater than 0");
  EXPECT_EQ(refusal("CLIENT KILL TYPE odd"), "ERR Unknown client type 'odd'");
  EXPECT_EQ(refusal("CLIENT KILL USER somebody"), "ERR No such user 'somebody'");
  EXPECT_EQ(refusal("CLIENT KILL SKIPME maybe"), command::kSyntax);
  EXPECT_EQ(refusal("CLIENT KILL SPARE 1"), command::kSyntax) << "shards say so among themselves alone";
}

TEST(ClientKill, ItsFiltersAreBounded) {
  std::string filters;
  for (std::size_t i = 0; i < kClientFiltersMax; ++i) filters += " TYPE normal";
  EXPECT_EQ(refusal("CLIENT KILL" + filters), "");
  EXPECT_EQ(refusal("CLIENT KILL" + filters + " TYPE normal"), "ERR too many filters");
}

}  // namespace
}  // namespace limpet::clients
