// A journal says which changes of a slot its copy has: it is written, and is the same whatever files it is
// in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/journal/snapshotter.hpp>
#include <limpet/journal/writer.hpp>

#include "a_stream.hpp"

namespace limpet::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Slot kSlot = 5;
constexpr Slot kOther = 9;
constexpr Slot kOwned = 7;

// As when a slot is received that its owner held at `of`, and changed last at `last`.
void receive(Stream& stream, Term of, Term last, std::uint64_t number) {
  stream.writer().set_term(kSlot, after_cession(of));
  stream.change(kSlot, "clear");
  stream.change(kSlot, "copy");
  stream.writer().copied(kSlot, {last, number});
  stream.change(kOther, "between");
}

Recovery& read(Recovery& recovery, const Files& files, std::uint64_t floor = 0) {
  for (const auto& [name, bytes] : files) recovery.add(name, bytes);
  std::vector<std::uint64_t> floors(kSlots);
  floors[kSlot] = floor;
  recovery.leave_out_below(floors);
  recovery.finish();
  return recovery;
}

std::vector<std::string> changes(const Recovery& recovery, Slot slot = kSlot) {
  std::vector<std::string> all;
  recovery.each_change(slot, [&](std::string_view effects) { all.emplace_back(effects.substr(2)); });
  return all;
}

TEST(Versions, WithoutATermAreTheCountOfChanges) {
  Stream stream;
  stream.change(kSlot, "one");
  stream.change(kSlot, "two");
  Recovery recovery;
  read(recovery, stream.files);
  EXPECT_EQ(recovery.version(kSlot), (SlotVersion{.last = {.number = 2}}));
  EXPECT_EQ(stream.writer().version(kSlot), (SlotVersion{.last = {.number = 2}}));
}

TEST(Versions, ATermIsWrittenBeforeTheFirstChangeAtItAndOnce) {
  Stream stream;
  stream.change(kSlot, "one");
  stream.writer().set_term(kSlot, {3, 0});
  stream.writer().set_term(kSlot, {3, 1});
  Recovery before;
  EXPECT_EQ(read(before, stream.files).version(kSlot), (SlotVersion{.last = {.number = 1}}))
      << "an owner that has changed nothing is no newer";
  const std::size_t size = stream.size();
  stream.change(kSlot, "two");
  EXPECT_EQ(stream.size() - size, kRecordHeadBytes + kTermBodyBytes + kRecordHeadBytes + 5);
  stream.change(kSlot, "three");
  Recovery recovery;
  read(recovery, stream.files);
  EXPECT_EQ(recovery.version(kSlot), (SlotVersion{.last = {{3, 1}, 3}, .cessions = 3}));
  EXPECT_EQ(recovery.last_sequence(kSlot), 4U) << "a term counts too, so that it is missed";
  EXPECT_EQ(recovery.changes(), 3U);
  EXPECT_THAT(changes(recovery), ElementsAre("one", "two", "three"));
  EXPECT_THAT(recovery.findings(), IsEmpty());
}

TEST(Versions, OfACopyGoOnWhereItsOwnerWas) {
  Stream stream;
  stream.change(kSlot, "of a life before");
  receive(stream, {7, 2}, {6, 0}, 1000);
  Recovery received;
  read(received, stream.files);
  EXPECT_EQ(received.version(kSlot), (SlotVersion{.last = {{6, 0}, 1000}, .cessions = 8}));
  EXPECT_EQ(stream.writer().version(kSlot), received.version(kSlot));
  stream.writer().set_term(kSlot, {8, 0});
  stream.change(kSlot, "more");
  Recovery recovery;
  read(recovery, stream.files);
  EXPECT_EQ(recovery.version(kSlot),
            (SlotVersion{.last = {{8, 0}, 1001}, .cessions = 8, .ends = {{{6, 0}, 1000}}}));
  EXPECT_EQ(recovery.last_sequence(kSlot), 7U) << "what is counted here has no gap";
  EXPECT_THAT(recovery.findings(), IsEmpty());
  EXPECT_FALSE(recovery.damaged(kSlot));
}

