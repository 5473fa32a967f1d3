// A snapshot and the journal behind it are the sessions as they were, however these changed while they were
// copied.
#include <gtest/gtest.h>

#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/journal/snapshotter.hpp>
#include <random>

#include "random_store.hpp"

namespace limpet::journal {
namespace {

using store::RandomStore;

constexpr SegmentHeader kHeader{.stream = {.generation = 3, .shard = 0}, .nonce = 0xfeedbeef};

// A shard's journal and snapshots, in memory.
class Disk {
 public:
  Disk() {
    SegmentHeader header = kHeader;
    header.number = 1;
    Bytes bytes;
    append_header(bytes, header);
    journal = bytes.view();
  }
  void put(SnapshotPiece& piece) {
    if (piece.begins_file) snapshots.emplace_back(file_name(piece.header), "");
    snapshots.back().second += piece.bytes.view();
    if (piece.ends_snapshot) ends.push_back(piece.first_file);
  }
  std::string journal;
  std::vector<std::pair<std::string, std::string>> snapshots;
  std::vector<std::uint32_t> ends;
};

class Snapshots : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void flush() {
    writer_.end_command();
    disk_.journal += writer_.take().view();
  }
  // Copies everything, `steps` operations going on between two steps of it.
  void snapshot(int steps) {
    copier_.begin();
    int empty_slots = 0;
    while (copier_.running()) {
      copier_.go_on();
      if (++empty_slots % 40 == 0 || !copier_.pieces().empty()) random_.steps(steps);
      while (!copier_.pieces().empty() &&
             (copier_.pieces().size() > 1 || copier_.pieces().front().ends_file)) {
        disk_.put(copier_.pieces().front());
        copier_.pieces().pop_front();
      }
    }
  }
  // What a start on these files makes of them.
  void recover(store::Store& into, const std::string& journal, Recovery& recovery) {
    recovery.add("journal", journal);
    for (const auto& [name, bytes] : disk_.snapshots) recovery.add(name, bytes);
    recovery.finish();
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      if (recovery.damaged(static_cast<Slot>(slot))) continue;
      recovery.each_change(static_cast<Slot>(slot), [&](std::string_view effects) {
        ASSERT_TRUE(store::apply(into, static_cast<Slot>(slot), effects, random_.now()));
      });
    }
  }

  Disk disk_;
  Writer writer_{kHeader.nonce};
  RandomStore random_{GetParam(), writer_, [this] { flush(); }};
  Snapshotter copier_{random_.store(), writer_, kHeader};
};

TEST_P(Snapshots, HoldEverythingTogetherWithTheJournal) {
  random_.steps(600);
  random_.add_large();
  snapshot(2);
  random_.steps(300);
  Recovery recovery;
  store::Store copy(5);
  recover(copy, disk_.journal, recovery);
  EXPECT_TRUE(recovery.findings().empty());
  EXPECT_EQ(contents(copy, random_.now()), contents(random_.store(), random_.now()));
}

TEST_P(Snapshots, AreEnoughForWhatCameBeforeThem) {
  random_.steps(600);
  random_.add_large();
  // What stands in the journal up to here is thrown away once the snapshot is complete.
  const std::size_t covered = disk_.journal.size();
  snapshot(1);
  SegmentHeader header = kHeader;
  header.number = 2;
  header.position = covered - kSegmentHeaderBytes;
  Bytes head;
  append_header(head, header);
  const std::string rest = std::string(head.view()) + disk_.journal.substr(covered);
  Recovery recovery;
  store::Store copy(5);
  recover(copy, rest, recovery);
  EXPECT_TRUE(recovery.findings().empty());
  EXPECT_EQ(contents(copy, random_.now()), contents(random_.store(), random_.now()));
  // And without the snapshot nothing is taken for everything.
  disk_.snapshots.clear();
  Recovery without;
  store::Store nothing(5);
  recover(nothing, rest, without);
  EXPECT_EQ(nothing.stats().keys, 0U);
  EXPECT_FALSE(without.findings().empty());
}

TEST_P(Snapshots, WithAByteChangedServeNothingWrong) {
  random_.steps(400);
  snapshot(0);
  const auto whole = contents(random_.store(), random_.now());
  const auto good = disk_.snapshots;
  std::mt19937_64 random(GetParam());
  for (int round = 0; round < 25; ++round) {
    disk_.snapshots = good;
    std::string& bytes = disk_.snapshots[random() % good.size()].second;
    bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
    Recovery recovery;
    store::Store copy(5);
    SegmentHeader header = kHeader;
    header.number = 2;
    header.position = writer_.position();
    Bytes head;
    append_header(head, header);
    recover(copy, std::string(head.view()), recovery);
    if (!recovery.refusals().empty()) continue;
    auto expected = whole;
    std::erase_if(expected, [&](const auto& each) { return recovery.damaged(slot_of(each.first)); });
    EXPECT_EQ(contents(copy, random_.now()), expected) << "round " << round;
    EXPECT_FALSE(recovery.findings().empty());
  }
}

TEST_P(Snapshots, CutAnywhereServeNothingWrong) {
  random_.steps(400);
  snapshot(0);
  const auto whole = contents(random_.store(), random_.now());
  std::string& bytes = disk_.snapshots.back().second;
  const std::string good = bytes;
  std::mt19937_64 random(GetParam());
  for (int round = 0; round < 25; ++round) {
    bytes = good.substr(0, kSegmentHeaderBytes + random() % (good.size() - kSegmentHeaderBytes));
    Recovery recovery;
    recovery.require_snapshots_of(kHeader.stream.generation);
    store::Store copy(5);
    recover(copy, "", recovery);
    auto expected = whole;
    std::erase_if(expected, [&](const auto& each) { return recovery.damaged(slot_of(each.first)); });
    EXPECT_EQ(contents(copy, random_.now()), expected) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Snapshots, ::testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace limpet::journal
