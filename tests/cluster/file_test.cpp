#include <gtest/gtest.h>

#include <fstream>
#include <limpet/cluster/line.hpp>
#include <limpet/cluster/view.hpp>
#include <sstream>

namespace limpet::cluster {
namespace {

constexpr const char* kThree = R"(epoch = 7
[cluster]
name = "demo"
[[node]]
name = "n1"
client = "127.0.0.1:7601"
peer = "127.0.0.1:7701"
admin = "127.0.0.1:7801"
[[node]]
name = "n2"
client = "127.0.0.1:7602"
peer = "127.0.0.1:7702"
weight = 0.5
zone = "b"
state = "up"
[[node]]
name = "n3"
client = "127.0.0.1:7603"
peer = "127.0.0.1:7703"
weight = 2
)";

ClusterFile parsed(std::string_view text) {
  auto file = parse_file(text, "demo.toml");
  EXPECT_TRUE(file) << (file ? "" : file.error().text);
  return file ? *file : ClusterFile{};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string read_example(const std::string& name) {
  std::ifstream stream(std::string(LIMPET_CONFIG_DIR) + "/" + name);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::uint64_t content(std::string_view text) { return parsed(text).view.content_digest; }

TEST(ParseFile, ReadsEverySettingOfTheClusterAndItsNodes) {
  const View view = parsed(kThree).view;
  EXPECT_EQ(view.epoch, 7u);
  EXPECT_EQ(view.name, "demo");
  ASSERT_EQ(view.nodes.size(), 3u);
  EXPECT_EQ(view.nodes[0].name, "n1");
  EXPECT_EQ(view.nodes[0].client, (Address{"127.0.0.1", 7601}));
  EXPECT_EQ(view.nodes[0].peer, (Address{"127.0.0.1", 7701}));
  EXPECT_EQ(view.nodes[0].admin, (Address{"127.0.0.1", 7801}));
  EXPECT_EQ(view.nodes[0].weight_thousandths, 1000u);
  EXPECT_EQ(view.nodes[1].admin, std::nullopt);
  EXPECT_EQ(view.nodes[1].weight_thousandths, 500u);
  EXPECT_EQ(view.nodes[1].zone, "b");
  EXPECT_EQ(view.nodes[2].weight_thousandths, 2000u);
}

TEST(ParseFile, PlacesTheSlotsAsTheRingDoes) {
  const View view = parsed(kThree).view;
  const std::vector<ring::Member> members = {{"n1", 1000, ""}, {"n2", 500, "b"}, {"n3", 2000, ""}};
  EXPECT_EQ(view.placement, ring::place(members));
  EXPECT_EQ(view.placement_digest, ring::digest(members, view.placement));
}

TEST(ParseFile, DefaultsToIntervalAndNoSecrets) {
  const View view = parsed(kThree).view;
  EXPECT_EQ(view.durability, Durability::interval);
  EXPECT_EQ(view.secret_file, "");
  EXPECT_EQ(view.password_file, "");
}

TEST(ParseFile, TakesEveryDurabilityAndNamesOfFiles) {
  for (const Durability durability : {Durability::none, Durability::interval, Durability::always}) {
    const std::string line = "name = \"demo\"\ndurability = \"" + std::string(name_of(durability)) + "\"";
    EXPECT_EQ(parsed(replaced(kThree, "name = \"demo\"", line)).view.durability, durability);
  }
  const View view = parsed(replaced(kThree, "name = \"demo\"",
                                    "name = \"demo\"\nsecret_file = \"/s\"\npassword_file = \"p w\""))
                        .view;
  EXPECT_EQ(view.secret_file, "/s");
  EXPECT_EQ(view.password_file, "p w");
}

TEST(ParseFile, TakesWeightsWithUpToThreeDecimals) {
  const std::pair<const char*, std::uint32_t> cases[] = {
      {"0", 0},        {"0.001", 1},      {"0.1", 100},      {"1", 1000},     {"1.005", 1005},
      {"2.675", 2675}, {"33.333", 33333}, {"99.999", 99999}, {"100", 100000}, {"1e1", 10000}};
  for (const auto& [text, thousandths] : cases) {
    const auto file = parsed(replaced(kThree, "weight = 2", std::string("weight = ") + text));
    EXPECT_EQ(file.view.nodes.at(2).weight_thousandths, thousandths) << text;
  }
}

TEST(ParseFile, NeedsNoPeerAddressForASingleNode) {
  const View view =
      parsed("epoch = 1\ncluster.name = \"x\"\nnode = [{name = \"a\", client = \"[::1]:1\"}]\n").view;
  EXPECT_EQ(view.nodes.at(0).peer, std::nullopt);
  EXPECT_EQ(view.slots_per_node(), std::vector<std::uint32_t>{kSlots});
}

TEST(ParseFile, HandsTheServerTableOnAsTextWithLines) {
  const ServerTable server = parsed(std::string(kThree) + "[server]\nshards = 2\nlog_level = \"info\"\n" +
                                    "protected_mode = false\nshare = 0.25\nwhatever = -1\n")
                                 .server;
  ASSERT_EQ(server.size(), 5u);
  EXPECT_EQ(server.at("shards").value, "2");
  EXPECT_EQ(server.at("shards").line, 22);
  EXPECT_EQ(server.at("log_level").value, "info");
  EXPECT_EQ(server.at("protected_mode").value, "false");
  EXPECT_EQ(server.at("share").value, "0.25");
  EXPECT_EQ(server.at("whatever").value, "-1");
  EXPECT_EQ(server.at("whatever").line, 26);
  EXPECT_EQ(server.at("whatever").column, 1);
  EXPECT_EQ(server.at("whatever").value_column, 12);
}

TEST(ParseFile, TakesWindowsLineEndsAndAByteOrderMark) {
  std::string text = "\xef\xbb\xbf";
  for (const char c : std::string_view(kThree)) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(content(text), content(kThree));
}

TEST(ParseFile, ReadsTheExamplesThatComeWithLimpet) {
  const View cluster = parsed(read_example("cluster.toml")).view;
  ASSERT_EQ(cluster.nodes.size(), 3u);
  EXPECT_EQ(cluster.nodes[2].admin->text(), "127.0.0.1:7803");
  EXPECT_EQ(cluster.durability, Durability::interval);
  const ClusterFile single = parsed(read_example("single.toml"));
  EXPECT_EQ(single.view.nodes.size(), 1u);
  EXPECT_EQ(single.server.at("max_clients").value, "10000");
}

TEST(ContentDigest, IgnoresCommentsBlanksAndTheOrderOfKeysAndNodes) {
  const std::string other = R"(# the same
node = [
  {weight = 2.000, peer = "127.0.0.1:7703", client = "127.0.0.1:7603", name = "n3"},
  {admin = "127.0.0.1:7801", peer = "127.0.0.1:7701", client = "127.0.0.1:7601", name = 'n1'},
  {zone = "b", weight = 0.5, peer = "127.0.0.1:7702", client = "127.0.0.1:7602", name = "n2"},
]
epoch = 7
[cluster]
followers = 0
durability = "interval"
name = "demo"
)";
  EXPECT_EQ(content(other), content(kThree));
  EXPECT_EQ(parsed(other).view.placement_digest, parsed(kThree).view.placement_digest);
}

std::string with_copies(const std::string& lines) {
  return replaced(kThree, "name = \"demo\"\n", "name = \"demo\"\n" + lines);
}

CopiesPolicy copies_of(const std::string& lines) { return parsed(with_copies(lines)).view.copies; }

TEST(CopiesSettings, HaveDefaultsByTheNumberOfFollowers) {
  EXPECT_EQ(copies_of(""), CopiesPolicy{});
  EXPECT_EQ(copies_of("followers = 1\n"), (CopiesPolicy{.followers = 1, .acks = Acks::one}));
  EXPECT_EQ(copies_of("followers = 2\n"),
            (CopiesPolicy{.followers = 2, .acks = Acks::majority, .min_followers = 1}));
  EXPECT_EQ(copies_of("followers = 2\nacks = \"all\"\nmin_followers = 2\n"),
            (CopiesPolicy{.followers = 2, .acks = Acks::all, .min_followers = 2}));
  EXPECT_EQ(copies_of("followers = 0\nacks = \"all\"\nmin_followers = 2\n"), CopiesPolicy{})
      << "they say nothing where there are none";
}

TEST(CopiesSettings, AreContentOnlyWhereThereAreCopies) {
  EXPECT_EQ(content(with_copies("followers = 0\nacks = \"all\"\n")), content(kThree));
  EXPECT_NE(content(with_copies("followers = 1\n")), content(kThree));
  EXPECT_NE(content(with_copies("followers = 1\nacks = \"none\"\n")),
            content(with_copies("followers = 1\n")));
}

TEST(Line, HasOneNodeMoreThanFollow) {
  const View view = parsed(with_copies("followers = 1\n")).view;
  for (unsigned at = 0; at < kSlots; at += 97) {
    const auto slot = static_cast<Slot>(at);
    const std::string names = follower_names(view, slot, view.owner(slot));
    EXPECT_EQ(names.size(), 2U) << names;
    EXPECT_NE(names, view.nodes[view.owner(slot)].name);
    EXPECT_EQ(follower_names(view, slot, *view.find(names)), view.nodes[view.owner(slot)].name)
        << "whoever has it from its home is followed by that";
  }
  EXPECT_EQ(follower_names(parsed(kThree).view, 7, 0), "");
}

TEST(Plan, CountsTheCopiesThatAnEditMakes) {
  const View none = parsed(kThree).view;
  const View one = parsed(with_copies("followers = 1\n")).view;
  const Plan begin = plan(none, one);
  EXPECT_EQ(begin.moved_slots, 0U);
  EXPECT_EQ(begin.made_copies, kSlots) << "one of each";
  EXPECT_FALSE(plan(none, none).has_copies());
  EXPECT_EQ(plan(one, one).made_copies, 0U);
  const View two = parsed(with_copies("followers = 2\n")).view;
  EXPECT_EQ(plan(one, two).made_copies, kSlots);
  for (const PlannedNode& node : plan(one, two).after)
    EXPECT_EQ(node.slots + node.copies, kSlots) << node.name;
}

TEST(ContentDigest, IgnoresEpochAndServer) {
  EXPECT_EQ(content(replaced(kThree, "epoch = 7", "epoch = 8")), content(kThree));
  EXPECT_EQ(content(std::string(kThree) + "[server]\nshards = 9\n"), content(kThree));
}

TEST(ContentDigest, TellsEveryOtherChangeApart) {
  const std::pair<const char*, const char*> edits[] = {
      {"\"demo\"", "\"other\""},
      {"\"demo\"", "\"demo\"\ndurability = \"none\""},
      {"\"demo\"", "\"demo\"\nsecret_file = \"s\""},
      {"\"demo\"", "\"demo\"\npassword_file = \"s\""},
      {"\"n1\"", "\"n0\""},
      {"127.0.0.1:7601", "127.0.0.1:7600"},
      {"127.0.0.1:7701", "127.0.0.1:7700"},
      {"127.0.0.1:7801", "127.0.0.1:7800"},
      {"admin = \"127.0.0.1:7801\"", ""},
      {"weight = 0.5", "weight = 0.501"},
      {"zone = \"b\"", "zone = \"c\""},
      {"zone = \"b\"", ""},
  };
  std::map<std::uint64_t, std::string> seen{{content(kThree), "nothing"}};
  for (const auto& [from, to] : edits) {
    const auto [place, is_new] = seen.emplace(content(replaced(kThree, from, to)), to);
    EXPECT_TRUE(is_new) << to << " looks like " << place->second;
  }
}

}  // namespace
}  // namespace limpet::cluster