TEST(Versions, GoOnInTheNextRun) {
  Stream stream;
  receive(stream, {7, 2}, {6, 0}, 1000);
  Recovery first;
  read(first, stream.files);
  Stream later(2);
  later.writer().set_sequence(kSlot, first.last_sequence(kSlot), first.version(kSlot));
  later.writer().set_term(kSlot, {8, 1});
  later.change(kSlot, "more");
  Files files = stream.files;
  files.insert(files.end(), later.files.begin(), later.files.end());
  Recovery recovery;
  read(recovery, files);
  EXPECT_EQ(recovery.version(kSlot),
            (SlotVersion{.last = {{8, 1}, 1001}, .cessions = 8, .ends = {{{6, 0}, 1000}}}));
  EXPECT_THAT(recovery.findings(), IsEmpty());
}

TEST(Versions, OfFormat1AreTheirCountAndGoOnFromIt) {
  Stream old(1, {.format = 1, .stream = {}});
  old.change(kSlot, "one");
  old.change(kSlot, "two");
  EXPECT_EQ(read_header(old.files[0].second)->format, 1U);
  Recovery first;
  read(first, old.files);
  Stream later(2);
  later.writer().set_sequence(kSlot, 2, first.version(kSlot));
  later.writer().set_term(kSlot, {4, 0});
  later.change(kSlot, "three");
  Files files = old.files;
  files.insert(files.end(), later.files.begin(), later.files.end());
  Recovery recovery;
  read(recovery, files, 4);
  EXPECT_EQ(recovery.version(kSlot), (SlotVersion{.last = {{4, 0}, 3}, .cessions = 4}));
  EXPECT_THAT(changes(recovery), ElementsAre("one", "two", "three")) << "format 1 says nothing of cessions";
}

TEST(Versions, StandInASnapshotToo) {
  store::Store store(3);
  SegmentHeader header{.stream = {.generation = 3, .shard = 0}, .nonce = 7};
  Writer writer(7);
  const SlotVersion version{.last = {{6, 1}, 1000, 4},
                            .cessions = 8,
                            .ends = {{{4, 0}, 700, 2}, {{6, 0}, 800, 2}, {{6, 0}, 900, 3}}};
  // Of an owner: it was begun at the cessions of its last change.
  const SlotVersion owned{.last = {{6, 0}, 900, 3}, .cessions = 6, .ends = {{{4, 0}, 700, 2}}};
  writer.set_sequence(kSlot, 12, version);
  writer.set_sequence(kOwned, 3, owned);
  writer.set_sequence(kOther, 4);
  Snapshotter copier(store, writer, header);
  copier.begin();
  while (copier.running()) copier.go_on();
  std::string file;
  for (const SnapshotPiece& piece : copier.pieces()) file += piece.bytes.view();
  Recovery recovery;
  read(recovery, {{"0000000003-000-00000001.snapshot", file}});
  EXPECT_THAT(recovery.findings(), IsEmpty());
  EXPECT_EQ(recovery.version(kSlot), version);
  EXPECT_EQ(recovery.version(kOwned), owned);
  EXPECT_EQ(recovery.version(kOther), (SlotVersion{.last = {.number = 4}}));
  EXPECT_EQ(recovery.last_sequence(kSlot), 12U);
}

// A host failed between a term and its first change: the next one begins where the last one ended.
TEST(Versions, OfTwoTermsThatEndAtOneChangeStandInASnapshotAndInACopy) {
  const SlotVersion version{.last = {{6, 0}, 900, 5}, .cessions = 6, .ends = {{{6, 0}, 900, 4}}};
  store::Store store(3);
  Writer writer(7);
  writer.set_sequence(kSlot, 12, version);
  Snapshotter copier(store, writer, {.stream = {.generation = 3, .shard = 0}, .nonce = 7});
  copier.begin();
  while (copier.running()) copier.go_on();
  std::string file;
  for (const SnapshotPiece& piece : copier.pieces()) file += piece.bytes.view();
  Recovery recovery;
  EXPECT_EQ(read(recovery, {{"0000000003-000-00000001.snapshot", file}}).version(kSlot), version);
  Stream stream;
  stream.writer().set_term(kSlot, {7, 0});
  stream.change(kSlot, "copy");
  stream.writer().copied(kSlot, version.last, version.ends);
  stream.change(kOther, "behind it");
  Recovery received;
  EXPECT_EQ(read(received, stream.files).version(kSlot).ends, version.ends);
  EXPECT_EQ(received.version(kSlot).last, version.last);
  EXPECT_EQ(received.version(kSlot), stream.writer().version(kSlot));
}

