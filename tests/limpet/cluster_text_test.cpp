#include "cluster_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "table.hpp"
#include "units.hpp"

namespace limpet::client {
namespace {

using ::testing::HasSubstr;

resp::Value reply(const std::string& bytes) { return resp::read_value(bytes).value(); }

const char* const kThreeNodes = R"(
epoch = 1
[cluster]
name = "demo"
[[node]]
name = "n1"
client = "127.0.0.1:7601"
peer = "127.0.0.1:7701"
[[node]]
name = "n2"
client = "127.0.0.1:7602"
peer = "127.0.0.1:7702"
[[node]]
name = "n3"
client = "127.0.0.1:7603"
peer = "127.0.0.1:7703"
)";

TEST(Table, AlignsWordsLeftAndNumbersRight) {
  EXPECT_EQ(table({{"NAME", "SLOTS"}, {"n1", "5"}, {"node2", "16384"}}),
            "NAME   SLOTS\nn1         5\nnode2  16384\n");
  EXPECT_EQ(table({{"A", "B"}, {"x", "y"}}), "A  B\nx  y\n");
}

TEST(Where, OfAFileNamesUidSlotOwnerAndWhy) {
  const auto file = cluster::parse_file(kThreeNodes, "test.toml");
  ASSERT_TRUE(file.has_value()) << file.error().text;
  const Where where = where_in(file->view, "cart:{u42}");
  EXPECT_EQ(where.uid, "u42");
  EXPECT_EQ(where.slot, std::to_string(slot_of("u42")));
  const std::string text = where_text(where);
  EXPECT_THAT(text, HasSubstr("uid:   u42\n"));
  EXPECT_THAT(text, HasSubstr("slot:  " + where.slot + "\n"));
  EXPECT_THAT(text, HasSubstr("owner: " + where.owner + " at 127.0.0.1:760"));
  EXPECT_THAT(text, HasSubstr("first {...}"));
}

TEST(Where, OfAReplyIsReadFromAMapOrAFlatArray) {
  const std::string parts =
      "$3\r\nuid\r\n$3\r\nu42\r\n$4\r\nslot\r\n:8000\r\n$5\r\nowner\r\n$2\r\nn2\r\n$7\r\naddress\r\n$3\r\nh:"
      "1\r\n";
  for (const std::string& bytes : {"*8\r\n" + parts, "%4\r\n" + parts}) {
    const auto where = where_from(reply(bytes), "cart:{u42}");
    ASSERT_TRUE(where.has_value());
    EXPECT_EQ(where->slot, "8000");
    EXPECT_THAT(where_text(*where), HasSubstr("owner: n2 at h:1\n"));
    EXPECT_FALSE(where->reason.empty());
  }
  EXPECT_FALSE(where_from(reply("-ERR unknown subcommand\r\n"), "k").has_value());
  EXPECT_FALSE(where_from(reply("*1\r\n+x\r\n"), "k").has_value());
}

TEST(Where, UnprintableUidIsQuoted) {
  EXPECT_THAT(where_text({"a\nb", "1", "n", "", "", "because"}), HasSubstr("uid:   \"a\\nb\"\n"));
}

TEST(Plan, JsonHasTheAgreedShape) {
  const cluster::Plan plan{
      .moved_slots = 5, .least_possible = 4, .before = {{"n1", 16384}}, .after = {{"n1", 16379}, {"n2", 5}}};
  std::string flat = plan_json(plan);
  std::erase_if(flat, [](char c) { return c == ' ' || c == '\n'; });
  EXPECT_EQ(flat, R"({"moved_slots":5,"before":[{"name":"n1","slots":16384}],)"
                  R"("after":[{"name":"n1","slots":16379},{"name":"n2","slots":5}]})");
}

TEST(Plan, TableShowsEachNodeBeforeAndAfter) {
  const std::string text = plan_text({.moved_slots = 4096,
                                      .least_possible = 4096,
                                      .before = {{"gone", 4096}, {"n1", 12288}},
                                      .after = {{"n1", 12288}, {"new", 4096}}});
  EXPECT_EQ(text,
            "NODE  BEFORE  AFTER  CHANGE\n"
            "gone    4096      -   -4096\n"
            "n1     12288  12288      +0\n"
            "new        -   4096   +4096\n"
            "\n4096 of 16384 slots move: 25.0 %; the least possible is 4096 (1.00 times that)\n");
}

TEST(Plan, NothingToMoveIsSaidPlainly) {
  EXPECT_THAT(
      plan_text({.moved_slots = 0, .least_possible = 0, .before = {{"n1", 16384}}, .after = {{"n1", 16384}}}),
      HasSubstr("0 of 16384 slots move: 0.0 %\n"));
}

TEST(Status, IsATableOfWhatNodesTell) {
  const auto text = status_text(
      reply("*2\r\n*8\r\n+name\r\n+n1\r\n+bytes\r\n:2500000\r\n+state\r\n+up\r\n+mood\r\n+fine\r\n"
            "%3\r\n+name\r\n+n2\r\n+state\r\n+down\r\n+slots\r\n:5\r\n"));
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(*text,
            "NAME  STATE  SLOTS   BYTES  MOOD\n"
            "n1    up         -  2.5 MB  fine\n"
            "n2    down       5       -  -\n");
}

// Names and values of one node.
std::string node(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string bytes = "%" + std::to_string(fields.size()) + "\r\n";
  for (const auto& [name, value] : fields) bytes += "+" + name + "\r\n+" + value + "\r\n";
  return bytes;
}

TEST(Status, BelowTheTableStandsWhichFileIsInForceAndHowEvenTheLoadIs) {
  const auto one = [](const std::string& name, const std::string& sessions, const std::string& digest) {
    return node({{"name", name},
                 {"state", "up"},
                 {"weight", "1"},
                 {"sessions", sessions},
                 {"bytes", "100"},
                 {"ops_per_second", "0"},
                 {"epoch", "4"},
                 {"digest", digest},
                 {"placement_digest", "p1"}});
  };
  const auto even = status_text(reply("*2\r\n" + one("n1", "30", "d1") + one("n2", "10", "d1")));
  EXPECT_EQ(*even,
            "NAME  STATE  SESSIONS  BYTES  OPS/S  EPOCH\n"
            "n1    up           30  100 B      0      4\n"
            "n2    up           10  100 B      0      4\n"
            "\n"
            "cluster file: epoch 4, content d1, placement p1, the same on all nodes that answer\n"
            "skew (max/mean, by weight): sessions 1.50, bytes 1.00\n");
  const auto odd = status_text(reply("*2\r\n" + one("n1", "30", "d1") + one("n2", "10", "d2")));
  EXPECT_THAT(*odd,
              HasSubstr("cluster file: nodes run different ones: n1 (epoch 4, content d1, placement p1); "
                        "n2 (epoch 4, content d2, placement p1)\n"));
  EXPECT_TRUE(is_whole(reply("*2\r\n" + one("n1", "30", "d1") + one("n2", "10", "d1"))));
  EXPECT_FALSE(is_whole(reply("*2\r\n" + one("n1", "30", "d1") + one("n2", "10", "d2"))));
  EXPECT_THAT(*odd, HasSubstr("waits: node n2 runs another cluster file of epoch 4\n"));
}

TEST(Status, SkewIsByWeightAndOfNodesThatHaveSome) {
  const auto one = [](const std::string& name, const std::string& weight, const std::string& sessions,
                      const std::string& state) {
    return node({{"name", name}, {"state", state}, {"weight", weight}, {"sessions", sessions}});
  };
  const auto text = status_text(reply("*4\r\n" + one("n1", "2", "200", "up") + one("n2", "0.5", "50", "up") +
                                      one("n3", "0", "0", "up") + one("n4", "1", "900", "draining")));
  EXPECT_THAT(*text, HasSubstr("skew (max/mean, by weight): sessions 1.00\n"));
}

TEST(Status, MovesHaveATableOfTheirOwnWhileThereAreAny) {
  const std::string giving = node({{"name", "n1"},
                                   {"state", "up"},
                                   {"slots", "5000"},
                                   {"slots_to_give", "900"},
                                   {"slots_giving", "16"},
                                   {"slots_receiving", "0"},
                                   {"sessions_to_give", "4000"},
                                   {"sessions_given_per_second", "400"},
                                   {"bytes_given_per_second", "1200000"},
                                   {"seconds_left", "10"},
                                   {"last_failure", ""}});
  const std::string receiving = node({{"name", "n2"},
                                      {"state", "up"},
                                      {"slots", "100"},
                                      {"slots_to_give", "0"},
                                      {"slots_giving", "0"},
                                      {"slots_receiving", "16"},
                                      {"sessions_to_give", "0"},
                                      {"sessions_given_per_second", "0"},
                                      {"bytes_given_per_second", "0"},
                                      {"seconds_left", ""},
                                      {"last_failure", ""}});
  const std::string calm = node({{"name", "n3"}, {"state", "up"}, {"slots", "5000"}});
  EXPECT_EQ(*status_text(reply("*3\r\n" + giving + receiving + calm)),
            "NAME  STATE  SLOTS\n"
            "n1    up      5000\n"
            "n2    up       100\n"
            "n3    up      5000\n"
            "\n"
            "NODE  SLOTS_TO_GIVE  GIVING  RECEIVING  SESSIONS_TO_GIVE  SESSIONS/S  BYTES/S  TIME_LEFT\n"
            "n1              900      16          0              4000         400   1.2 MB       10 s\n"
            "n2                0       0         16                 0           0      0 B          -\n"
            "916 slots with 4000 sessions to go; 400 sessions/s, 1.2 MB/s, 10 s left\n");
  EXPECT_THAT(*status_text(reply("*1\r\n" + node({{"name", "n1"},
                                                  {"state", "up"},
                                                  {"slots_to_give", "1"},
                                                  {"last_failure", "n2: its memory is full"}}))),
              HasSubstr("n2: its memory is full\n"));
}

TEST(Status, WhatIsOutOfReachIsSaidAloudAndTheClusterIsNotWhole) {
  const std::string up = node({{"name", "n1"},
                               {"state", "up"},
                               {"slots", "15559"},
                               {"sessions", "90"},
                               {"slots_unreachable", "825"}});
  const auto silent = [](const std::string& listed, const std::string& state) {
    return node({{"name", "n4"},
                 {"state", state},
                 {"error", "no"},
                 {"listed", listed},
                 {"slots", "825"},
                 {"sessions", "12"}});
  };
  EXPECT_EQ(
      *status_text(reply("*2\r\n" + up + silent("1", "unreachable"))),
      "NAME  STATE        SLOTS  SESSIONS  ERROR\n"
      "n1    up           15559        90  -\n"
      "n4    unreachable  (825)      (12)  no\n"
      "waits: node n4 does not answer (no), and its 825 slots are out of reach\n"
      "\n"
      "OUT OF REACH: 825 slots with 12 sessions of node n4, when it was last heard of: it does not answer\n");
  EXPECT_THAT(*status_text(reply("*2\r\n" + up + silent("0", "unreachable"))),
              HasSubstr("start it again on its data directory, with the file of the others"));
  for (const char* state : {"unreachable", "down", "left"}) {
    EXPECT_FALSE(is_whole(reply("*2\r\n" + up + silent("1", state)))) << state;
  }
  const std::string empty = node({{"name", "n4"}, {"state", "down"}, {"error", "no"}, {"slots", "0"}});
  EXPECT_TRUE(is_whole(reply("*2\r\n" + node({{"name", "n1"}, {"state", "up"}}) + empty)));
  EXPECT_FALSE(is_whole(reply("*1\r\n" + up))) << "it is so of one that answers others, and not this one";
}

TEST(Where, OfManyKeysALineEach) {
  const Where where{
      .uid = "u", .slot = "7", .owner = "n1", .address = "h:1", .shard = "", .reason = "r", .state = "up"};
  EXPECT_EQ(where_line(where, "a{u}"), "n1\tup\t7\ta{u}\n");
  EXPECT_EQ(
      where_line({.uid = "", .slot = "7", .owner = "", .address = "", .shard = "", .reason = ""}, "a b"),
      "-\t-\t7\ta b\n");
}

TEST(Moves, ThePlanIsWhatEachNodeHoldsAndIsToHold) {
  const std::string one = node({{"name", "n1"},
                                {"epoch", "2"},
                                {"slots", "16384"},
                                {"slots_placed", "8192"},
                                {"slots_to_give", "8192"},
                                {"sessions_to_give", "70"}});
  const std::string two = node({{"name", "n2"}, {"epoch", "2"}, {"slots", "0"}, {"slots_placed", "4096"}});
  const std::string gone = node({{"name", "n3"}, {"error", "no"}, {"slots", "4096"}});
  EXPECT_EQ(moves_plan_text(reply("*3\r\n" + one + two + gone)),
            "NODE   SLOTS  AFTER  CHANGE\n"
            "n1     16384   8192   -8192\n"
            "n2         0   4096   +4096\n"
            "n3    (4096)      -       -\n"
            "\nepoch 2 of the cluster file: 8192 slots with 70 sessions move\n");
}

TEST(Units, AreThoseThatPeopleRead) {
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(2'500'000), "2.5 MB");
  EXPECT_EQ(human_seconds(0), "0 s");
  EXPECT_EQ(human_seconds(119), "119 s");
  EXPECT_EQ(human_seconds(121), "3 min");
  EXPECT_EQ(human_seconds(3 * 3600), "3 h");
}

TEST(Status, OtherRepliesAreNone) {
  EXPECT_FALSE(status_text(reply("-ERR no\r\n")).has_value());
  EXPECT_FALSE(status_text(reply("*1\r\n+x\r\n")).has_value());
  EXPECT_FALSE(status_text(reply("*0\r\n")).has_value());
}

}  // namespace
}  // namespace limpet::client
