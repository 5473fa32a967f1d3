#include "options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "commands.hpp"
#include "exit_codes.hpp"

namespace limpet::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using List = std::vector<std::string>;
using Views = std::vector<std::string_view>;

Options parsed(const List& args) {
  const ParsedOptions outcome = parse_options(args);
  EXPECT_TRUE(outcome.options.has_value()) << outcome.text;
  return outcome.options.value_or(Options{});
}
template <class T>
T task(const List& args) {
  const Options options = parsed(args);
  EXPECT_TRUE(std::holds_alternative<T>(options.task));
  return std::holds_alternative<T>(options.task) ? std::get<T>(options.task) : T{};
}
ParsedOptions refused(const List& args) {
  ParsedOptions outcome = parse_options(args);
  EXPECT_FALSE(outcome.options.has_value());
  return outcome;
}

TEST(Options, CommandIsWhatFollowsTheOptions) {
  const Options options = parsed({"-s", "h:1", "-t", "0.5", "SET", "k", "-v", "--raw"});
  EXPECT_EQ(options.server, "h:1");
  EXPECT_EQ(options.timeout_s, 0.5);
  EXPECT_FALSE(options.look.has_value());
  EXPECT_THAT(std::get<CommandTask>(options.task).words, ElementsAre("SET", "k", "-v", "--raw"));
  EXPECT_THAT(task<CommandTask>({"INCRBY", "k", "-5"}).words, ElementsAre("INCRBY", "k", "-5"));
}

TEST(Options, NoCommandMeansLines) {
  EXPECT_TRUE(std::holds_alternative<LinesTask>(parsed({}).task));
  EXPECT_EQ(parsed({}).server, "127.0.0.1:7379");
  EXPECT_EQ(parsed({"--raw"}).look, Look::raw);
  EXPECT_EQ(parsed({"--pretty"}).look, Look::pretty);
}

TEST(Options, ToolsTakeOptionsOfTheirOwn) {
  const Options where = parsed({"where", "-s", "h:2", "cart:{u42}"});
  EXPECT_EQ(where.server, "h:2");
  EXPECT_EQ(std::get<WhereTask>(where.task).keys.at(0), "cart:{u42}");
  EXPECT_EQ(task<WhereTask>({"where", "k", "--config", "f"}).config_file, "f");
  EXPECT_THAT(task<WhereTask>({"where", "a", "b"}).keys, ElementsAre("a", "b"));
  EXPECT_THAT(task<WhereTask>({"where", "-"}).keys, ElementsAre("-"));
  EXPECT_EQ(task<UndrainTask>({"cluster", "undrain", "n1"}).node, "n1");
  EXPECT_EQ(task<UndrainTask>({"cluster", "undrain"}).node, "");
  EXPECT_TRUE(parsed({"--partial", "DBSIZE"}).partial);
  EXPECT_EQ(parsed({"-s", "h:3", "where", "k"}).server, "h:3");
  EXPECT_TRUE(task<PlanTask>({"plan", "a", "b", "--json"}).json);
  EXPECT_EQ(task<PlanTask>({"plan", "a", "b"}).after_file, "b");
  EXPECT_FALSE(task<StatusTask>({"cluster", "status"}).json);
  EXPECT_TRUE(task<StatusTask>({"Cluster", "STATUS", "--json"}).json);
  EXPECT_EQ(task<HaproxyTask>({"haproxy", "f"}).file, "f");
  EXPECT_EQ(task<VerifyTask>({"journal", "verify", "d"}).directory, "d");
  EXPECT_EQ(task<DumpTask>({"journal", "dump", "d"}).key, std::nullopt);
  EXPECT_EQ(task<DumpTask>({"journal", "dump", "d", "k", "--full"}).key, "k");
  EXPECT_TRUE(task<DumpTask>({"journal", "dump", "--full", "d", "k"}).full);
  EXPECT_EQ(task<BackupTask>({"backup", "d", "t"}).target, "t");
  EXPECT_EQ(task<DrainTask>({"cluster", "drain", "n1"}).node, "n1");
  EXPECT_TRUE(task<DrainTask>({"cluster", "drain", "n1"}).wait);
  EXPECT_FALSE(task<DrainTask>({"cluster", "drain", "n1", "--no-wait"}).wait);
  EXPECT_EQ(task<ClaimTask>({"cluster", "claim", "n1"}).node, "n1");
  EXPECT_FALSE(task<ClaimTask>({"cluster", "claim", "n1"}).yes);
  EXPECT_TRUE(task<ReloadTask>({"cluster", "reload", "--all"}).all);
  EXPECT_FALSE(task<ReloadTask>({"cluster", "reload"}).all);
  EXPECT_TRUE(task<ReloadTask>({"cluster", "reload", "--dry-run"}).dry_run);
  task<FollowTask>({"cluster", "follow"});
}

TEST(Options, OtherCommandsNamedLikeToolsGoToTheServer) {
  EXPECT_THAT(task<CommandTask>({"cluster", "info"}).words, ElementsAre("cluster", "info"));
  EXPECT_THAT(task<CommandTask>({"CLUSTER", "KEYSLOT", "k"}).words, ElementsAre("CLUSTER", "KEYSLOT", "k"));
  EXPECT_THAT(task<CommandTask>({"cluster"}).words, ElementsAre("cluster"));
  EXPECT_THAT(task<CommandTask>({"help"}).words, ElementsAre("help"));
}

