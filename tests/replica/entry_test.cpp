// What an owner says to a follower comes out as it went in, wherever it is cut, and nothing else is taken for
// it.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/replica/entry.hpp>
#include <random>
#include <string>
#include <vector>

namespace limpet::replica {
namespace {

using Kind = Entry::Kind;

const std::vector<LastChange> kEnds{{{1, 0}, 10, 7}, {{1, 0}, 12, 9}, {{3, 2}, 40, 9}};
const LastChange kLastOfAll{{4, 0}, 44, 11};

std::vector<Entry> one_of_each() {
  return {{.kind = Kind::ask, .slot = 3, .term = {9, 1}},
          {.kind = Kind::from, .slot = 4, .last = kLastOfAll},
          {.kind = Kind::change, .slot = 5, .number = 1ULL << 40, .effects = "effects"},
          {.kind = Kind::begin, .slot = 6, .term = {77, 0}},
          {.kind = Kind::run, .slot = 7, .effects = "more effects"},
          {.kind = Kind::whole, .slot = 8, .last = kLastOfAll, .ends = kEnds},
          {.kind = Kind::whole, .slot = 9, .last = kLastOfAll},
          {.kind = Kind::drop, .slot = kSlots - 1},
          {.kind = Kind::spare, .slot = 10, .term = {9, 2}}};
}

void expect_same(const Entry& a, const Entry& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.slot, b.slot);
  EXPECT_EQ(a.term, b.term);
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.last, b.last);
  EXPECT_EQ(a.ends, b.ends);
  EXPECT_EQ(a.effects, b.effects);
}

TEST(Entry, ComesOutAsItWentIn) {
  Bytes bytes;
  for (const Entry& entry : one_of_each()) append_entry(bytes, entry);
  std::string_view rest = bytes.view();
  for (const Entry& entry : one_of_each()) {
    const EntryStep step = next_entry(rest);
    ASSERT_EQ(step.kind, EntryStep::Kind::entry);
    expect_same(step.entry, entry);
    rest.remove_prefix(step.consumed);
  }
  EXPECT_TRUE(rest.empty());
}

TEST(Entry, IsNotTakenBeforeAllOfItIsThere) {
  for (const Entry& entry : one_of_each()) {
    Bytes bytes;
    append_entry(bytes, entry);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
      EXPECT_EQ(next_entry(bytes.view().substr(0, cut)).kind, EntryStep::Kind::need_more) << cut;
  }
}

TEST(Entry, OfARunIsWrittenAroundItsEffects) {
  Bytes bytes;
  const std::size_t nothing = begin_run(bytes, 7);
  EXPECT_FALSE(end_run(bytes, nothing));
  EXPECT_TRUE(bytes.empty());
  const std::size_t at = begin_run(bytes, 7);
  bytes.append("more effects");
  EXPECT_TRUE(end_run(bytes, at));
  const EntryStep step = next_entry(bytes.view());
  ASSERT_EQ(step.kind, EntryStep::Kind::entry);
  expect_same(step.entry, {.kind = Kind::run, .slot = 7, .effects = "more effects"});
}

TEST(Entry, NothingElseIsTakenForOne) {
  const auto wrong = [](const Entry& entry, std::size_t at, std::string_view instead) {
    Bytes bytes;
    append_entry(bytes, entry);
    std::string text(bytes.view());
    text.replace(at, instead.size(), instead);
    return next_entry(text).kind == EntryStep::Kind::error;
  };
  const std::vector<Entry> entries = one_of_each();
  EXPECT_TRUE(wrong(entries[0], 0, std::string(1, '\0')));
  EXPECT_TRUE(wrong(entries[0], 0, "\x09"));
  EXPECT_TRUE(wrong(entries[0], 1, "\xff\xff")) << "there is no such slot";
  EXPECT_TRUE(wrong(entries[2], 11, "\xff\xff\xff\xff")) << "no change is so long";
  EXPECT_TRUE(wrong(entries[4], 3, "\xff\xff\xff\xff"));
  EXPECT_TRUE(wrong(entries[5], 3, std::string(1, '\0'))) << "a history has a last change";
  EXPECT_TRUE(wrong(entries[5], 3, "\x0a")) << "no history is so long";
  const Entry backwards{.kind = Kind::whole, .slot = 8, .last = kEnds.front(), .ends = {kLastOfAll}};
  Bytes bytes;
  append_entry(bytes, backwards);
  EXPECT_EQ(next_entry(bytes.view()).kind, EntryStep::Kind::error);
}

TEST(Entry, OfAnyBytesIsReadSafely) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 60, '\0');
    for (char& each : bytes) each = static_cast<char>(random() % (random() % 2 == 0 ? 256 : 8));
    const EntryStep step = next_entry(bytes);
    ASSERT_LE(step.consumed, bytes.size());
  }
}

}  // namespace
}  // namespace limpet::replica
