// What was written is read again, whatever happened to the end of it; and what is damaged is never taken for
// whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/journal/recovery.hpp>
#include <limpet/journal/snapshotter.hpp>
#include <limpet/journal/writer.hpp>
#include <map>
#include <random>

#include "a_stream.hpp"

namespace limpet::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Journal, HoldsTheChangesOfEachSlotInTheirOrder) {
  Stream stream;
  stream.change(5, "one");
  stream.change(9, "two");
  stream.begin_file();
  stream.change(5, "three");
  stream.mark();
  Stream later(2);
  later.writer().set_sequence(5, 2);
  later.change(5, "four");
  Files files = stream.files;
  files.insert(files.begin(), later.files.begin(), later.files.end());
  const Recovered all(files);
  EXPECT_THAT(all.changes(5), ElementsAre("one", "three", "four"));
  EXPECT_THAT(all.changes(9), ElementsAre("two"));
  EXPECT_THAT(all.recovery.findings(), IsEmpty());
  EXPECT_EQ(all.recovery.last_sequence(5), 3U);
  EXPECT_EQ(all.recovery.generations(), 2U);
  EXPECT_EQ(all.damaged(), 0U);
}

TEST(Journal, ACommandOfSeveralSlotsIsARecordForEach) {
  Writer writer(kNonce);
  writer.change_of(1).erase("a");
  writer.change_of(1).erase("b");
  writer.change_of(2).erase("c");
  writer.end_command();
  EXPECT_EQ(writer.sequence(1), 1U);
  EXPECT_EQ(writer.sequence(2), 1U);
  EXPECT_EQ(writer.position_of(2), writer.position());
  EXPECT_EQ(writer.position(), 2 * kRecordHeadBytes + 3 * 3);
}

// Cut at every byte: the changes before it are there, what was begun is cut off, nothing is called damage.
TEST(Journal, CutAnywhereItHoldsWhatCameBefore) {
  Stream stream;
  std::vector<std::size_t> ends;
  for (int i = 0; i < 12; ++i) {
    stream.change(static_cast<Slot>(i % 3), "change " + std::to_string(i));
    ends.push_back(stream.size());
  }
  for (std::size_t size = 0; size <= stream.size(); ++size) {
    Files files = stream.files;
    files[0].second.resize(size);
    const Recovered cut(files);
    std::size_t whole = 0;
    bool at_end = size == kSegmentHeaderBytes;
    for (const std::size_t end : ends) {
      whole += end <= size ? 1U : 0U;
      at_end = at_end || end == size;
    }
    EXPECT_EQ(cut.recovery.changes(), whole) << size;
    EXPECT_EQ(cut.recovery.findings().empty(), at_end) << size;
    EXPECT_EQ(cut.damaged(), 0U) << size;
  }
}