// Its head, its body: nobody may take what was begun later for what is over.
TEST(Versions, ATermThatIsBrokenIsDamageThoughChangesFollow) {
  for (const std::size_t broken : {std::size_t{4}, kRecordHeadBytes + 3}) {
    Stream stream;
    stream.change(kSlot, "one");
    stream.writer().set_term(kSlot, {3, 0});
    const std::size_t at = stream.size();
    stream.change(kSlot, "two");
    stream.change(kSlot, "three");
    stream.mark();
    stream.files[0].second[at + broken] ^= 1;
    Recovery recovery;
    read(recovery, stream.files);
    EXPECT_TRUE(recovery.damaged(kSlot)) << broken;
  }
}

// ---- Where terms ended ----

SlotVersion version_of(const Files& files) {
  Recovery recovery;
  return read(recovery, files).version(kSlot);
}

TEST(Ends, OfTermsAtWhichSomethingWasChangedAreWritten) {
  Stream stream;
  receive(stream, {7, 0}, {6, 0}, 1000);
  for (std::uint32_t restarts = 0; restarts < 5; ++restarts) {
    stream.writer().set_term(kSlot, {8, restarts});
    if (restarts == 1) continue;  // it was stopped before it changed anything
    stream.change(kSlot, "one");
    if (restarts == 2) stream.change(kSlot, "two");
  }
  const std::vector<LastChange> ends{{{6, 0}, 1000}, {{8, 0}, 1001}, {{8, 2}, 1003}, {{8, 3}, 1004}};
  EXPECT_EQ(version_of(stream.files).ends, ends);
  EXPECT_EQ(stream.writer().version(kSlot), version_of(stream.files));
}

TEST(Ends, AreTheLastFew) {
  Stream stream;
  receive(stream, {7, 0}, {6, 0}, 1000);
  for (std::uint32_t restarts = 0; restarts <= kTermsRemembered; ++restarts) {
    stream.writer().set_term(kSlot, {8, restarts});
    stream.change(kSlot, "one");
  }
  const std::vector<LastChange> ends = version_of(stream.files).ends;
  ASSERT_EQ(ends.size(), kTermsRemembered);
  EXPECT_EQ(ends.front(), (LastChange{{8, 0}, 1001}));
  EXPECT_EQ(ends.back(), (LastChange{{8, kTermsRemembered - 1}, 1000 + kTermsRemembered}));
}

TEST(Ends, OfACopyAreItsOwnersWhateverWasThereBefore) {
  const std::vector<LastChange> ends{{{3, 0}, 200, 7}, {{5, 1}, 700, 8}, {{5, 1}, 800, 9}};
  for (const bool is_empty : {false, true}) {
    Stream stream;
    receive(stream, {1, 0}, {1, 0}, 100);
    stream.writer().set_term(kSlot, {2, 0});
    stream.change(kSlot, "of a life before");
    stream.writer().set_term(kSlot, {7, 0});
    if (!is_empty) stream.change(kSlot, "copy");
    stream.writer().copied(kSlot, {{6, 0}, 1000}, ends);
    stream.change(kOther, "behind it");
    EXPECT_EQ(version_of(stream.files).ends, ends) << is_empty;
    EXPECT_EQ(stream.writer().version(kSlot), version_of(stream.files)) << is_empty;
  }
}

// The same, of an owner that has had the slot at one term alone.
TEST(Ends, OfACopyThatHasNoneAreNotThoseOfWhatWasThereBefore) {
  Stream stream;
  receive(stream, {6, 0}, {1, 0}, 100);
  stream.writer().copied(kSlot, {{6, 0}, 1000});
  stream.change(kOther, "behind it");
  EXPECT_THAT(version_of(stream.files).ends, IsEmpty());
  EXPECT_EQ(stream.writer().version(kSlot), version_of(stream.files));
}

