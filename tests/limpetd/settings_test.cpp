// The table of settings, the values it accepts, and which source wins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <limpet/base/duration.hpp>
#include <set>

#include "command_line.hpp"
#include "merge.hpp"
#include "print.hpp"
#include "value.hpp"

namespace limpet::limpetd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SettingsTableTest, NamesAreUniqueAndSpelledAlike) {
  std::set<std::string_view> names;
  for (const Row& row : kRows) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(std::all_of(row.name.begin(), row.name.end(), [](unsigned char c) {
      return std::islower(c) != 0 || c == '-';
    })) << row.name;
  }
  EXPECT_EQ(flag_of(row("max-clients")), "--max-clients");
  EXPECT_EQ(variable_of(row("max-clients")), "LIMPET_MAX_CLIENTS");
  EXPECT_EQ(server_key_of(row("max-clients")), "max_clients");
}

TEST(SettingsTableTest, EveryDefaultIsAValueOfItsKind) {
  for (const Row& row : kRows) {
    const auto value = parse_value(row, row.fallback);
    EXPECT_TRUE(value) << row.name << ": " << value.error().text;
  }
}

TEST(SettingsTableTest, DefaultsAreThoseOfTheLimits) {
  EXPECT_EQ(*parse_value(row("max-clients"), row("max-clients").fallback),
            static_cast<std::int64_t>(kClientsMax));
  EXPECT_EQ(*parse_value(row("forward-timeout"), row("forward-timeout").fallback), kForwardMs);
  EXPECT_EQ(*parse_value(row("stop-timeout"), row("stop-timeout").fallback), kStopMs);
  EXPECT_EQ(*parse_value(row("tcp-keepalive"), row("tcp-keepalive").fallback),
            node::Settings{}.tcp_keepalive_s);
}

TEST(SettingsTableTest, HelpExplainsEveryFlagInLinesThatFit) {
  const std::string help = help_text();
  for (const Row& row : kRows) {
    if (row.from == From::environment) continue;
    EXPECT_THAT(help, HasSubstr("--" + std::string(row.name) + " "));
    EXPECT_FALSE(row.help.empty()) << row.name;
  }
  std::size_t longest = 0;
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = help.find('\n', begin);
    longest = std::max(longest, std::min(end, help.size()) - begin);
  }
  EXPECT_LE(longest, 118u);
}

