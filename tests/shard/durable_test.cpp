// What a reply shows is safe before the reply leaves, and nobody else waits for that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/shard/shard.hpp>

#include "sim_cluster.hpp"

namespace limpet::shard {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr journal::SegmentHeader kHeader{.stream = {.generation = 1, .shard = 0}, .shards = 2, .nonce = 77};

// One shard of two, its clients and its journal in the hands of the test.
class Durable : public ::testing::Test {
 protected:
  Durable() : file_(*cluster::parse_file(cluster_text(1), "test.toml")) {
    ShardConfig config;
    config.view = std::make_shared<const cluster::View>(file_.view);
    config.shards = 2;
    config.journal = kHeader;
    shard_ = std::make_unique<Shard>(config, ShardTunables{}, now_);
  }

  StreamId connect() { return shard_->client_opened({"client", "here"}, now_); }
  // Sends a line and returns what may leave for the client now.
  std::string ask(StreamId client, const std::string& line) {
    shard_->received(client, line + "\r\n", now_);
    return turn(client);
  }
  // The end of a turn: changes are handed over, and what may leave leaves.
  std::string turn(StreamId client) {
    std::string all;
    while (true) {
      const std::string out = write_out(client);
      shard_->take_changes();
      const Bytes changes = std::exchange(shard_->effects().changes, {});
      position_ += changes.size();
      journal_ += changes.view();
      if (out.empty() && changes.empty()) return all;
      all += out;
    }
  }
  std::string write_out(StreamId client) {
    shard_->effects().dirty.clear();
    Stream* stream = shard_->stream(client);
    if (stream == nullptr || stream->held) return {};
    stream->dirty = false;
    std::string out(stream->out.view());
    if (!out.empty()) shard_->written(client, out.size(), now_);
    return out;
  }
  std::string durable(StreamId client, std::uint64_t position) {
    shard_->durable(position, now_);
    return turn(client);
  }
  // A key of this shard; different ones are of different slots.
  static std::string key(int n) {
    int found = 0;
    for (int i = 0;; ++i) {
      std::string name = "k" + std::to_string(i);
      if (slot_of(name) % 2 == 0 && found++ == n) return name;
    }
  }

