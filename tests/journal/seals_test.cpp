// What is sealed ends where it was sealed: what came later is nothing, and nothing before may be missing.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/hash.hpp>
#include <limpet/journal/snapshotter.hpp>

#include "a_stream.hpp"

namespace limpet::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Files both(const Stream& first, const Stream& second) {
  Files files = first.files;
  files.insert(files.end(), second.files.begin(), second.files.end());
  return files;
}

// The next run's stream, of which the first change of slot 5 has this number.
Stream after(std::uint64_t sequence) {
  Stream next(2);
  next.writer().set_sequence(5, sequence - 1);
  next.change(5, "of the next run");
  return next;
}

TEST(Seals, SayWhereEachStreamEnded) {
  Stream stream;
  stream.change(5, "one");
  stream.begin_file();
  stream.change(5, "two");
  const Seals seals = Recovered(stream.files).recovery.seals(2);
  EXPECT_EQ(seals.generation, 2U);
  EXPECT_THAT(seals.ends, ElementsAre(Pair(StreamName{1, 0}, stream.writer().position())));
  EXPECT_EQ(seals.end_of({1, 0}), stream.writer().position());
  EXPECT_EQ(seals.end_of({1, 1}), 0U);
  EXPECT_EQ(seals.end_of({2, 0}), std::nullopt);
}

TEST(Seals, AreTheSameWhenTheyAreReadAgainAndAnyOtherTextIsDamaged) {
  for (const Seals& seals : {Seals{}, Seals{7, {{{1, 0}, 5}, {{6, 12}, std::uint64_t{1} << 40}}}}) {
    const std::string text = seals_text(seals);
    EXPECT_EQ(read_seals(text).value(), seals);
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::string other = text;
      other[at] ^= 1;
      EXPECT_FALSE(read_seals(other)) << at;
      EXPECT_FALSE(read_seals(text.substr(0, at))) << at;
    }
  }
  EXPECT_FALSE(read_seals("no seals\n"));
  // Each names a shard that there cannot be; the check is right.
  for (const std::string lines : {"generation 7\nstream 1 4294967296 5\n", "generation 7\nstream 1 -1 5\n"}) {
    EXPECT_FALSE(read_seals(lines + fmt::format("check {:016x}\n", hash64(lines)))) << lines;
  }
}

TEST(Seals, LeaveOutWhatWasWrittenLater) {
  Stream stream;
  stream.change(5, "one");
  const Seals seals = Recovered(stream.files).recovery.seals(2);
  stream.change(5, "late");
  stream.begin_file();
  stream.change(9, "later");
  stream.mark();
  const Files files = both(stream, after(2));
  const Recovered sealed(files, seals);
  EXPECT_THAT(sealed.changes(5), ElementsAre("one", "of the next run"));
  EXPECT_THAT(sealed.changes(9), IsEmpty());
  EXPECT_EQ(sealed.damaged(), 0U);
  ASSERT_EQ(sealed.recovery.findings().size(), 2U);
  EXPECT_EQ(sealed.recovery.findings()[0].kind, Finding::Kind::cut_off);
  EXPECT_THAT(sealed.recovery.findings()[0].text, HasSubstr("left out"));
  EXPECT_EQ(sealed.recovery.seals(3).ends.at({1, 0}), seals.ends.at({1, 0}));
  // It is the seal that tells.
  EXPECT_EQ(Recovered(files).damaged(), 1U);
}

TEST(Seals, LeaveOutAStreamThatBeganLater) {
  Stream stream;
  stream.change(5, "late");
  Stream next(2);
  next.change(5, "of the next run");
  const Recovered sealed(both(stream, next), Seals{.generation = 2, .ends = {}});
  EXPECT_THAT(sealed.changes(5), ElementsAre("of the next run"));
  EXPECT_EQ(sealed.damaged(), 0U);
}

TEST(Seals, StandWhereAnEndWasCutOffAndItIsNoDamageLater) {
  Stream stream;
  stream.change(5, "one");
  stream.change(5, "half written");
  stream.files.back().second.pop_back();
  const Recovered first(stream.files);
  EXPECT_THAT(first.changes(5), ElementsAre("one"));
  const Recovered again(both(stream, after(2)), first.recovery.seals(2));
  EXPECT_THAT(again.changes(5), ElementsAre("one", "of the next run"));
  EXPECT_EQ(again.damaged(), 0U);
}

// A snapshot has taken the place of the first file, and of the second one nothing is whole but the header.
TEST(Seals, AreMetByAFileOfWhichNothingButItsBeginningCounts) {
  Stream stream;
  stream.change(5, "one");
  store::Store store(7);
  Snapshotter copier(store, stream.writer(), {.stream = {.generation = 1}});
  copier.begin();
  while (copier.running()) copier.go_on();
  std::string snapshot;
  for (const SnapshotPiece& piece : copier.pieces()) snapshot += piece.bytes.view();
  stream.begin_file();
  stream.change(6, "half written");
  stream.files.back().second.pop_back();
  const Files files = {stream.files[1], {"snapshot", snapshot}};
  const Recovered first(files);
  EXPECT_EQ(first.damaged(), 0U);
  const Recovered again(files, first.recovery.seals(2));
  EXPECT_EQ(again.damaged(), 0U);
  EXPECT_EQ(again.recovery.seals(3).ends, first.recovery.seals(2).ends);
}

TEST(Seals, LetNothingBeMissingBeforeThem) {
  Stream stream;
  stream.change(5, "one");
  stream.begin_file();
  stream.change(5, "two");
  const Seals seals = Recovered(stream.files).recovery.seals(2);
  EXPECT_EQ(Recovered(stream.files, seals).damaged(), 0U);
  Files cut = stream.files;
  cut.back().second.pop_back();
  EXPECT_GT(Recovered(cut, seals).damaged(), 0U);
  EXPECT_EQ(Recovered(cut).damaged(), 0U);
  EXPECT_GT(Recovered({stream.files.front()}, seals).damaged(), 0U);
  const Recovered nothing({}, seals);
  EXPECT_EQ(nothing.damaged(), kSlots);
  ASSERT_EQ(nothing.recovery.findings().size(), 1U);
  EXPECT_EQ(nothing.recovery.findings()[0].file, stream.files.front().first);
}

}  // namespace
}  // namespace limpet::journal