TEST(ValueTest, DurationsNeedAUnit) {
  EXPECT_EQ(*parse_duration_ms("500ms"), 500);
  EXPECT_EQ(*parse_duration_ms("2s"), 2'000);
  EXPECT_EQ(*parse_duration_ms("1m"), 60'000);
  EXPECT_EQ(*parse_duration_ms("1h"), 3'600'000);
  EXPECT_EQ(*parse_duration_ms("0"), 0);
  EXPECT_EQ(parse_duration_ms("2000").error().text, "2000 has no unit; write 2000ms or 2000s");
  for (const char* bad :
       {"", "s", "-1s", "1.5s", "1 s", "2x", "99999999999999999999s", "9223372036854775807h"}) {
    EXPECT_FALSE(parse_duration_ms(bad)) << bad;
  }
}

TEST(ValueTest, OutOfRangeSaysTheRange) {
  EXPECT_EQ(parse_value(row("shards"), "0").error().text, "0 is out of range: from 1 to 128");
  EXPECT_EQ(parse_value(row("forward-timeout"), "1ms").error().text,
            "1ms is out of range: from 10ms to 3600000ms");
  EXPECT_EQ(*parse_value(row("tcp-keepalive"), "2m"), 120);
  EXPECT_FALSE(parse_value(row("tcp-keepalive"), "1500ms"));
}

TEST(ValueTest, ChoicesAndYesNoAreChecked) {
  EXPECT_TRUE(parse_value(row("log-level"), "debug"));
  EXPECT_EQ(parse_value(row("log-level"), "loud").error().text,
            "'loud' is not one of debug|info|warning|error");
  EXPECT_FALSE(parse_value(row("log-level"), ""));
  EXPECT_EQ(*parse_value(row("protected-mode"), "YES"), 1);
  EXPECT_EQ(*parse_value(row("protected-mode"), "false"), 0);
  EXPECT_FALSE(parse_value(row("protected-mode"), "maybe"));
}

class MergeTest : public ::testing::Test {
 protected:
  static std::size_t place(Name name) { return name.index; }
  Result<Values> merged() { return merge(given_, server_, "/etc/limpet/demo.toml"); }
  std::string error() {
    const auto values = merged();
    return values ? "no error" : values.error().text;
  }

  Given given_;
  cluster::ServerTable server_;
};

TEST_F(MergeTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  EXPECT_EQ((*merged())["max-clients"].number, 10'000);
  EXPECT_EQ((*merged())["max-clients"].where, "default");
  server_["max_clients"] = {"111", 12};
  EXPECT_EQ((*merged())["max-clients"].number, 111);
  EXPECT_EQ((*merged())["max-clients"].where, "/etc/limpet/demo.toml:12");
  given_.environment["LIMPET_MAX_CLIENTS"] = "222";
  EXPECT_EQ((*merged())["max-clients"].number, 222);
  EXPECT_EQ((*merged())["max-clients"].where, "LIMPET_MAX_CLIENTS");
  given_.flags[place("max-clients")] = "333";
  EXPECT_EQ((*merged())["max-clients"].number, 333);
  EXPECT_EQ((*merged())["max-clients"].where, "--max-clients");
}

TEST_F(MergeTest, AnErrorNamesWhereTheValueCameFrom) {
  server_["max_clients"] = {"many", 12, 1, 15};
  EXPECT_EQ(error(), "/etc/limpet/demo.toml:12:15: max_clients: 'many' is not a whole number");
  server_.clear();
  given_.environment["LIMPET_MAX_CLIENTS"] = "many";
  EXPECT_EQ(error(), "LIMPET_MAX_CLIENTS: 'many' is not a whole number");
  given_.environment.clear();
  given_.flags[place("max-clients")] = "many";
  EXPECT_EQ(error(), "--max-clients: 'many' is not a whole number");
}

TEST_F(MergeTest, AnUnknownKeyIsAnErrorWithTheRightName) {
  server_["max_client"] = {"5", 3, 2, 15};
  EXPECT_EQ(error(),
            "/etc/limpet/demo.toml:3:2: unknown key 'max_client' in [server]; did you mean 'max_clients'?");
  server_ = {{"quux", {"5", 3}}};
  EXPECT_EQ(error(), "/etc/limpet/demo.toml:3:1: unknown key 'quux' in [server]");
}

TEST_F(MergeTest, AKeyInTheWrongPlaceIsToldItsPlace) {
  server_ = {{"listen", {"127.0.0.1:1", 4}}};
  EXPECT_THAT(error(), HasSubstr("each [[node]] has its own addresses"));
  server_ = {{"node", {"n1", 4}}};
  EXPECT_THAT(error(), HasSubstr("--node"));
  server_ = {{"password", {"hunter2", 4}}};
  EXPECT_THAT(error(), HasSubstr("password_file"));
  EXPECT_EQ(error().find("hunter2"), std::string::npos);
}

TEST_F(MergeTest, PathsInTheFileCountFromItsFolder) {
  server_["log_file"] = {"log/limpetd.log", 5};
  EXPECT_EQ((*merged())["log-file"].text, "/etc/limpet/log/limpetd.log");
  server_["log_file"] = {"/var/log/limpetd.log", 5};
  EXPECT_EQ((*merged())["log-file"].text, "/var/log/limpetd.log");
  given_.flags[place("log-file")] = "here.log";
  EXPECT_EQ((*merged())["log-file"].text, "here.log");
}

TEST_F(MergeTest, AnEmptyVariableSaysNothingButAnEmptySecretIsAnError) {
  given_.environment["LIMPET_MAX_CLIENTS"] = "";
  EXPECT_EQ((*merged())["max-clients"].number, 10'000);
  given_.environment["LIMPET_SECRET"] = "";
  EXPECT_THAT(error(), HasSubstr("LIMPET_SECRET is set but empty"));
}

TEST_F(MergeTest, TwoSecretsInTheEnvironmentAreOneTooMany) {
  given_.environment["LIMPET_PASSWORD"] = "a";
  given_.environment["LIMPET_PASSWORD_FILE"] = "/b";
  EXPECT_EQ(error(), "LIMPET_PASSWORD and LIMPET_PASSWORD_FILE are both set; keep one");
}

TEST(UnknownVariablesTest, AreWarnedAboutUnlessTheClientReadsThem) {
  EXPECT_THAT(unknown_variables({{"LIMPET_SERVER", "x"},
                                 {"LIMPET_PASSWORD", "x"},
                                 {"LIMPET_SHARDS", "1"},
                                 {"LIMPET_KILL_AT", "x"}}),
              ElementsAre());
  EXPECT_THAT(
      unknown_variables({{"LIMPET_SHARD", "1"}}),
      ElementsAre("environment variable LIMPET_SHARD means nothing to limpetd; did you mean LIMPET_SHARDS?"));
}

TEST(NearestTest, FindsSlipsOfTheFingerAndNothingElse) {
  const std::vector<std::string> names = {"--listen", "--log-level", "--shards"};
  EXPECT_EQ(nearest("--liste", names), "--listen");
  EXPECT_EQ(nearest("--shrads", names), "--shards");
  EXPECT_EQ(nearest("--loglevel", names), "--log-level");
  EXPECT_EQ(nearest("--bananas", names), "");
  EXPECT_EQ(nearest("x", names), "");
}

// ---- The command line
// --------------------------------------------------------------------------------------

std::string flag(const CommandLine& line, Name name) {
  return line.flags[name.index].value_or("(not given)");
}

TEST(CommandLineTest, TakesValuesBothWays) {
  const auto line = parse_command_line({"--shards", "4", "--listen=0.0.0.0:1"});
  ASSERT_TRUE(line) << line.error().text;
  EXPECT_EQ(line->action, Action::run);
  EXPECT_EQ(flag(*line, "shards"), "4");
  EXPECT_EQ(flag(*line, "listen"), "0.0.0.0:1");
  EXPECT_EQ(flag(*line, "node"), "(not given)");
}

TEST(CommandLineTest, AYesOrNoMayStandAlone) {
  EXPECT_EQ(flag(*parse_command_line({"--daemonize"}), "daemonize"), "yes");
  EXPECT_EQ(flag(*parse_command_line({"--daemonize", "--shards", "2"}), "daemonize"), "yes");
  EXPECT_EQ(flag(*parse_command_line({"--daemonize", "no"}), "daemonize"), "no");
  EXPECT_EQ(flag(*parse_command_line({"--protected-mode", "no", "--daemonize"}), "protected-mode"), "no");
}

TEST(CommandLineTest, TheLastOfTwoCounts) {
  EXPECT_EQ(flag(*parse_command_line({"--shards", "2", "--shards", "3"}), "shards"), "3");
}

TEST(CommandLineTest, KnowsWhatToDoInsteadOfRunning) {
  EXPECT_EQ(parse_command_line({"--check-config"})->action, Action::check_config);
  EXPECT_EQ(parse_command_line({"--print-config"})->action, Action::print_config);
  EXPECT_EQ(parse_command_line({"--version"})->action, Action::version);
  EXPECT_EQ(parse_command_line({"--check-config", "--help"})->action, Action::help);
}

TEST(CommandLineTest, AnUnknownFlagIsAnErrorWithTheRightName) {
  EXPECT_EQ(parse_command_line({"--liste", "x"}).error().text,
            "unknown argument '--liste'; did you mean --listen?");
  EXPECT_EQ(parse_command_line({"--liste=x"}).error().text,
            "unknown argument '--liste'; did you mean --listen?");
  EXPECT_THAT(parse_command_line({"cluster.toml"}).error().text, HasSubstr("--help"));
}

TEST(CommandLineTest, AMissingValueIsAnError) {
  const auto line = parse_command_line({"--shards"});
  ASSERT_FALSE(line);
  EXPECT_THAT(line.error().text, HasSubstr("--shards"));
}

TEST(CommandLineTest, AnEmptyValueIsAnErrorAndNeverTheNextArgument) {
  for (const Row& row : kRows) {
    if (row.from == From::environment) continue;
    const std::string expected = flag_of(row) + " is empty; give it a value, or leave it out";
    const auto joined = parse_command_line({flag_of(row) + "=", "--check-config"});
    ASSERT_FALSE(joined) << flag_of(row);
    EXPECT_EQ(joined.error().text, expected);
    const auto apart = parse_command_line({"--check-config", flag_of(row), ""});
    ASSERT_FALSE(apart) << flag_of(row);
    EXPECT_EQ(apart.error().text, expected);
  }
  EXPECT_FALSE(parse_command_line({"--check-config="}));
  EXPECT_FALSE(parse_command_line({""}));
}

TEST(CommandLineTest, SecretsAreNoFlags) {
  for (const char* flag : {"--secret=abc", "--password=abc"}) {
    const auto line = parse_command_line({flag});
    ASSERT_FALSE(line);
    EXPECT_THAT(line.error().text, HasSubstr("-file"));
    EXPECT_EQ(line.error().text.find("abc"), std::string::npos);
  }
}

}  // namespace
}  // namespace limpet::limpetd