  cluster::ClusterFile file_;
  Now now_{1'000, 1'700'000'000'000};
  std::unique_ptr<Shard> shard_;
  std::uint64_t position_ = 0;  // the end of what was handed over
  std::string journal_;
};

TEST_F(Durable, AWriteIsAnsweredOnceItsChangeIsSafe) {
  const StreamId client = connect();
  EXPECT_EQ(ask(client, "SET " + key(0) + " v"), "");
  EXPECT_GT(position_, 0U);
  EXPECT_EQ(durable(client, position_ - 1), "") << "half of it";
  EXPECT_EQ(durable(client, position_), "+OK\r\n");
  EXPECT_EQ(ask(client, "GET " + key(0)), "$1\r\nv\r\n");
}

TEST_F(Durable, ACommandThatChangesNothingWaitsForNothing) {
  const StreamId client = connect();
  EXPECT_EQ(ask(client, "DEL " + key(0)), ":0\r\n");
  EXPECT_EQ(ask(client, "SET " + key(0) + " v XX"), "$-1\r\n");
  EXPECT_EQ(position_, 0U);
}

TEST_F(Durable, AReadOfWhatIsNotSafeWaitsAndOthersDoNot) {
  const StreamId writer = connect();
  const StreamId reader = connect();
  ask(writer, "SET " + key(0) + " v");
  EXPECT_EQ(ask(reader, "GET " + key(1)), "$-1\r\n") << "another slot";
  EXPECT_EQ(ask(reader, "PING"), "+PONG\r\n");
  EXPECT_EQ(ask(reader, "GET " + key(0)), "") << "it would show what a crash may take back";
  EXPECT_EQ(ask(reader, "PING"), "") << "replies keep their order";
  EXPECT_EQ(durable(reader, position_), "$1\r\nv\r\n+PONG\r\n");
}

TEST_F(Durable, APipelineIsTakenInOneTurnAndThenWaits) {
  const StreamId client = connect();
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += "INCR " + key(0) + "\r\n";
  shard_->received(client, lines, now_);
  EXPECT_EQ(turn(client), "");
  const std::uint64_t first = position_;
  shard_->received(client, "INCR " + key(0) + "\r\n", now_);
  EXPECT_EQ(turn(client), "");
  EXPECT_EQ(position_, first) << "no more is taken from it meanwhile";
  EXPECT_THAT(durable(client, first), StartsWith(":1\r\n:2\r\n"));
  EXPECT_GT(position_, first);
  EXPECT_EQ(durable(client, position_), ":21\r\n");
}

TEST_F(Durable, AClientThatLeavesWhileItsWriteIsUnderWayIsForgotten) {
  const StreamId client = connect();
  ask(client, "SET " + key(0) + " v");
  shard_->closed(client, "gone", now_);
  shard_->durable(position_, now_);
  EXPECT_EQ(ask(connect(), "GET " + key(0)), "$1\r\nv\r\n");
}

TEST_F(Durable, AFullDiskRefusesWritesAndGoesOnByItself) {
  const StreamId writer = connect();
  const StreamId other = connect();
  ask(writer, "SET " + key(0) + " v");
  shard_->journal_trouble("the journal cannot be written: No space left on device");
  EXPECT_EQ(
      ask(other, "SET " + key(1) + " w"),
      "-MISCONF the journal cannot be written: No space left on device: writes are refused, reads go on\r\n");
  EXPECT_EQ(ask(other, "GET " + key(1)), "$-1\r\n");
  EXPECT_THAT(ask(other, "GET " + key(0)), HasSubstr("what is asked for has changes that wait for the disk"));
  shard_->journal_trouble("");
  EXPECT_EQ(durable(writer, position_), "+OK\r\n") << "who waited goes on";
  ask(other, "SET " + key(1) + " w");
  EXPECT_EQ(durable(other, position_), "+OK\r\n");
}

TEST_F(Durable, AFailedDiskNeverAcknowledgesWhatItHadNotTaken) {
  const StreamId writer = connect();
  const StreamId reader = connect();
  ask(writer, "SET " + key(0) + " v");
  shard_->journal_failed("the journal cannot be synced: Input/output error", now_);
  const Stream* stream = shard_->stream(writer);
  ASSERT_NE(stream, nullptr);
  EXPECT_TRUE(stream->aborted) << "closed: what became of its write cannot be known";
  shard_->durable(position_, now_);
  EXPECT_THAT(ask(reader, "SET " + key(1) + " w"), StartsWith("-MISCONF the journal cannot be synced"));
  shard_->journal_trouble("");
  EXPECT_THAT(ask(reader, "SET " + key(1) + " w"), StartsWith("-MISCONF")) << "for good";
  EXPECT_EQ(ask(reader, "GET " + key(0)), "$1\r\nv\r\n") << "reads go on";
}

TEST_F(Durable, ADiskThatDoesNotKeepUpRefusesWritesAboveABound) {
  const std::string big = "SET " + key(0) + " " + std::string(kLineBytesMax - 100, 'x');
  std::size_t taken = 0;
  for (StreamId client = connect(); ask(client, big).empty(); client = connect()) {
    ASSERT_LT(++taken, 2 * kUnwrittenBytesMax / kLineBytesMax) << "without any bound";
  }
  EXPECT_GT(taken, kUnwrittenBytesMax / kLineBytesMax / 2);
  EXPECT_THAT(ask(connect(), big), StartsWith("-BUSY the disk does not keep up"));
  EXPECT_EQ(ask(connect(), "GET " + key(1)), "$-1\r\n");
}

TEST_F(Durable, ASiblingsRequestIsAnsweredOnceItsChangeIsSafe) {
  // What the other shard of the node sends for a client of its own: taken from one that keeps no journal.
  ShardConfig config;
  config.view = std::make_shared<const cluster::View>(file_.view);
  config.shards = 2;
  config.index = 1;
  Shard other(config, ShardTunables{}, now_);
  const StreamId client = other.client_opened({"client", "there"}, now_);
  other.received(client, "SET " + key(0) + " v\r\n", now_);
  other.take_batches();
  ASSERT_EQ(other.effects().batches.size(), 1U);
  shard_->from_sibling(1, other.effects().batches[0].second.view(), now_);
  turn(connect());
  shard_->take_batches();
  EXPECT_THAT(shard_->effects().batches, IsEmpty());
  shard_->durable(position_, now_);
  shard_->take_batches();
  ASSERT_EQ(shard_->effects().batches.size(), 1U);
  other.from_sibling(0, shard_->effects().batches[0].second.view(), now_);
  EXPECT_EQ(other.stream(client)->out.view(), "+OK\r\n");
}

TEST_F(Durable, WhatItHandsOverIsReadAsTheSameSessions) {
  const StreamId client = connect();
  for (int i = 0; i < 50; ++i) {
    ask(client, "SET " + key(i) + " " + std::to_string(i));
    durable(client, position_);
    if (i % 10 == 0) shard_->synced(position_, now_);
  }
  ask(client, "FLUSHALL");  // the other shard never answers for its part
  const StreamId later = connect();
  ask(later, "APPEND " + key(3) + " again");
  EXPECT_EQ(durable(later, position_), ":5\r\n");

  Bytes head;
  journal::SegmentHeader header = kHeader;
  header.number = 1;
  journal::append_header(head, header);
  const std::string file = std::string(head.view()) + journal_;
  journal::Recovery recovery;
  recovery.add("journal", file);
  recovery.finish();
  EXPECT_THAT(recovery.findings(), IsEmpty());
  ShardConfig config;
  config.view = std::make_shared<const cluster::View>(file_.view);
  config.shards = 2;
  config.loads = true;
  Shard again(config, ShardTunables{}, now_);
  LoadPiece piece;
  for (unsigned slot = 0; slot < kSlots; slot += 2) {
    const std::size_t before = piece.bytes.size();
    recovery.each_change(static_cast<Slot>(slot),
                         [&](std::string_view effects) { piece.bytes.append(effects); });
    piece.steps.push_back({static_cast<Slot>(slot), LoadPiece::End::whole, piece.bytes.size() - before, 1});
  }
  again.take_load(piece, now_);
  EXPECT_EQ(again.stats().store.keys, 1U);
  const StreamId reader = again.client_opened({"client", "here"}, now_);
  again.received(reader, "GET " + key(3) + "\r\n", now_);
  EXPECT_EQ(again.stream(reader)->out.view(), "$5\r\nagain\r\n");
}

}  // namespace
}  // namespace limpet::shard