// Its changes are numbered on from those that it had in an earlier life, and do not follow them.
TEST(Ends, AClaimThatBeginsEmptyHasNone) {
  Stream stream;
  receive(stream, {7, 0}, {6, 0}, 1000);
  stream.writer().set_term(kSlot, {8, 0});
  stream.change(kSlot, "before it gave the slot away");
  stream.writer().set_term(kSlot, {5000, 0});
  stream.change(kSlot, "claimed");
  EXPECT_THAT(version_of(stream.files).ends, IsEmpty());
  EXPECT_FALSE(has(version_of(stream.files), {{8, 0}, 1001}));
}

// ---- Boots ----

// What a node that starts on these files has of them.
Recovery& start(Recovery& recovery, Stream& next, const Files& files) {
  read(recovery, files);
  for (const Slot slot : {kSlot, kOther})
    next.writer().set_sequence(slot, recovery.last_sequence(slot), recovery.version(slot));
  return recovery;
}

Files joined(Files files, const Stream& next) {
  files.insert(files.end(), next.files.begin(), next.files.end());
  return files;
}

TEST(Boots, AreNamedBeforeTheFirstChangeOfEachSlot) {
  Stream stream(1, {}, 20);
  constexpr std::size_t kChangeBytes = kRecordHeadBytes + 5;
  for (const Slot slot : {kSlot, kOther}) {
    const std::size_t size = stream.size();
    stream.change(slot, "one");
    EXPECT_EQ(stream.size() - size, kRecordHeadBytes + kTermBodyBytes + kChangeBytes);
    stream.change(slot, "two");
    EXPECT_EQ(stream.size() - size, kRecordHeadBytes + kTermBodyBytes + 2 * kChangeBytes);
    EXPECT_EQ(version_of(stream.files).last, (LastChange{{0, 0}, 2, 20}));
  }
}

TEST(Boots, ThatGoOnAtOneTermAreTwoTermsInTheHistory) {
  Stream stream(1, {}, 20);
  stream.writer().set_term(kSlot, {3, 0});
  stream.change(kSlot, "one");
  stream.change(kSlot, "two");
  Stream later(2, {}, 21);
  Recovery recovery;
  start(recovery, later, stream.files);
  later.change(kSlot, "three");
  const SlotVersion version = version_of(joined(stream.files, later));
  EXPECT_EQ(version, (SlotVersion{.last = {{3, 0}, 3, 21}, .cessions = 3, .ends = {{{3, 0}, 2, 20}}}));
  EXPECT_EQ(later.writer().version(kSlot), version);
  EXPECT_TRUE(has(version, {{3, 0}, 2, 20}));
  EXPECT_FALSE(has(version, {{3, 0}, 3, 20}));
}

TEST(Boots, OfAReleaseThatNamesNoneMakeNoChangesOfTheOneBefore) {
  Stream stream(1, {}, 20);
  stream.writer().set_term(kSlot, {3, 0});
  stream.change(kSlot, "one");
  Recovery recovery;
  read(recovery, stream.files);
  SlotVersion unnamed = recovery.version(kSlot);
  unnamed.last.boot = 0;
  Stream later(2);
  later.writer().set_sequence(kSlot, recovery.last_sequence(kSlot), unnamed);
  later.change(kSlot, "two");
  later.change(kSlot, "three");
  EXPECT_EQ(version_of(joined(stream.files, later)),
            (SlotVersion{.last = {{3, 0}, 3}, .cessions = 3, .ends = {{{3, 0}, 1, 20}}}));
}

TEST(Boots, OfAVolumeThatWentBackMakeOtherChangesOfTheSameNumbers) {
  Stream stream(1, {}, 20);
  stream.writer().set_term(kSlot, {3, 0});
  stream.change(kSlot, "one");
  Stream lives[] = {Stream(2, {}, 21), Stream(2, {}, 22)};
  SlotVersion versions[2];
  for (std::size_t life = 0; life < 2; ++life) {
    Recovery recovery;
    start(recovery, lives[life], stream.files);
    lives[life].change(kSlot, "two");
    versions[life] = version_of(joined(stream.files, lives[life]));
  }
  EXPECT_TRUE(is_eq(versions[0].last <=> versions[1].last)) << "neither is the later one";
  EXPECT_FALSE(has(versions[0], versions[1].last));
  EXPECT_FALSE(has(versions[1], versions[0].last));
  EXPECT_TRUE(has(versions[0], version_of(stream.files).last)) << "what both went on from";
}

