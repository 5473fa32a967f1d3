#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/links/lanes.hpp>

namespace limpet::links {
namespace {

using peer::Frame;
using peer::FrameType;

std::vector<Frame> frames_in(std::string_view bytes) {
  std::vector<Frame> frames;
  while (!bytes.empty()) {
    const peer::FrameStep step = peer::next_frame(bytes, kPieceBytes);
    if (step.kind != peer::FrameStep::Kind::frame) break;
    frames.push_back(step.frame);
    bytes.remove_prefix(step.consumed);
  }
  return frames;
}

TEST(Lanes, ASmallFrameGoesOutAtOnceAndSaysWhereItEnds) {
  Bytes out;
  Lanes lanes(out);
  EXPECT_EQ(lanes.send({.type = FrameType::ping, .id = 1, .body = "ab"}), 18U);
  EXPECT_EQ(lanes.send({.type = FrameType::ping, .id = 2}), 34U);
  lanes.written(18);
  EXPECT_EQ(lanes.written_total(), 18U);
  EXPECT_EQ(lanes.send({.type = FrameType::ping, .id = 3}), 50U);
}

TEST(Lanes, SmallFramesPassALargeOne) {
  Bytes out;
  Lanes lanes(out);
  const std::string large(10 * kPieceBytes, 'x');
  EXPECT_EQ(lanes.send({.type = FrameType::request, .id = 7, .body = large}), Lanes::kLater);
  lanes.refill();
  lanes.send({.type = FrameType::request, .id = 8, .body = "small"});
  const auto frames = frames_in(out.view());
  ASSERT_EQ(frames.back().id, 8U);
  EXPECT_LT(frames.size(), 5U) << "only a few pieces stand before it";
}

TEST(Lanes, PiecesMakeUpTheWholeAndTheLastOneIsReported) {
  Bytes out;
  Lanes lanes(out);
  std::string large(3 * kPieceBytes + 5, 'a');
  large[kPieceBytes] = 'b';
  lanes.send({.type = FrameType::request, .id = 7, .body = large});
  peer::Assembler assembler;
  std::string whole;
  bool reported = false;
  while (lanes.waiting() > 0) {
    for (const Lanes::Sent& sent : lanes.refill()) reported = sent.id == 7;
    const std::string bytes(out.view());
    lanes.written(bytes.size());
    for (const Frame& piece : frames_in(bytes)) {
      const auto added = assembler.add(piece);
      ASSERT_TRUE(added.has_value());
      if (*added != nullptr) whole = (*added)->body;
    }
  }
  EXPECT_TRUE(reported);
  EXPECT_EQ(whole, large);
}

TEST(Lanes, LargeFramesTakeTurns) {
  Bytes out;
  Lanes lanes(out);
  const std::string large(4 * kPieceBytes, 'x');
  lanes.send({.type = FrameType::request, .id = 1, .body = large});
  lanes.send({.type = FrameType::request, .id = 2, .body = large});
  lanes.refill();
  const auto frames = frames_in(out.view());
  ASSERT_GE(frames.size(), 2U);
  EXPECT_EQ(frames[0].id, 1U);
  EXPECT_EQ(frames[1].id, 2U);
}

TEST(Assembler, RefusesABodyThatGrowsPastItsBound) {
  peer::Assembler assembler;
  const std::string piece(kPieceBytes, 'x');
  Frame frame{.type = FrameType::request, .bits = peer::kMore, .id = 1, .body = piece};
  bool refused = false;
  for (std::size_t bytes = 0; bytes <= kFrameBytesMax + kPieceBytes && !refused; bytes += piece.size()) {
    refused = !assembler.add(frame).has_value();
  }
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace limpet::links
