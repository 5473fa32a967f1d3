#include <limpet/command/describe.hpp>

#include "command_fixture.hpp"

namespace limpet::command {
namespace {

std::string command_raw(std::initializer_list<std::string_view> words, resp::Version version) {
  const std::vector<std::string_view> args(words);
  Bytes out;
  resp::ReplyWriter reply(out, version);
  handle_command(args, reply);
  return std::string(out.view());
}

std::string command(std::initializer_list<std::string_view> words) {
  return shown(command_raw(words, resp::Version::resp3));
}

TEST(CommandInfoTest, TenElementsAsInRedis7) {
  EXPECT_EQ(
      command({"COMMAND", "INFO", "get"}),
      "[[\"get\", 2, <readonly, fast>, 1, 1, 1, <@read, @string, @fast>, <>, "
      "<{\"flags\": <RO, access>, \"begin_search\": {\"type\": \"index\", \"spec\": {\"index\": 1}}, "
      "\"find_keys\": {\"type\": \"range\", \"spec\": {\"lastkey\": 0, \"keystep\": 1, \"limit\": 0}}}>, "
      "<>]]");
}

TEST(CommandInfoTest, SubcommandsAreFullEntries) {
  EXPECT_EQ(command({"COMMAND", "INFO", "CLIENT|ID"}),
            "[[\"client|id\", 2, <noscript, loading, stale>, 0, 0, 0, <@slow, @connection>, <>, <>, <>]]");
  const std::string client = command({"COMMAND", "INFO", "client"});
  EXPECT_NE(client.find("[\"client|kill\", -3, "), std::string::npos) << client;
}

TEST(CommandInfoTest, UnknownNamesAreNull) {
  EXPECT_EQ(command_raw({"COMMAND", "INFO", "nosuch"}, resp::Version::resp2), "*1\r\n$-1\r\n");
  EXPECT_EQ(command({"COMMAND", "INFO", "nosuch", "get|x", "client|nosuch"}), "[nil, nil, nil]");
}

TEST(CommandInfoTest, PlainCommandDescribesEveryRowInBothVersions) {
  for (const auto version : {resp::Version::resp2, resp::Version::resp3}) {
    const std::string bytes = command_raw({"COMMAND"}, version);
    ASSERT_EQ(resp::value_length(bytes).value().value_or(0), bytes.size());
    const auto value = resp::read_value(bytes);
    ASSERT_EQ(value->elements.size(), all().size());
    for (const auto& entry : value->elements) EXPECT_EQ(entry.elements.size(), 10U);
    EXPECT_EQ(command_raw({"COMMAND", "INFO"}, version), bytes);
  }
}

TEST(CommandDocsTest, ShowsSummaryAndArguments) {
  EXPECT_EQ(
      command({"COMMAND", "DOCS", "strlen", "nosuch"}),
      "{\"strlen\": {\"summary\": \"Get the length of the value stored in a key\", \"since\": \"2.2.0\", "
      "\"group\": \"string\", \"complexity\": \"O(1)\", "
      "\"arguments\": [{\"name\": \"key\", \"type\": \"key\", \"key_spec_index\": 0}]}}");
}

TEST(CommandDocsTest, ArgumentsFollowFromTheSyntax) {
  const std::string expire = command({"COMMAND", "DOCS", "expire"});
  EXPECT_NE(
      expire.find("{\"name\": \"seconds\", \"type\": \"integer\"}, "
                  "{\"name\": \"nx_xx_gt_lt\", \"type\": \"oneof\", \"flags\": <optional>, \"arguments\": "
                  "[{\"name\": \"nx\", \"type\": \"pure-token\", \"token\": \"NX\"}"),
      std::string::npos)
      << expire;
  const std::string hset = command({"COMMAND", "DOCS", "hset"});
  EXPECT_NE(
      hset.find(
          "{\"name\": \"field_value\", \"type\": \"block\", \"flags\": <multiple>, \"arguments\": "
          "[{\"name\": \"field\", \"type\": \"string\"}, {\"name\": \"value\", \"type\": \"string\"}]}"),
      std::string::npos)
      << hset;
  const std::string scan = command({"COMMAND", "DOCS", "scan"});
  EXPECT_NE(
      scan.find(
          "{\"name\": \"pattern\", \"type\": \"pattern\", \"token\": \"MATCH\", \"flags\": <optional>}"),
      std::string::npos)
      << scan;
}

TEST(CommandDocsTest, PlainDocsDescribesEveryRowInBothVersions) {
  for (const auto version : {resp::Version::resp2, resp::Version::resp3}) {
    const std::string bytes = command_raw({"COMMAND", "DOCS"}, version);
    ASSERT_EQ(resp::value_length(bytes).value().value_or(0), bytes.size());
    EXPECT_EQ(resp::read_value(bytes)->elements.size(), 2 * all().size());
  }
}

TEST(CommandListTest, CountsAndFilters) {
  EXPECT_EQ(command({"COMMAND", "COUNT"}), std::to_string(all().size()));
  EXPECT_EQ(command({"COMMAND", "LIST", "FILTERBY", "PATTERN", "HGET*"}), "[\"hget\", \"hgetall\"]");
  EXPECT_EQ(command({"COMMAND", "LIST", "FILTERBY", "PATTERN", "cluster|k*"}), "[\"cluster|keyslot\"]");
  EXPECT_EQ(command({"COMMAND", "LIST", "FILTERBY", "MODULE", "x"}), "[]");
  EXPECT_EQ(command({"COMMAND", "LIST", "FILTERBY", "ACLCAT", "nosuch"}), "[]");
  EXPECT_NE(command({"COMMAND", "LIST", "FILTERBY", "ACLCAT", "HASH"}).find("\"hset\""), std::string::npos);
  EXPECT_EQ(command({"COMMAND", "LIST", "x"}), "-ERR syntax error");
  EXPECT_EQ(command({"COMMAND", "LIST", "FILTERBY", "x", "y"}), "-ERR syntax error");
}

TEST(CommandGetKeysTest, FindsTheKeysOrSaysWhyNot) {
  EXPECT_EQ(command({"COMMAND", "GETKEYS", "mset", "a", "1", "b", "2"}), "[\"a\", \"b\"]");
  EXPECT_EQ(command({"COMMAND", "GETKEYS", "GET", "k"}), "[\"k\"]");
  EXPECT_EQ(command({"COMMAND", "GETKEYSANDFLAGS", "set", "k", "v"}),
            "[[\"k\", <RW, access, update, variable_flags>]]");
  EXPECT_EQ(command({"COMMAND", "GETKEYS", "nosuch", "a"}), "-ERR Invalid command specified");
  EXPECT_EQ(command({"COMMAND", "GETKEYS", "client", "nosuch"}), "-ERR Invalid command specified");
  EXPECT_EQ(command({"COMMAND", "GETKEYS", "client", "id"}), "-ERR The command has no key arguments");
  EXPECT_EQ(command({"COMMAND", "GETKEYS", "get", "a", "b"}),
            "-ERR Invalid number of arguments specified for command");
  EXPECT_EQ(command({"COMMAND", "GETKEYS", "get"}),
            "-ERR wrong number of arguments for 'command|getkeys' command");
}

TEST(CommandErrorsTest, AreThoseOfAnyContainer) {
  EXPECT_EQ(command({"COMMAND", "nosuch"}), "-ERR unknown subcommand 'nosuch'. Try COMMAND HELP.");
  EXPECT_EQ(command({"command", "count", "x"}), "-ERR wrong number of arguments for 'command|count' command");
}

TEST(HelpTest, SubcommandHelpIsLinesOfText) {
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  subcommand_help(*find("config"), reply);
  EXPECT_EQ(out.view(),
            "*9\r\n"
            "+CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"
            "+GET parameter [parameter ...]\r\n+    Get the values of configuration parameters\r\n"
            "+RESETSTAT\r\n+    Reset the stats returned by INFO\r\n"
            "+SET parameter value [parameter value ...]\r\n"
            "+    Set configuration parameters to the given values\r\n"
            "+HELP\r\n+    Prints this help.\r\n");
}

std::string help(std::initializer_list<std::string_view> words) {
  const std::vector<std::string_view> args(words);
  Bytes out;
  resp::ReplyWriter reply(out, resp::Version::resp2);
  handle_help(args, reply);
  return shown(out.view());
}

TEST(HelpTest, HelpNamesEveryCommandAndExplainsEachOne) {
  const std::string overview = help({"HELP"});
  for (const Spec& spec : all()) {
    std::string name(spec.name);
    for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
    EXPECT_NE(overview.find(' ' + name), std::string::npos) << name;
    EXPECT_NE(help({"help", spec.name}).find(spec.summary), std::string::npos) << name;
  }
  EXPECT_NE(help({"HELP", "@hash"}).find("HSET key field value [field value ...]"), std::string::npos);
  EXPECT_EQ(help({"HELP", "no\nsuch"}), "[There is no command 'no such'. HELP names them all.]");
  EXPECT_EQ(help({"HELP", "@nosuch"}), "[There is no group 'nosuch'. HELP names them all.]");
}

}  // namespace
}  // namespace limpet::command