// ---- Changes that somebody else has made ----

constexpr LastChange kMade{{3, 0}, 8, 70};  // by an owner in its boot 70

LastChange after(LastChange change, unsigned count) {
  change.number += count;
  return change;
}

TEST(Copies, HaveTheNumbersTermsAndBootsOfTheirOwner) {
  Stream stream(1, {}, 20);
  stream.append(kSlot, kMade, "eight");
  stream.append(kSlot, after(kMade, 1), "nine");
  stream.append(kSlot, {{3, 1}, 10, 71}, "ten");
  const SlotVersion version{.last = {{3, 1}, 10, 71}, .cessions = 3, .ends = {{{3, 0}, 9, 70}}};
  EXPECT_EQ(stream.writer().version(kSlot), version);
  EXPECT_EQ(version_of(stream.files), version);
  EXPECT_THAT(Recovered(stream.files).changes(kSlot), ElementsAre("eight", "nine", "ten"));
}

TEST(Copies, OfAnOwnerThatGoesOnKeepTheirHistoryOverTheirOwnRestarts) {
  Files files;
  std::uint64_t number = 0;
  for (std::uint64_t boot = 1; boot <= 12; ++boot) {
    Stream stream(boot, {}, static_cast<std::uint32_t>(20 + boot));
    Recovery recovery;
    start(recovery, stream, files);
    for (int i = 0; i < 2; ++i) stream.append(kSlot, {{3, 0}, ++number, 70}, "a change");
    files = joined(files, stream);
    EXPECT_EQ(version_of(files), (SlotVersion{.last = {{3, 0}, number, 70}, .cessions = 3})) << boot;
  }
}

TEST(Copies, KeepTheHistoryOfBeforeWhereAnotherOwnsTheSlot) {
  Stream stream(1, {}, 20);
  stream.append(kSlot, kMade, "eight");
  stream.append(kSlot, {{4, 0}, 9, 80}, "nine");
  stream.append(kSlot, {{5, 0}, 10, 90}, "ten");
  const SlotVersion version{.last = {{5, 0}, 10, 90}, .cessions = 5, .ends = {kMade, {{4, 0}, 9, 80}}};
  EXPECT_EQ(version_of(stream.files), version);
  EXPECT_EQ(stream.writer().version(kSlot), version);
}

TEST(Copies, BeforeTheyAreWholeAreInNobodysHistory) {
  Stream stream(1, {}, 20);
  stream.append(kSlot, kMade, "of an earlier owner");
  stream.writer().copied(kSlot, {});
  stream.append(kSlot, {{}, 1, 20}, "half");
  EXPECT_EQ(version_of(stream.files).last, (LastChange{{0, 0}, 1, 20}));
  EXPECT_FALSE(has(version_of(stream.files), kMade));
  stream.writer().copied(kSlot, after(kMade, 20), {{{2, 0}, 4, 60}});
  stream.append(kSlot, after(kMade, 21), "behind it");
  const SlotVersion version{.last = after(kMade, 21), .cessions = 3, .ends = {{{2, 0}, 4, 60}}};
  EXPECT_EQ(version_of(stream.files), version);
  EXPECT_EQ(stream.writer().version(kSlot), version);
}

TEST(Copies, ThatBecomeItsOwnGoOnInItsOwnBoot) {
  Stream stream(1, {}, 20);
  stream.append(kSlot, kMade, "eight");
  stream.writer().set_term(kSlot, {3, 1});
  stream.change(kSlot, "nine");
  EXPECT_EQ(version_of(stream.files).last, (LastChange{{3, 1}, 9, 20}));
  EXPECT_EQ(stream.writer().version(kSlot), version_of(stream.files));
}

