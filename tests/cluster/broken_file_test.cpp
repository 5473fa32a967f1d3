// Files that are refused, and what is said about them: place, what is wrong, what to do.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/cluster/view.hpp>
#include <ostream>

namespace limpet::cluster {
namespace {

struct Broken {
  const char* title;
  std::string text;
  const char* place;  // "LINE:COLUMN"
  std::vector<const char*> words;
};

void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.title; }

const std::string kTop = "epoch = 1\n[cluster]\nname = \"demo\"\n";  // three lines
const std::string kOne = "[[node]]\nname = \"n1\"\nclient = \"a:1\"\npeer = \"a:2\"\nadmin = \"a:3\"\n";
const std::string kTwo = "[[node]]\nname = \"n2\"\nclient = \"b:1\"\npeer = \"b:2\"\nadmin = \"b:3\"\n";

// A good file but for `line`, which stands in line 9, in the only node.
std::string in_node(const std::string& line) { return kTop + kOne + line + "\n"; }
// The same in line 4, in [cluster].
std::string in_cluster(const std::string& line) { return kTop + line + "\n" + kOne; }
// A good file of two nodes, the second of which, from line 9, is this.
std::string second(const std::string& node) { return kTop + kOne + "[[node]]\n" + node; }

std::string too_many_nodes() {
  std::string text = kTop;
  for (std::size_t i = 0; i <= kNodesMax; ++i) {
    const std::string number = std::to_string(i + 1);
    text +=
        "[[node]]\nname = \"n" + number + "\"\nclient = \"c:" + number + "\"\npeer = \"p:" + number + "\"\n";
  }
  return text;
}

std::string much_weight() {
  std::string text = kTop;
  for (int i = 1; i <= 11; ++i) {
    const std::string number = std::to_string(i);
    text += "[[node]]\nname = \"n" + number + "\"\nclient = \"c:" + number + "\"\npeer = \"p:" + number +
            "\"\nweight = 100\n";
  }
  return text;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// As deep as lines and lists allow: a header of 500 levels, and below it lists and tables of 500 levels each.
std::string nested_up_to_the_bounds() {
  const std::string deep = repeated("x.", 500) + "x";
  std::string text = "[" + deep + "]\n";
  for (int i = 0; i < 3; ++i) text += deep + " = [\n{";
  return text + deep + " = 1" + repeated("}]", 3) + "\n";
}

std::vector<Broken> not_toml() {
  return {
      {"NoValue", "epoch =\n", "1:8", {"not TOML"}},
      {"NoEqualsSign", "epoch: 1\n", "1:6", {"not TOML", "KEY = VALUE"}},
      {"TextWithoutQuotes", "epoch = 1\n[cluster]\nname = demo\n", "3:8", {"not TOML", "double quotes"}},
      {"QuoteLeftOpen", "epoch = 1\n[cluster]\nname = \"demo\n", "3:13", {"not TOML"}},
      {"HeaderLeftOpen", "epoch = 1\n[cluster\n", "2:9", {"not TOML", "line of its own"}},
      {"HeaderBeginsWithEqualsSign", "epoch = 1\n[=cluster]\n", "2:2", {"not TOML", "saw '='"}},
      {"KeyTwice", "epoch = 1\nepoch = 2\n", "2:9", {"cannot redefine", "'epoch'", "remove one"}},
      {"ClusterTwice", kTop + "[cluster]\n", "4:1", {"cannot redefine", "'cluster'", "remove one"}},
      {"LeadingZero", "epoch = 01\n", "1:11", {"leading zeroes"}},
      {"NumberTooLarge", "epoch = 99999999999999999999\n", "1:29", {"64 bits"}},
      {"NotUtf8", kTop + "# caf\xe9\n", "4:6", {"byte 0xe9", "save the file as UTF-8"}},
      {"Utf16",
       std::string("\xff\xfe"
                   "e\0p\0",
                   6),
       "1:1",
       {"UTF-16", "save the file as UTF-8"}},
      {"Utf16WithoutAMark", std::string("e\0p\0", 4), "1:2", {"NUL byte", "save the file as UTF-8"}},
      {"ZeroByte", std::string("a\0b = 1\n", 8), "1:2", {"NUL byte", "UTF-8"}},
      {"LettersOutsideQuotes", kTop + "zone = caf\xc3\xa9\n", "4:11", {"outside quotes"}},
      {"LettersInANumber", "epoch = 12\xd0\xbf\n", "1:11", {"outside quotes"}},
      {"LettersBehindAQuoteInANumber", "epoch = 1'\xc3\xa9'\n", "1:11", {"outside quotes"}},
      {"LettersBehindAnOpenQuote", kTop + "a = \"x\nb = \xc3\xa9\n", "5:5", {"never closed"}},
      {"LettersBehindALongText",
       kTop + "a = \"\"\"\n\xc3\xa9 \\\"\"\"\"\"\n\xc3\xa9 = 1\n",
       "6:1",
       {"outside quotes"}},
      {"NestedTooDeep", "x = " + repeated("[", 5000), "1:13", {"nested"}},
      {"NestedByDots", "x" + repeated(".x", 200'000) + " = 1\n", "1:1", {"dots in one line"}},
      {"HeaderNestedByDots", "epoch = 1\n[" + repeated("x.", 200'000) + "x]\n", "2:1", {"dots in one line"}},
      {"NestedUpToTheBounds", nested_up_to_the_bounds(), "1:2", {"unknown key 'x'"}},
  };
}

std::vector<Broken> wrong_at_the_top() {
  return {
      {"Empty", "", "1:1", {"no epoch", "epoch = 1"}},
      {"OnlyComments", "# nothing\n", "1:1", {"no epoch"}},
      {"NoEpoch", "[cluster]\nname = \"demo\"\n" + kOne, "1:1", {"no epoch", "epoch = 1"}},
      {"EpochZero", "epoch = 0\n[cluster]\nname = \"demo\"\n" + kOne, "1:9", {"below 1"}},
      {"EpochNegative", "epoch = -3\n[cluster]\nname = \"demo\"\n" + kOne, "1:9", {"below 1"}},
      {"EpochThatLeavesNoRoom",
       "epoch = 9223372036854775807\n[cluster]\nname = \"demo\"\n" + kOne,
       "1:9",
       {"epoch is above 4611686018427387904", "no room to raise it"}},
      {"EpochAsText",
       "epoch = \"1\"\n[cluster]\nname = \"demo\"\n" + kOne,
       "1:9",
       {"epoch is text", "whole number"}},
      {"EpochWithDecimals",
       "epoch = 1.5\n[cluster]\nname = \"demo\"\n" + kOne,
       "1:9",
       {"decimals", "whole number"}},
      {"UnknownKeyAtTheTop", "epoc = 1\n" + kTop + kOne, "1:1", {"'epoc'", "did you mean 'epoch'"}},
      {"KeyThatIsLikeNone",
       "banana = 1\n" + kTop + kOne,
       "1:1",
       {"'banana'", "it knows epoch, cluster, node, server"}},
      {"NodesInsteadOfNode", kTop + "[[nodes]]\nname = \"n1\"\n", "4:3", {"'nodes'", "did you mean 'node'"}},
      {"NoCluster", "epoch = 1\n" + kOne, "1:1", {"no [cluster]"}},
      {"ClusterAsText", "epoch = 1\ncluster = \"demo\"\n" + kOne, "2:11", {"cluster is text", "[cluster]"}},
      {"NoNodes", kTop, "1:1", {"no [[node]]", "client ="}},
      {"EmptyListOfNodes", "node = []\n" + kTop, "1:1", {"no [[node]]"}},
      {"NodeOnce", kTop + "[node]\nname = \"n1\"\n", "4:2", {"node is a table", "[[node]]"}},
      {"NodeAsListOfTexts", "node = [\"n1\"]\n" + kTop, "1:1", {"[[node]]"}},
      {"TooManyNodes", too_many_nodes(), "1028:1", {"more than 256 nodes"}},
      {"TooBig", kTop + std::string(kConfigBytesMax, '#'), "1:1", {"1048610 bytes", "1048576"}},
      {"ServerAsNumber", "server = 5\n" + kTop + kOne, "1:10", {"server is a whole number", "[server]"}},
      {"ListInServer", kTop + kOne + "[server]\nshards = [1]\n", "10:1", {"shards is a list"}},
      {"DateInServer", kTop + kOne + "[server]\nlog = 2024-01-01\n", "10:1", {"log is a date"}},
      {"TableInServer", kTop + kOne + "[server.log]\nlevel = 1\n", "9:9", {"log is a table"}},
  };
}

std::vector<Broken> wrong_in_cluster() {
  return {
      {"NoClusterName", "epoch = 1\n[cluster]\n" + kOne, "2:1", {"[cluster] has no name", "name = \"demo\""}},
      {"ClusterNameEmpty", "epoch = 1\n[cluster]\nname = \"\"\n" + kOne, "3:8", {"name is empty"}},
      {"ClusterNameWithBlank",
       "epoch = 1\n[cluster]\nname = \"my demo\"\n" + kOne,
       "3:8",
       {"'my demo'", "A-Z"}},
      {"ClusterNameAsNumber",
       "epoch = 1\n[cluster]\nname = 5\n" + kOne,
       "3:8",
       {"whole number", "double quotes"}},
      {"UnknownKeyInCluster",
       in_cluster("durabilty = \"none\""),
       "4:1",
       {"'durabilty'", "did you mean 'durability'"}},
      {"SecretInsteadOfItsFile", in_cluster("secret = \"s\""), "4:1", {"did you mean 'secret_file'"}},
      {"PasswordInsteadOfItsFile", in_cluster("password = \"s\""), "4:1", {"did you mean 'password_file'"}},
      {"UnknownDurability", in_cluster("durability = \"some\""), "4:14", {"'some'", "interval"}},
      {"DurabilityInCapitals", in_cluster("durability = \"None\""), "4:14", {"'None'", "none"}},
      {"DurabilityAsBoolean", in_cluster("durability = true"), "4:14", {"true or false", "double quotes"}},
      {"FollowersWithoutNodes",
       in_cluster("followers = 1"),
       "4:13",
       {"followers = 1 needs 2 nodes", "lists 1"}},
      {"FollowersNegative", in_cluster("followers = -1"), "4:13", {"followers is -1", "from 0 to 4"}},
      {"FollowersTooMany", in_cluster("followers = 5"), "4:13", {"followers is 5", "from 0 to 4"}},
      {"FollowersWithoutAJournal",
       kTop + "durability = \"none\"\nfollowers = 1\n" + kOne + kTwo,
       "5:13",
       {"numbers the changes", "interval"}},
      {"MajorityOfOne",
       kTop + "followers = 1\nacks = \"majority\"\n" + kOne + kTwo,
       "5:8",
       {"needs followers = 2", "\"one\""}},
      {"Acks", in_cluster("acks = \"two\""), "4:8", {"'two'", "majority"}},
      {"MinFollowers", in_cluster("min_followers = -1"), "4:17", {"from 0 to 4"}},
      {"FollowersAsText", in_cluster("followers = \"0\""), "4:13", {"whole number"}},
      {"SecretFileEmpty", in_cluster("secret_file = \"\""), "4:15", {"empty", "remove the line"}},
      {"ControlByteInAPath", in_cluster("secret_file = \"a\\u0000b\""), "4:15", {"control character"}},
  };
}

std::vector<Broken> wrong_in_a_node() {
  return {
      {"NoNodeName", kTop + "[[node]]\nclient = \"a:1\"\n", "4:1", {"[[node]] has no name", "name = \"n1\""}},
      {"NodeNameWithSlash",
       kTop + "[[node]]\nname = \"../n1\"\nclient = \"a:1\"\n",
       "5:8",
       {"'../n1'", "A-Z"}},
      {"NodeNameTooLong", kTop + "[[node]]\nname = \"" + std::string(65, 'n') + "\"\n", "5:8", {"1 to 64"}},
      {"NoClient", kTop + "[[node]]\nname = \"n1\"\n", "4:1", {"has no client", "client = "}},
      {"ClientWithoutPort",
       kTop + "[[node]]\nname = \"n1\"\nclient = \"a\"\n",
       "6:10",
       {"client 'a'", "HOST:PORT"}},
      {"PortZero", kTop + "[[node]]\nname = \"n1\"\nclient = \"a:0\"\n", "6:10", {"1 to 65535"}},
      {"PortTooHigh", kTop + "[[node]]\nname = \"n1\"\nclient = \"a:65536\"\n", "6:10", {"1 to 65535"}},
      {"PortNoNumber", kTop + "[[node]]\nname = \"n1\"\nclient = \"a:http\"\n", "6:10", {"1 to 65535"}},
      {"Ipv6WithoutBrackets",
       kTop + "[[node]]\nname = \"n1\"\nclient = \"::1:7601\"\n",
       "6:10",
       {"brackets"}},
      {"ClientAsNumber",
       kTop + "[[node]]\nname = \"n1\"\nclient = 7601\n",
       "6:10",
       {"whole number", "double quotes"}},
      {"BadPeer", kTop + "[[node]]\nname = \"n1\"\nclient = \"a:1\"\npeer = \"a\"\n", "7:8", {"peer 'a'"}},
      {"BadAdmin",
       kTop + "[[node]]\nname = \"n1\"\nclient = \"a:1\"\nadmin = \":9\"\n",
       "7:9",
       {"admin ':9'", "no host"}},
      {"UnknownKeyInNode", in_node("wieght = 2"), "9:1", {"'wieght'", "did you mean 'weight'"}},
      {"MisspeltName",
       kTop + "[[node]]\nnmae = \"n1\"\nclient = \"a:1\"\n",
       "5:1",
       {"'nmae'", "did you mean 'name'"}},
      {"WeightNegative", in_node("weight = -1"), "9:10", {"0 to 100"}},
      {"WeightTooHigh", in_node("weight = 100.001"), "9:10", {"0 to 100"}},
      {"WeightNotANumber", in_node("weight = nan"), "9:10", {"0 to 100"}},
      {"WeightInfinite", in_node("weight = inf"), "9:10", {"0 to 100"}},
      {"WeightTooFine", in_node("weight = 0.0005"), "9:10", {"three decimals", "0.125"}},
      {"WeightAsText", in_node("weight = \"1.0\""), "9:10", {"weight is text", "without quotes"}},
      {"ZoneEmpty", in_node("zone = \"\""), "9:8", {"zone is empty"}},
      {"ZoneWithBlank", in_node("zone = \"rack 1\""), "9:8", {"'rack 1'", "A-Z"}},
      {"Direct", in_node("direct = \"a:9\""), "9:10", {"not built yet", "remove the line"}},
      {"StateDraining", in_node("state = \"draining\""), "9:9", {"no node is up", "\"up\""}},
      {"StateDown", in_node("state = \"down\""), "9:9", {"no node is up", "\"up\""}},
      {"StateUnknown",
       in_node("state = \"asleep\""),
       "9:9",
       {"'asleep'", "\"up\"", "\"draining\"", "\"down\""}},
  };
}

std::vector<Broken> wrong_between_nodes() {
  return {
      {"NameTwice",
       second("name = \"n1\"\nclient = \"b:1\"\npeer = \"b:2\"\n"),
       "10:8",
       {"'n1'", "line 5", "its own"}},
      {"ClientTwice",
       second("name = \"n2\"\nclient = \"a:1\"\npeer = \"b:2\"\n"),
       "11:10",
       {"client 'a:1'", "client in line 6"}},
      {"ClientIsAPeer",
       second("name = \"n2\"\nclient = \"a:2\"\npeer = \"b:2\"\n"),
       "11:10",
       {"'a:2'", "peer in line 7"}},
      {"PeerIsAnAdmin",
       second("name = \"n2\"\nclient = \"b:1\"\npeer = \"a:3\"\n"),
       "12:8",
       {"'a:3'", "admin in line 8"}},
      {"HostInOtherCase", second("name = \"n2\"\nclient = \"A:1\"\npeer = \"b:2\"\n"), "11:10", {"'a:1'"}},
      {"ItsOwnAddressTwice",
       kTop + "[[node]]\nname = \"n1\"\nclient = \"a:1\"\nadmin = \"a:1\"\n",
       "7:9",
       {"'a:1'", "client in line 6"}},
      {"NoPeerOfTheSecond", second("name = \"n2\"\nclient = \"b:1\"\n"), "9:1", {"no peer", "several nodes"}},
      {"NoPeerOfTheFirst", kTop + "[[node]]\nname = \"n1\"\nclient = \"a:1\"\n" + kTwo, "4:1", {"no peer"}},
      {"PeerOnEveryAddress",
       second("name = \"n2\"\nclient = \"b:1\"\npeer = \"0.0.0.0:2\"\n"),
       "12:8",
       {"cannot dial 0.0.0.0"}},
      {"PeerOnEveryIpv6Address",
       second("name = \"n2\"\nclient = \"b:1\"\npeer = \"[::]:2\"\n"),
       "12:8",
       {"cannot dial ::"}},
      {"NoWeightAtAll", in_node("weight = 0"), "9:10", {"every node has weight 0"}},
      {"TooMuchWeight", much_weight(), "58:10", {"above 1000", "smaller"}},
      {"TheFirstFaultCounts",
       kTop + "[[node]]\nname = \"n 1\"\nclient = \"a\"\nweight = -1\n",
       "5:8",
       {"'n 1'"}},
      {"MisspeltBeforeMissing",
       "epoch = 1\n[cluster]\nnam = \"x\"\n",
       "3:1",
       {"'nam'", "did you mean 'name'"}},
  };
}

class BrokenFile : public testing::TestWithParam<Broken> {};

TEST_P(BrokenFile, IsRefusedWithPlaceAndWords) {
  const Broken& broken = GetParam();
  const auto file = parse_file(broken.text, "bad.toml");
  ASSERT_FALSE(file);
  const Error& error = file.error();
  EXPECT_EQ(error.code, Code::bad_config);
  EXPECT_TRUE(error.text.starts_with("bad.toml:" + std::string(broken.place) + ": ")) << error.text;
  for (const char* words : broken.words) EXPECT_NE(error.text.find(words), std::string::npos) << error.text;
  EXPECT_EQ(error.text.find('\n'), std::string::npos) << "more than one line";
}

auto named() {
  return [](const testing::TestParamInfo<Broken>& info) { return std::string(info.param.title); };
}

INSTANTIATE_TEST_SUITE_P(NotToml, BrokenFile, testing::ValuesIn(not_toml()), named());
INSTANTIATE_TEST_SUITE_P(AtTheTop, BrokenFile, testing::ValuesIn(wrong_at_the_top()), named());
INSTANTIATE_TEST_SUITE_P(InCluster, BrokenFile, testing::ValuesIn(wrong_in_cluster()), named());
INSTANTIATE_TEST_SUITE_P(InANode, BrokenFile, testing::ValuesIn(wrong_in_a_node()), named());
INSTANTIATE_TEST_SUITE_P(BetweenNodes, BrokenFile, testing::ValuesIn(wrong_between_nodes()), named());

// What every cut and every single wrong byte of a good file leads to: an answer, never a crash. Run under the
// sanitizers, this is where the parser's own faults would show.
TEST(DamagedFile, IsAnsweredWhereverItIsCutOrChanged) {
  const std::string good = kTop + kOne + kTwo + "[server]\nshards = 2\n";
  ASSERT_TRUE(parse_file(good, "good.toml"));
  for (std::size_t cut = 0; cut < good.size(); ++cut) (void)parse_file(good.substr(0, cut), "cut.toml");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char byte : {'\0', '\xff', '"', '[', '.', '=', '\n', '{', ']', ' ', '#', '0', ',', '\\'}) {
      std::string changed = good;
      changed[at] = byte;
      const auto file = parse_file(changed, "changed.toml");
      if (file) continue;
      EXPECT_TRUE(file.error().text.starts_with("changed.toml:")) << file.error().text;
    }
  }
}

}  // namespace
}  // namespace limpet::cluster
