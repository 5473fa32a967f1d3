#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/links/siblings.hpp>
#include <string>
#include <vector>

#include "frames.hpp"

namespace limpet::links {
namespace {

using peer::FrameType;

// Shard 1 of three, and the batches that shard 0 has for it.
class SiblingsTest : public ::testing::Test {
 protected:
  static Bytes batch(std::initializer_list<std::string_view> bodies) {
    Bytes bytes;
    for (const std::string_view body : bodies)
      peer::append_frame(bytes, {.type = FrameType::request, .body = body});
    return bytes;
  }
  // Takes what is for this turn; each frame brings about so many bytes of replies.
  std::vector<std::string> take(std::string_view batch, std::size_t each = 0) {
    std::vector<std::string> bodies;
    Siblings::Turn turn = siblings_.begin_turn(0, batch, Quantum(delivered_));
    while (const peer::Frame* const frame = turn.next()) {
      bodies.emplace_back(frame->body);
      delivered_ += each;
    }
    more_ = turn.end();
    return bodies;
  }

  Siblings siblings_{3, 1};
  std::uint64_t delivered_ = 0;
  bool more_ = false;
};

TEST_F(SiblingsTest, FramesLeaveInOneBatchForEachSibling) {
  siblings_.send(0, {.type = FrameType::reply, .id = 1, .body = "a"});
  siblings_.send(0, {.type = FrameType::reply, .id = 2, .body = "b"});
  siblings_.send(2, {.type = FrameType::reply, .id = 3, .body = "c"});
  EXPECT_FALSE(siblings_.idle());
  EXPECT_EQ(siblings_.waiting(0), 2 * (peer::kFrameHeaderBytes + 1));
  std::vector<std::pair<unsigned, Bytes>> batches;
  siblings_.take_batches(batches);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].first, 0U);
  EXPECT_EQ(batches[1].first, 2U);
  EXPECT_EQ(siblings_.waiting(0), 0U);
  EXPECT_TRUE(siblings_.idle());
}

TEST_F(SiblingsTest, WhatIsForAllIsNotForThisShard) {
  siblings_.send_all({.type = FrameType::words, .body = "news"});
  std::vector<std::pair<unsigned, Bytes>> batches;
  siblings_.take_batches(batches);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].first, 0U);
  EXPECT_EQ(batches[1].first, 2U);
}

TEST_F(SiblingsTest, ABatchIsTakenInItsOrder) {
  EXPECT_EQ(take(batch({"a", "b", "c"}).view()), (Bodies{"a", "b", "c"}));
  EXPECT_FALSE(more_);
  EXPECT_TRUE(siblings_.idle());
}

TEST_F(SiblingsTest, AFrameOfAnyLengthComesInOnePiece) {
  const std::string large(3 * kPieceBytes, 'x');
  EXPECT_EQ(take(batch({large}).view()), Bodies{large});
}

TEST_F(SiblingsTest, AQuantumThatIsSpentEndsTheTurnAndTheNextOneGoesOn) {
  const Bytes sent = batch({"a", "b", "c"});
  EXPECT_EQ(take(sent.view(), kTurnReplyBytes / 2), (Bodies{"a", "b"}));
  EXPECT_TRUE(more_);
  EXPECT_TRUE(siblings_.waits(0));
  EXPECT_EQ(take({}), Bodies{"c"});
  EXPECT_FALSE(more_);
  EXPECT_FALSE(siblings_.waits(0));
}

TEST_F(SiblingsTest, ABatchThatComesMeanwhileWaitsBehindWhatIsLeft) {
  EXPECT_FALSE(siblings_.queue(0, batch({"a"}).view())) << "nothing is left: it is to be taken";
  (void)take(batch({"a", "b"}).view(), kTurnReplyBytes);
  EXPECT_TRUE(siblings_.queue(0, batch({"c"}).view()));
  EXPECT_FALSE(siblings_.idle());
  EXPECT_EQ(take({}), (Bodies{"b", "c"}));
}

TEST_F(SiblingsTest, ATurnHasItsOwnQuantumWhateverWasDeliveredBefore) {
  delivered_ = 5 * kTurnReplyBytes;
  EXPECT_EQ(take(batch({"a", "b"}).view(), 1), (Bodies{"a", "b"}));
}

TEST_F(SiblingsTest, WhatMayBeFetchedAheadIsShownOnceForEachRunOfFrames) {
  Bytes sent;
  for (std::size_t i = 0; i < kLookAheadMax + 2; ++i) sent.append(batch({"a"}).view());
  Siblings::Turn turn = siblings_.begin_turn(0, sent.view(), Quantum(delivered_));
  std::vector<std::size_t> shown;
  while (turn.next() != nullptr) {
    if (const std::string_view ahead = turn.ahead(); !ahead.empty()) shown.push_back(ahead.size());
  }
  const std::size_t frame = peer::kFrameHeaderBytes + 1;
  EXPECT_EQ(shown, (std::vector<std::size_t>{sent.size(), 2 * frame}));
}

}  // namespace
}  // namespace limpet::links
