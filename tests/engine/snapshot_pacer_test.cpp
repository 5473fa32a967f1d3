// When a snapshot begins, how much of it a tick may cost, and what its files wait for.
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/engine/snapshot_pacer.hpp>
#include <string>

namespace limpet::engine {
namespace {

constexpr journal::SegmentHeader kStreamHeader{.stream = {.generation = 1, .shard = 0}, .nonce = 1};
constexpr std::uint64_t kDue = kSnapshotMinBytes + 1;

class SnapshotPacerTest : public ::testing::Test {
 protected:
  void fill(int keys, std::size_t bytes) {
    for (int i = 0; i < keys; ++i) {
      const std::string key = "key" + std::to_string(i);
      store_.put_string(KeyRef::of(key), std::string(bytes, 'x'), store::Expiry::none(), 0);
    }
    writer_.end_command();
  }
  // All that is handed over, and its bytes.
  std::size_t take() {
    std::size_t bytes = 0;
    for (const journal::SnapshotPiece& piece : pacer_.pieces()) {
      bytes += piece.bytes.size();
      ended_ = ended_ || piece.ends_snapshot;
    }
    pacer_.pieces().clear();
    return bytes;
  }
  // Ticks until all of it is handed over.
  void finish() {
    for (int tick = 0; tick < 10'000 && !ended_; ++tick) {
      pacer_.tick({.position = writer_.position()}, now_ms_ += 100);
      pacer_.written(take());
    }
  }

  store::Store store_{1};
  journal::Writer writer_{1};
  SnapshotPacer pacer_{store_, writer_, kStreamHeader};
  std::int64_t now_ms_ = 0;
  bool ended_ = false;
};

TEST_F(SnapshotPacerTest, BeginsOnceTheJournalIsLongerThanHalfOfTheSessionsAndTheLeast) {
  pacer_.tick({.position = kSnapshotMinBytes}, 0);
  EXPECT_FALSE(pacer_.open());
  pacer_.tick({.position = kDue, .session_bytes = 4 * kSnapshotMinBytes}, 0);
  EXPECT_FALSE(pacer_.open());
  pacer_.tick({.position = kDue}, 0);
  EXPECT_TRUE(pacer_.open());
}

TEST_F(SnapshotPacerTest, CountsJournalsOfEarlierRuns) {
  pacer_.inherit(kDue);
  pacer_.tick({.position = 0}, 0);
  EXPECT_TRUE(pacer_.open());
}

TEST_F(SnapshotPacerTest, BeginsNoneWhileSlotsAreMissingOrTheJournalCannotBeWritten) {
  pacer_.tick({.position = kDue, .may_begin = false}, 0);
  EXPECT_FALSE(pacer_.open());
}

TEST_F(SnapshotPacerTest, CopiesNoMoreInATickThanThatMayCost) {
  fill(256, 64_KiB);  // 16 MiB
  store_.set_sink(&writer_);
  pacer_.inherit(kDue);
  pacer_.synced(~std::uint64_t{0});
  std::size_t most = 0;
  for (int tick = 0; tick < 64 && !ended_; ++tick) {
    pacer_.tick({.position = 0}, now_ms_ += 100);
    while (pacer_.can_go_on()) pacer_.go_on();
    const std::size_t bytes = take();
    pacer_.written(bytes);
    most = std::max(most, bytes);
  }
  EXPECT_TRUE(ended_);
  EXPECT_GT(most, kSnapshotTickBytes / 2);
  EXPECT_LT(most, 4 * kSnapshotTickBytes);
}

TEST_F(SnapshotPacerTest, StopsWhereTheDiskIsBehindAndGoesOnOnceItHasWritten) {
  fill(256, 64_KiB);
  pacer_.inherit(kDue);
  pacer_.synced(~std::uint64_t{0});
  std::size_t unwritten = 0;
  for (int tick = 0; tick < 64; ++tick) {
    pacer_.tick({.position = 0}, now_ms_ += 100);
    while (pacer_.can_go_on()) pacer_.go_on();
    unwritten += take();
  }
  EXPECT_FALSE(ended_);
  EXPECT_LT(unwritten, 2 * kSnapshotAheadBytes);
  pacer_.written(unwritten);
  finish();
  EXPECT_TRUE(ended_);
}

TEST_F(SnapshotPacerTest, TheEndOfAFileWaitsForTheJournalThatItNeeds) {
  store_.set_sink(&writer_);
  fill(10, 100);
  pacer_.inherit(kDue);
  for (int tick = 0; tick < 10'000 && !pacer_.wants_sync(); ++tick) {
    pacer_.tick({.position = writer_.position()}, now_ms_ += 100);
    pacer_.written(take());
  }
  ASSERT_TRUE(pacer_.wants_sync());
  EXPECT_FALSE(pacer_.can_go_on());
  pacer_.synced(writer_.position());
  pacer_.go_on();
  EXPECT_FALSE(pacer_.wants_sync());
  finish();
  EXPECT_TRUE(ended_);
  pacer_.done(writer_.position());
  EXPECT_EQ(pacer_.bytes_since(writer_.position()), 0U);
}

TEST_F(SnapshotPacerTest, AFailedOneIsTriedAgainAfterAWhile) {
  pacer_.inherit(kDue);
  pacer_.tick({.position = 0}, 1000);
  ASSERT_TRUE(pacer_.open());
  pacer_.failed(1000);
  EXPECT_FALSE(pacer_.open());
  pacer_.tick({.position = 0}, 1000 + kSnapshotRetryMs - 1);
  EXPECT_FALSE(pacer_.open());
  pacer_.tick({.position = 0}, 1000 + kSnapshotRetryMs);
  EXPECT_TRUE(pacer_.open());
}

}  // namespace
}  // namespace limpet::engine
