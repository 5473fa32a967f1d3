#include "cluster_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "table.hpp"

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

TEST(Status, OtherRepliesAreNone) {
  EXPECT_FALSE(status_text(reply("-ERR no\r\n")).has_value());
  EXPECT_FALSE(status_text(reply("*1\r\n+x\r\n")).has_value());
  EXPECT_FALSE(status_text(reply("*0\r\n")).has_value());
}

}  // namespace
}  // namespace limpet::client
