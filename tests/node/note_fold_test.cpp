#include "note_fold.hpp"

#include <gtest/gtest.h>

namespace limpet::node {
namespace {

using shard::Note;

constexpr Now at(std::int64_t ms) { return {.steady_ms = ms}; }

std::vector<std::string> texts(const std::vector<NoteFold::Line>& lines) {
  std::vector<std::string> out;
  for (const NoteFold::Line& line : lines) out.push_back(line.text);
  return out;
}
using Texts = std::vector<std::string>;

Note moved(bool given, const std::string& with, std::uint64_t sessions, std::int64_t frozen_ms) {
  return {Note::Level::debug,
          "one slot",
          handoff::Moved{.given = given,
                         .with = with,
                         .sessions = sessions,
                         .bytes = 10,
                         .took_ms = 5,
                         .frozen_ms = frozen_ms},
          {}};
}

Note link(const std::string& node, unsigned shard, bool up, const std::string& text) {
  return {up ? Note::Level::info : Note::Level::warning, text, {}, shard::LinkNote{node, shard, up}};
}

TEST(NoteFold, OtherNotesArePassedOnAsTheyAre) {
  NoteFold fold;
  const auto lines = fold.add({Note::Level::error, "trouble", {}, {}}, at(0));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].text, "trouble");
  EXPECT_EQ(lines[0].level, Note::Level::error);
  EXPECT_TRUE(fold.due(at(100'000), true).empty());
}

TEST(NoteFold, SlotsThatMoveAreOneLineForEachNodeAndSecond) {
  NoteFold fold;
  for (int i = 0; i < 100; ++i) {
    const auto lines = fold.add(moved(true, "n2 (why)", 3, i % 7), at(i));
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].level, Note::Level::debug) << "each slot is there for whoever wants to know";
  }
  (void)fold.add(moved(false, "n3", 1, 0), at(50));
  EXPECT_TRUE(fold.due(at(kMoveNoteMs - 1)).empty());
  EXPECT_EQ(
      texts(fold.due(at(kMoveNoteMs))),
      Texts({"100 slots were handed over to n2 (why): 300 sessions, 1000 bytes, each in 5 ms at most, 6 of "
             "them frozen at most"}));
  EXPECT_EQ(texts(fold.due(at(kMoveNoteMs + 50))),
            Texts({"1 slot was received from n3: 1 sessions, 10 bytes, each in 5 ms at most"}));
  EXPECT_TRUE(fold.due(at(10 * kMoveNoteMs)).empty()) << "told once";
}

TEST(NoteFold, AtTheEndNothingIsLeftUntold) {
  NoteFold fold;
  (void)fold.add(moved(true, "n2", 1, 0), at(0));
  EXPECT_EQ(fold.due(at(1), true).size(), 1U);
}

TEST(NoteFold, ALinkThatFailsIsALineForTheNodeAndNotForEachShardOrTry) {
  NoteFold fold;
  EXPECT_EQ(fold.add(link("n2", 0, true, "up"), at(0)).size(), 1U);
  EXPECT_EQ(fold.add(link("n2", 1, true, "up"), at(0)).size(), 0U);
  EXPECT_EQ(fold.add(link("n2", 0, false, "down: reset"), at(100'000)).size(), 1U);
  EXPECT_EQ(fold.add(link("n2", 1, false, "down: reset"), at(100'000)).size(), 0U);
  EXPECT_EQ(fold.add(link("n3", 0, false, "down: reset"), at(100'000)).size(), 1U) << "another node";
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(fold.add(link("n2", 0, false, "down: reset"), at(100'000 + 1'000 * i)).size(), 0U);
  }
  EXPECT_EQ(fold.add(link("n2", 1, true, "up"), at(1'200'000)).size(), 0U) << "one is down still";
  EXPECT_EQ(fold.add(link("n2", 0, true, "up"), at(1'200'000)).size(), 1U);
}

TEST(NoteFold, AnotherReasonIsToldButNotAllTheTime) {
  NoteFold fold;
  EXPECT_EQ(fold.add(link("n2", 0, false, "down: refused"), at(0)).size(), 1U);
  EXPECT_EQ(fold.add(link("n2", 0, false, "down: time-out"), at(kLinkNoteMs - 1)).size(), 0U);
  EXPECT_EQ(fold.add(link("n2", 0, false, "down: time-out"), at(kLinkNoteMs)).size(), 1U);
  EXPECT_EQ(fold.add(link("n2", 0, false, "down: refused"), at(kLinkNoteMs + 1)).size(), 0U);
}

}  // namespace
}  // namespace limpet::node