// As where a hand-over has brought nothing but the word, or somebody has claimed it.
TEST(Copies, ThatBecomeItsOwnAreOfNoLifeThatIsOver) {
  Stream stream(1, {}, 20);
  stream.append(kSlot, kMade, "eight");
  stream.writer().goes_on(kSlot, {9, 0});
  EXPECT_EQ(stream.writer().version(kSlot), (SlotVersion{.last = kMade, .cessions = 9}));
  stream.change(kSlot, "nine");
  Recovery recovery;
  read(recovery, stream.files, 9);
  EXPECT_THAT(changes(recovery), ElementsAre("eight", "nine"));
  EXPECT_EQ(recovery.outlived(), 0U);
  EXPECT_EQ(recovery.version(kSlot), stream.writer().version(kSlot));
  EXPECT_THAT(recovery.findings(), IsEmpty());
  const SlotVersion version{.last = {{9, 0}, 9, 20}, .cessions = 9, .ends = {kMade}};
  EXPECT_EQ(stream.writer().version(kSlot), version);
  Recovery later;
  read(later, stream.files, 10);
  EXPECT_THAT(changes(later), IsEmpty()) << "it has been given away since, and taken anew";
}

TEST(Ends, TellWhetherAChangeIsInThere) {
  const SlotVersion version{.last = {{8, 1}, 1200}, .cessions = 8, .ends = {{{6, 0}, 1000}, {{8, 0}, 1100}}};
  EXPECT_TRUE(has(version, {{8, 1}, 1200}));
  EXPECT_FALSE(has(version, {{8, 1}, 1201})) << "more than there is";
  EXPECT_TRUE(has(version, {{8, 0}, 1100}));
  EXPECT_FALSE(has(version, {{8, 0}, 1101})) << "of an owner that went on where nobody followed it";
  EXPECT_TRUE(has(version, {{6, 0}, 1}));
  EXPECT_FALSE(has(version, {{7, 0}, 1})) << "of a term that is not in its history";
  EXPECT_FALSE(has(version, {{5, 0}, 1})) << "forgotten";
}

// ---- What an earlier life has left ----

TEST(Outlived, ALaterOwnerDoesNotReadWhatAnEarlierLifeHasLeft) {
  Stream stream;
  stream.writer().set_term(kSlot, {3, 0});
  stream.change(kSlot, "of the life at 3");
  Recovery recovery;
  read(recovery, stream.files, 5);
  EXPECT_THAT(changes(recovery), IsEmpty());
  EXPECT_EQ(recovery.outlived(), 1U);
  EXPECT_EQ(recovery.last_sequence(kSlot), 2U) << "the count goes on all the same";
}

TEST(Outlived, ARestartTakesNothingAway) {
  Stream stream;
  stream.writer().set_term(kSlot, {3, 0});
  stream.change(kSlot, "one");
  stream.writer().set_term(kSlot, {3, 4});
  stream.change(kSlot, "two");
  Recovery recovery;
  read(recovery, stream.files, 3);
  EXPECT_THAT(changes(recovery), ElementsAre("one", "two"));
  EXPECT_EQ(recovery.outlived(), 0U);
}

TEST(Outlived, WhatWasReceivedIsKeptThoughItsOwnerChangedNothingForLong) {
  Stream stream;
  stream.writer().set_term(kSlot, {2, 0});
  stream.change(kSlot, "of the life at 2");
  receive(stream, {7, 0}, {1, 0}, 40);
  Recovery recovery;
  read(recovery, stream.files, 8);
  EXPECT_THAT(changes(recovery), ElementsAre("clear", "copy"));
  EXPECT_EQ(recovery.outlived(), 1U);
  EXPECT_EQ(recovery.version(kSlot), (SlotVersion{.last = {{1, 0}, 40}, .cessions = 8}));
}

TEST(Formats, ANewerOneIsRefusedNamingBoth) {
  Stream newer(1, {.format = 3, .stream = {}});
  const auto header = read_header(newer.files[0].second);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().code, Code::refused);
  EXPECT_THAT(header.error().text, HasSubstr("has format 3"));
  EXPECT_THAT(header.error().text, HasSubstr("up to 2"));
}

}  // namespace
}  // namespace limpet::journal
