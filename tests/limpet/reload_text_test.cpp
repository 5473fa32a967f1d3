#include "reload_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace limpet::client {
namespace {

using resp::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Verdict = NodeFile::Verdict;

Value said(const std::string& text, Value::Type type = Value::Type::bulk) {
  Value value;
  value.type = type;
  value.text = text;
  return value;
}

NodeFile of(const std::string& node, std::uint64_t epoch, Verdict verdict = Verdict::takes,
            const std::string& content = "c1") {
  return {.node = node,
          .verdict = verdict,
          .file = "/etc/" + node + ".toml",
          .epoch = epoch,
          .content = content,
          .awaits = {"a", "b"},
          .says = "so it is"};
}

TEST(ReloadTextTest, ANodeTellsOfItsFile) {
  const NodeFile file =
      node_file("a", said("file /etc/a b.toml\nepoch 7\ncontent c7\nawaits a b\nin_force 6\n"
                          "verdict takes\nsays epoch 6 to 7\nkept 1\n"));
  EXPECT_EQ(file.verdict, Verdict::takes);
  EXPECT_EQ(file.file, "/etc/a b.toml");
  EXPECT_EQ(file.epoch, 7U);
  EXPECT_EQ(file.content, "c7");
  EXPECT_THAT(file.awaits, ElementsAre("a", "b"));
  EXPECT_EQ(file.says, "epoch 6 to 7");
  EXPECT_TRUE(file.keeps);
}

TEST(ReloadTextTest, OneThatCannotBeReachedIsSilentAndAnyOtherErrorRefuses) {
  EXPECT_EQ(node_file("a", said("CLUSTERDOWN gone", Value::Type::error)).verdict, Verdict::silent);
  EXPECT_EQ(node_file("a", said("ERR this node is stopping", Value::Type::error)).verdict, Verdict::refuses);
  const NodeFile old = node_file("a", said("ERR no command for a node as a whole", Value::Type::error));
  EXPECT_EQ(old.verdict, Verdict::refuses);
  EXPECT_THAT(old.says, HasSubstr("earlier release"));
}

TEST(ReloadTextTest, AllOfOneFileAreReloaded) {
  const ReloadCheck check = check_reload({of("a", 7), of("b", 7, Verdict::nothing)});
  EXPECT_FALSE(check.refused);
  EXPECT_TRUE(check.whole);
  EXPECT_EQ(check.text, "a: would take: so it is\nb: so it is\n");
}

TEST(ReloadTextTest, OneThatRefusesKeepsAllFromIt) {
  const ReloadCheck check = check_reload({of("a", 7), of("b", 2, Verdict::refuses)});
  EXPECT_TRUE(check.refused);
  EXPECT_EQ(check.text, "a: would take: so it is\nb: so it is\n");
}

TEST(ReloadTextTest, AFileThatWasNotHandedOutIsNamed) {
  const ReloadCheck check = check_reload({of("a", 6, Verdict::nothing), of("b", 7)});
  EXPECT_TRUE(check.refused);
  EXPECT_THAT(check.text, HasSubstr("a: /etc/a.toml has epoch 6, and /etc/b.toml of b has 7; give all"));
}

TEST(ReloadTextTest, TheSameEpochWithOtherContentIsNamed) {
  const ReloadCheck check = check_reload({of("a", 7), of("b", 7, Verdict::takes, "c2")});
  EXPECT_TRUE(check.refused);
  EXPECT_THAT(
      check.text,
      HasSubstr("b: /etc/b.toml has epoch 7 as /etc/a.toml of a, but other content (c2, not c1); give"));
}

TEST(ReloadTextTest, OneThatDoesNotAnswerIsMissedUnlessItNeedNotBeUp) {
  NodeFile silent;
  silent.says = "CLUSTERDOWN gone";
  silent.node = "b";
  const ReloadCheck missed = check_reload({of("a", 7), silent});
  EXPECT_FALSE(missed.refused);
  EXPECT_FALSE(missed.whole);
  EXPECT_THAT(missed.text, HasSubstr("b: CLUSTERDOWN gone\n"));
  silent.node = "c";
  const ReloadCheck gone = check_reload({of("a", 7), silent});
  EXPECT_TRUE(gone.whole);
  EXPECT_THAT(gone.text, HasSubstr("c: CLUSTERDOWN gone; by the cluster file it need not be up\n"));
}

TEST(ReloadTextTest, WhatWaitsForARestartIsNotAllInForce) {
  NodeFile keeps = of("a", 7);
  keeps.keeps = true;
  const ReloadCheck check = check_reload({keeps});
  EXPECT_FALSE(check.refused);
  EXPECT_FALSE(check.whole);
}

}  // namespace
}  // namespace limpet::client