TEST(Options, WrongUseSaysWhatIsWrong) {
  EXPECT_EQ(refused({"--bogus", "GET", "k"}).exit, kUsage);
  EXPECT_THAT(refused({"--bogus"}).text, HasSubstr("--bogus"));
  EXPECT_EQ(refused({"--raw", "--pretty"}).exit, kUsage);
  EXPECT_EQ(refused({"where"}).exit, kUsage);
  EXPECT_EQ(refused({"plan", "a"}).exit, kUsage);
  EXPECT_EQ(refused({"plan", "a", "b", "c"}).exit, kUsage);
  EXPECT_EQ(refused({"journal"}).exit, kUsage);
  EXPECT_THAT(refused({"journal", "check", "d"}).text, HasSubstr("verify or dump"));
  EXPECT_EQ(refused({"journal", "verify"}).exit, kUsage);
  EXPECT_EQ(refused({"backup", "d"}).exit, kUsage);
  EXPECT_EQ(refused({"-t", "soon", "PING"}).exit, kUsage);
  EXPECT_EQ(refused({"-t", "-1", "PING"}).exit, kUsage);
}

TEST(Options, AllWrongUseIsToldInOneVoice) {
  for (const List& args : {List{"--bogus"}, List{"-t", "soon"}, List{"--server="}, List{"journal"},
                           List{"status"}, List{"-h", "h", "-p", "1"}}) {
    EXPECT_THAT(refused(args).text, MatchesRegex("limpet: .*\nRun limpet --help for more information.\n"));
  }
  EXPECT_THAT(refused({"plan", "a"}).text, MatchesRegex("limpet: .*\nRun limpet plan --help for more .*"));
}

TEST(Options, WhatWasMeantIsSaid) {
  EXPECT_THAT(refused({"-h", "10.0.0.1", "-p", "7601", "PING"}).text,
              HasSubstr("did you mean -s 10.0.0.1:7601?"));
  EXPECT_THAT(refused({"-p", "7601", "PING"}).text, HasSubstr("did you mean -s 127.0.0.1:7601?"));
  EXPECT_THAT(refused({"status"}).text, HasSubstr("did you mean limpet cluster status?"));
  EXPECT_THAT(refused({"reload", "--all"}).text, HasSubstr("did you mean limpet cluster reload?"));
  EXPECT_EQ(refused({"-h"}).exit, kDone);
}

TEST(Options, DurationsAreThoseOfTheDaemonAndANumberAloneIsSeconds) {
  EXPECT_EQ(parsed({"-t", "500ms", "PING"}).timeout_s, 0.5);
  EXPECT_EQ(parsed({"--timeout=1m", "PING"}).timeout_s, 60);
  EXPECT_EQ(parsed({"cluster", "status", "-t", "2s"}).timeout_s, 2);
  EXPECT_EQ(parsed({"-t", "3", "PING"}).timeout_s, 3);
  EXPECT_THAT(refused({"-t", "0", "PING"}).text, HasSubstr("out of range: from 1ms to 24h"));
  EXPECT_THAT(refused({"-t", "soon", "PING"}).text, HasSubstr("write one like 500ms, 2s, 1m or 1h"));
}

TEST(Options, AnEmptyValueIsAnErrorAndNeverTheNextWord) {
  for (const std::string option : {"--server", "--password-file", "--timeout"}) {
    EXPECT_THAT(refused({option + "=", "PING"}).text, HasSubstr(option + " is empty"));
    EXPECT_THAT(refused({option, "", "PING"}).text, HasSubstr(option + " is empty"));
    EXPECT_THAT(refused({"cluster", "status", option + "="}).text, HasSubstr(option + " is empty"));
  }
  EXPECT_THAT(refused({"-s", "h:1", "--timeout=", "PING"}).text, HasSubstr("--timeout is empty"));
  EXPECT_THAT(refused({"where", "--config=", "key"}).text, HasSubstr("--config is empty"));
  EXPECT_EQ(refused({"--raw=", "PING"}).exit, kUsage);
  // What stands behind the command is the server's.
  EXPECT_EQ(std::get<CommandTask>(parsed({"SET", "k", "--server="}).task).words.back(), "--server=");
  EXPECT_EQ(std::get<CommandTask>(parsed({"-s", "h:1", "SET", "k", ""}).task).words.back(), "");
}

TEST(Options, HelpNamesTheExitCodes) {
  const ParsedOptions help = refused({"--help"});
  EXPECT_EQ(help.exit, kDone);
  EXPECT_THAT(help.text, HasSubstr("Exit codes"));
  EXPECT_THAT(refused({"--version"}).text, HasSubstr("limpet "));
  EXPECT_THAT(refused({"where", "--help"}).text, HasSubstr("--config"));
}

TEST(Commands, AreKnownWhateverTheirCase) {
  EXPECT_TRUE(answers_with_text(Views{"info", "server"}));
  EXPECT_TRUE(answers_with_text(Views{"Client", "list"}));
  EXPECT_FALSE(answers_with_text(Views{"client", "id"}));
  EXPECT_FALSE(answers_with_text(Views{}));
  EXPECT_TRUE(hides_replies(Views{"client", "reply", "off"}));
  EXPECT_FALSE(hides_replies(Views{"client", "reply", "on"}));
  EXPECT_TRUE(holds_secret(Views{"auth", "x"}));
  EXPECT_TRUE(holds_secret(Views{"HELLO", "3", "AUTH", "u", "p"}));
  EXPECT_FALSE(holds_secret(Views{"HELLO", "3"}));
  EXPECT_TRUE(says_goodbye(Views{"Quit"}));
  EXPECT_FALSE(says_goodbye(Views{"quit", "it"}));
}

}  // namespace
}  // namespace limpet::client
