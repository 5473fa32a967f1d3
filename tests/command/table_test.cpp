#include <gtest/gtest.h>

#include <algorithm>
#include <limpet/base/text.hpp>
#include <limpet/command/command.hpp>
#include <limpet/command/errors.hpp>
#include <set>
#include <string>
#include <vector>

namespace limpet::command {
namespace {

std::string refused(std::initializer_list<std::string_view> words) {
  const std::vector<std::string_view> args(words);
  return refusal(find(args[0]), args);
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = to_upper(c);
  return result;
}

TEST(TableTest, EveryNameIsFoundInAnyCase) {
  for (const Spec& spec : all()) {
    std::string mixed = upper(spec.name);
    for (std::size_t i = 0; i < mixed.size(); i += 2) mixed[i] = to_lower(mixed[i]);
    EXPECT_EQ(find(spec.name), &spec) << spec.name;
    EXPECT_EQ(find(upper(spec.name)), &spec) << spec.name;
    EXPECT_EQ(find(mixed), &spec) << mixed;
  }
}

TEST(TableTest, NothingElseIsFound) {
  EXPECT_EQ(find(""), nullptr);
  for (const Spec& spec : all()) {
    const std::string name(spec.name);
    std::set<std::string> near = {name + "x", name + std::string(1, '\0'), " " + name, name.substr(1)};
    for (std::size_t i = 0; i < name.size(); ++i) {
      // Every change of one bit of a letter but its case.
      for (const int bit : {0, 1, 2, 3, 4, 6, 7}) {
        std::string changed = name;
        changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
        near.insert(changed);
      }
    }
    for (const std::string& other : near) {
      const Spec* found = find(other);
      EXPECT_TRUE(found == nullptr || found->name == to_lower(other)) << "asked for " << other;
    }
  }
}

TEST(TableTest, RowsAreSortedAndIndexed) {
  EXPECT_TRUE(std::is_sorted(all().begin(), all().end(),
                             [](const Spec& a, const Spec& b) { return a.name < b.name; }));
  EXPECT_EQ(index_of(all()[0]), 0U);
  EXPECT_EQ(index_of(*find("get")), static_cast<std::size_t>(find("get") - all().data()));
}

TEST(TableTest, EveryRowSaysWhatItIs) {
  for (const Spec& spec : all()) {
    EXPECT_FALSE(spec.summary.empty()) << spec.name;
    EXPECT_FALSE(spec.since.empty()) << spec.name;
    EXPECT_FALSE(spec.group.empty()) << spec.name;
    EXPECT_TRUE(spec.categories.starts_with('@')) << spec.name;
    EXPECT_EQ(spec.first_key > 0, !spec.key_flags.empty()) << spec.name;
    EXPECT_EQ(std::count(spec.syntax.begin(), spec.syntax.end(), '['),
              std::count(spec.syntax.begin(), spec.syntax.end(), ']'))
        << spec.name;
    EXPECT_TRUE(spec.subcommands.empty() || find_subcommand(spec, "HELP") != nullptr) << spec.name;
  }
}

TEST(TableTest, ScopeFollowsFromKeysAndMerge) {
  for (const Spec& spec : all()) {
    const bool one_part =
        spec.scope == Scope::session || spec.scope == Scope::connection || spec.scope == Scope::pair;
    EXPECT_EQ(one_part, spec.merge == Merge::none) << spec.name;
    if (spec.scope == Scope::session && spec.routed_by == 0) {
      // Where there are several, they are of one slot: MSETNX.
      EXPECT_EQ(spec.last_key, spec.key_step == 1 ? 1 : -1) << spec.name;
    }
    if (spec.scope == Scope::pair) {
      EXPECT_EQ(spec.last_key, 2) << spec.name;
    }
    if (spec.scope == Scope::split) {
      EXPECT_EQ(spec.last_key, -1) << spec.name;
    }
    EXPECT_FALSE(spec.has(kWrite) && spec.has(kReadonly)) << spec.name;
    // The shard itself executes what concerns a connection or its node.
    const bool run_by_shard = spec.scope == Scope::connection || spec.scope == Scope::node ||
                              spec.name == "randomkey" || spec.name == "dbsize" || spec.name == "wait";
    EXPECT_EQ(spec.run == nullptr, run_by_shard) << spec.name;
    EXPECT_EQ(spec.builtin != Builtin::none, run_by_shard) << spec.name;
  }
  EXPECT_EQ(find("client")->scope, Scope::node);
  EXPECT_EQ(find("scan")->scope, Scope::cluster);
  EXPECT_EQ(find("mget")->merge, Merge::gather);
  EXPECT_TRUE(find("auth")->has(kNoAuth));
  EXPECT_TRUE(find("hello")->has(kNoAuth));
  EXPECT_TRUE(find("quit")->has(kNoAuth));
  EXPECT_TRUE(find("reset")->has(kNoAuth));
  EXPECT_FALSE(find("ping")->has(kNoAuth));
}

TEST(TableTest, ARequestIsExecutedAsItsSubcommandSaysWhereItHasOne) {
  const auto execution = [](std::vector<std::string_view> args) {
    return execution_of(*find(args[0]), args);
  };
  EXPECT_EQ(execution({"PING"}).builtin, Builtin::ping);
  EXPECT_EQ(execution({"DBSIZE"}).merge, Merge::sum);
  EXPECT_EQ(execution({"CLIENT", "List"}).builtin, Builtin::client_list);
  EXPECT_EQ(execution({"CLIENT", "LIST"}).merge, Merge::text);
  EXPECT_EQ(execution({"CLIENT", "ID"}).merge, Merge::none);
  EXPECT_EQ(execution({"CLUSTER", "STATUS"}).part_args, 2);
  EXPECT_EQ(execution({"CLUSTER", "INFO"}).part_args, 0) << "no node asks another for it";
  EXPECT_EQ(execution({"GET", "key"}).builtin, Builtin::none);
}

TEST(TableTest, WhatSendsClientsToTheOwnersHasNoRow) {
  EXPECT_TRUE(is_discovery("slots"));
  EXPECT_FALSE(is_discovery("status"));
  for (const Subcommand& sub : find("cluster")->subcommands) EXPECT_FALSE(is_discovery(sub.name)) << sub.name;
}

TEST(TableTest, KeysAreWhereTheRowSays) {
  EXPECT_EQ(find("get")->last_key_of(2), 1U);
  EXPECT_EQ(find("del")->last_key_of(4), 3U);
  EXPECT_EQ(find("mset")->last_key_of(5), 4U);
  EXPECT_TRUE(find("mset")->arity_fits(5));
  EXPECT_FALSE(find("mset")->arity_fits(4));
}

TEST(RefusalTest, UnknownCommandsShowTheirArguments) {
  EXPECT_EQ(refused({"nosuch"}), "ERR unknown command 'nosuch', with args beginning with: ");
  EXPECT_EQ(refused({"NoSuch", "a", "b c"}),
            "ERR unknown command 'NoSuch', with args beginning with: 'a' 'b c' ");
}

TEST(RefusalTest, WhatIsShownIsPrintableAndCut) {
  EXPECT_EQ(refused({"a\r\nb", "c\nd"}), "ERR unknown command 'a  b', with args beginning with: 'c d' ");
  const std::string long_word(1000, 'x');
  EXPECT_EQ(refused({long_word, long_word, long_word}), "ERR unknown command '" + std::string(128, 'x') +
                                                            "', with args beginning with: '" +
                                                            std::string(128, 'x') + "' ");
}

TEST(RefusalTest, ArityIsCheckedForCommandsAndSubcommands) {
  EXPECT_EQ(refused({"GET", "k"}), "");
  EXPECT_EQ(refused({"GET"}), "ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(refused({"GET", "k", "x"}), "ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(refused({"SET", "k"}), "ERR wrong number of arguments for 'set' command");
  EXPECT_EQ(refused({"CLIENT"}), "ERR wrong number of arguments for 'client' command");
  EXPECT_EQ(refused({"CLIENT", "ID"}), "");
  EXPECT_EQ(refused({"client", "id", "x"}), "ERR wrong number of arguments for 'client|id' command");
  EXPECT_EQ(refused({"COMMAND"}), "");
}

TEST(RefusalTest, UnknownSubcommandsPointToTheHelp) {
  EXPECT_EQ(refused({"client", "noSuch"}), "ERR unknown subcommand 'noSuch'. Try CLIENT HELP.");
  EXPECT_EQ(refused({"CLIENT", "MAINT_NOTIFICATIONS", "ON"}),
            "ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.");
}

}  // namespace
}  // namespace limpet::command
