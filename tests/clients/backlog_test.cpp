#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/base/rare_note.hpp>
#include <limpet/clients/backlog.hpp>
#include <string>

namespace limpet::clients {
namespace {

class BacklogTest : public ::testing::Test {
 protected:
  // Replies are written in one turn.
  void write(const std::string& replies) {
    backlog_.open(out_);
    out_.append(replies);
    backlog_.close(out_);
    written_ += replies;
  }
  // The client takes so many bytes of what stands in front.
  void read(std::size_t bytes) {
    bytes = std::min(bytes, out_.size());
    read_ += out_.view().substr(0, bytes);
    out_.consume(bytes);
    backlog_.next(out_);
  }

  Bytes out_;
  Backlog backlog_;
  std::string written_;
  std::string read_;
};

TEST_F(BacklogTest, ReadsAsItWasWritten) {
  for (std::size_t turn = 0; turn < 500; ++turn) {
    write(std::string(1 + (turn * 7919) % 100'000, static_cast<char>('a' + turn % 26)));
    if (turn % 3 == 0) read((turn * 104'729) % 150'000);
  }
  EXPECT_EQ(backlog_.bytes() + out_.size() + read_.size(), written_.size());
  while (!out_.empty()) read(1 << 20);
  EXPECT_EQ(read_, written_);
  EXPECT_TRUE(backlog_.empty());
  EXPECT_EQ(backlog_.bytes(), 0U);
  EXPECT_EQ(backlog_.capacity(), 0U);
}

TEST_F(BacklogTest, SmallTurnsShareAChunk) {
  write(std::string(300'000, 'x'));
  for (int turn = 0; turn < 1000; ++turn) write("+OK\r\n");
  EXPECT_LE(backlog_.capacity(), 64_KiB) << "a chunk for each would take 256 KB";
}

TEST_F(BacklogTest, WithoutRepliesNothingChanges) {
  write("");
  EXPECT_TRUE(out_.empty());
  EXPECT_TRUE(backlog_.empty());
}

TEST(RareNote, IsWrittenOnceInAWhileAndCountsTheRest) {
  RareNote notes(1000);
  EXPECT_EQ(notes.take("a", {.steady_ms = 5}), "a");
  EXPECT_FALSE(notes.take("b", {.steady_ms = 6}));
  EXPECT_FALSE(notes.take("c", {.steady_ms = 1004}));
  EXPECT_EQ(notes.take("d", {.steady_ms = 1005}), "d (and 2 others before)");
  EXPECT_EQ(notes.take("e", {.steady_ms = 9000}), "e");
}

}  // namespace
}  // namespace limpet::clients