TEST(Journal, ThatEndsBeforeItsLastMarkHasLostSomething) {
  Stream stream;
  stream.change(1, "one");
  const std::size_t end = stream.size();
  stream.change(2, "two");
  stream.begin_file();
  stream.change(3, "three");
  stream.mark();
  Files files = stream.files;
  files[0].second.resize(end);
  const Recovered cut(files);
  EXPECT_TRUE(cut.recovery.damaged(2));
  EXPECT_TRUE(cut.recovery.damaged(1)) << "it may have had a change in what is missing";
  ASSERT_EQ(cut.recovery.findings().size(), 1U);
  EXPECT_EQ(cut.recovery.findings()[0].kind, Finding::Kind::damage);
  EXPECT_EQ(cut.recovery.findings()[0].file, files[0].first);
  EXPECT_EQ(cut.recovery.findings()[0].offset, end);

  files = stream.files;
  files.erase(files.begin());
  EXPECT_GT(Recovered(files).damaged(), 16'000U) << "the first file is missing";
}

// A host that loses power may have written later bytes and not earlier ones, of what was not synced.
TEST(Journal, WithAHoleBehindTheLastMarkEndsThere) {
  Stream stream;
  stream.change(1, "one");
  stream.mark();
  const std::size_t hole = stream.size();
  stream.change(2, "two");
  stream.change(3, "three");
  Files files = stream.files;
  files[0].second.replace(hole, kRecordHeadBytes, kRecordHeadBytes, '\0');
  const Recovered cut(files);
  EXPECT_THAT(cut.changes(1), ElementsAre("one"));
  EXPECT_THAT(cut.changes(2), IsEmpty());
  EXPECT_THAT(cut.changes(3), IsEmpty()) << "a later change without an earlier one";
  EXPECT_EQ(cut.damaged(), 0U);
  ASSERT_EQ(cut.recovery.findings().size(), 1U);
  EXPECT_EQ(cut.recovery.findings()[0].kind, Finding::Kind::cut_off);
  EXPECT_THAT(cut.recovery.findings()[0].text, HasSubstr("1 later changes"));
}

// What is cut off clears no slot: slot 1 has lost a change for good, and a later one of it counts no more.
TEST(Journal, DamageBeforeAnEndThatWasCutOffCostsTheSlotsThatHaveChangesBehindThatEnd) {
  Stream stream;
  stream.change(1, "one");
  const std::size_t hit = stream.size();
  stream.change(1, "two");
  stream.mark();
  const std::size_t torn = stream.size();
  stream.change(2, "torn");
  stream.change(1, "three");
  Files files = stream.files;
  files[0].second[hit] ^= 1;
  files[0].second.replace(torn, kRecordHeadBytes, kRecordHeadBytes, '\0');
  const Recovered recovered(files);
  EXPECT_THAT(recovered.changes(1), ElementsAre("one"));
  EXPECT_TRUE(recovered.recovery.damaged(1));
}

// Headers can say anything. Here the distance between the positions of two files, of which the room for
// many changes was worked out once, wraps to nothing.
TEST(Journal, OfManyChangesInFilesThatDoNotGoTogetherIsReadSafely) {
  constexpr std::uint64_t kChanges = 5'000;
  Stream first;
  first.change(1, "one");
  SegmentHeader header{.stream = {.generation = 1}, .number = 2, .nonce = kNonce + 1};
  header.position = std::uint64_t{0} - 4'094 * kRecordHeadBytes - 4'096;
  Bytes second;
  append_header(second, header);
  for (std::uint64_t i = 0; i < kChanges; ++i) {
    const std::size_t at = second.size();
    second.extend(kRecordHeadBytes);
    seal_record(second.data() + at, {.slot = 2, .sequence = i + 1}, header.nonce,
                header.position + at - kSegmentHeaderBytes);
  }
  Files files = first.files;
  files.emplace_back("second", std::string(second.view()));
  const Recovered recovered(files);
  EXPECT_THAT(recovered.changes(1), ElementsAre("one"));
  ASSERT_FALSE(recovered.recovery.findings().empty());
  EXPECT_EQ(recovered.recovery.findings()[0].kind, Finding::Kind::cut_off);
}

// Files are removed from the oldest on, and a crash may come after the one with the hole.
TEST(Journal, WhatWasCutOffStaysAwayWhenTheHoleIsRemovedBeforeIt) {
  Stream stream;
  stream.change(1, "one");
  const std::size_t hole = stream.size();
  stream.change(1, "torn");
  stream.begin_file();
  stream.change(1, "behind the hole");
  Files files = stream.files;
  files[0].second.replace(hole, kRecordHeadBytes, kRecordHeadBytes, '\0');
  EXPECT_THAT(Recovered(files).changes(1), ElementsAre("one"));
  // The next run goes on from there and copies everything.
  Stream next(2);
  next.writer().set_sequence(1, 1);
  store::Store store(7);
  Snapshotter copier(store, next.writer(), {.stream = {.generation = 2}});
  copier.begin();
  while (copier.running()) copier.go_on();
  next.change(1, "two");
  files = {files[1], next.files[0], {"snapshot", ""}};
  for (const SnapshotPiece& piece : copier.pieces()) files[2].second += piece.bytes.view();
  const Recovered recovered(files);
  EXPECT_THAT(recovered.changes(1), ElementsAre("two"));
  EXPECT_EQ(recovered.damaged(), 0U);
}

TEST(Journal, AFileThatNeverGotItsHeaderIsLeftOut) {
  Stream stream;
  stream.change(1, "one");
  Files files = stream.files;
  files.emplace_back("shorter", std::string(kSegmentHeaderBytes - 1, 'x'));
  files.emplace_back("zeros", std::string(kSegmentHeaderBytes, '\0'));
  const Recovered left(files);
  EXPECT_THAT(left.changes(1), ElementsAre("one"));
  EXPECT_EQ(left.damaged(), 0U);
  files.emplace_back("longer", std::string(kSegmentHeaderBytes + 1, '\0'));
  EXPECT_EQ(Recovered(files).damaged(), kSlots) << "what stands behind a header comes after its sync";
}

// Any bit of a stream that was synced to its end: either nothing is lost, or the slot is not served.
TEST(Journal, WithAnyBitFlippedServesNothingWrong) {
  Stream stream;
  std::map<Slot, std::vector<std::string>> written;
  for (int i = 0; i < 8; ++i) {
    const auto slot = static_cast<Slot>(i % 3);
    written[slot].push_back("change " + std::to_string(i));
    stream.change(slot, written[slot].back());
    if (i == 4) stream.begin_file();
  }
  stream.mark();
  std::size_t refused = 0;
  for (std::size_t file = 0; file < stream.files.size(); ++file) {
    for (std::size_t bit = 0; bit < stream.files[file].second.size() * 8; ++bit) {
      Files files = stream.files;
      char& byte = files[file].second[bit / 8];
      byte = static_cast<char>(byte ^ (1 << (bit % 8)));
      const Recovered flipped(files);
      if (!flipped.recovery.refusals().empty()) {
        ++refused;
        continue;
      }
      for (const auto& [slot, changes] : written) {
        const bool same = flipped.changes(slot) == changes;
        ASSERT_TRUE(same || flipped.recovery.damaged(slot))
            << "file " << file << " bit " << bit << " slot " << slot;
      }
    }
  }
  EXPECT_GT(refused, 0U) << "a newer format";
}

TEST(Journal, ADamagedBodyCostsItsOwnSlotAlone) {
  Stream stream;
  stream.change(1, "one");
  const std::size_t at = stream.size() + kRecordHeadBytes;
  stream.change(2, "two");
  stream.change(3, "three");
  stream.mark();
  Files files = stream.files;
  files[0].second[at] = '!';
  const Recovered damaged(files);
  EXPECT_EQ(damaged.damaged(), 1U);
  EXPECT_TRUE(damaged.recovery.damaged(2));
  EXPECT_THAT(damaged.changes(3), ElementsAre("three"));
  ASSERT_EQ(damaged.recovery.findings().size(), 1U);
  EXPECT_THAT(damaged.recovery.findings()[0].text, HasSubstr("slot 2"));
}

TEST(Journal, RecordsOfAnotherStreamOrPlaceAreNone) {
  Stream stream;
  stream.change(1, "one");
  stream.change(1, "two");
  Stream other(2);
  other.change(1, "one");
  other.change(1, "TWO");
  Files files = stream.files;
  const std::size_t second = stream.size() - kRecordHeadBytes - 5;
  // As after a write that went to the wrong place, or of a file that had these blocks before.
  files[0].second.replace(second, std::string::npos, other.files[0].second.substr(second));
  EXPECT_THAT(Recovered(files).changes(1), ElementsAre("one"));
}

TEST(Journal, AFileOfAnotherKindOrOfANewerFormatIsRefusedWithWords) {
  EXPECT_THAT(read_header(std::string(100, 'x')).error().text, HasSubstr("no journal file"));
  Stream stream;
  Files files = stream.files;
  files[0].second[8] = 3;
  const Recovered newer(files);
  ASSERT_EQ(newer.recovery.refusals().size(), 1U);
  EXPECT_THAT(newer.recovery.refusals()[0],
              HasSubstr("has format 3, and this limpetd knows formats up to 2"));
}

TEST(Journal, OfRandomBytesBehindAGoodHeaderIsReadSafely) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    Stream stream;
    for (int i = 0; i < 5; ++i) stream.change(static_cast<Slot>(i), std::string(random() % 50, 'c'));
    Files files = stream.files;
    std::string& bytes = files[0].second;
    for (int i = 0; i < 8; ++i) {
      bytes[kSegmentHeaderBytes + random() % (bytes.size() - kSegmentHeaderBytes)] =
          static_cast<char>(random());
    }
    const Recovered any(files);
    EXPECT_LE(any.recovery.changes(), 5U);
  }
}

}  // namespace
}  // namespace limpet::journal
