#include <gtest/gtest.h>

#include <array>
#include <limpet/base/limits.hpp>
#include <limpet/peer/frame.hpp>
#include <random>
#include <string>

namespace limpet::peer {
namespace {

constexpr std::array<std::string_view, 3> kArgs = {"SET", "key", ""};

std::string request_body(const Request& request) {
  Bytes body;
  append_request(body, request, kArgs);
  return std::string(body.view());
}

TEST(Frame, ComesBackAsItWasWritten) {
  Bytes out;
  append_frame(out, {.type = FrameType::reply, .bits = 2, .slot = 16383, .id = 1ULL << 60, .body = "abc"});
  const FrameStep step = next_frame(out.view(), 3);
  ASSERT_EQ(step.kind, FrameStep::Kind::frame);
  EXPECT_EQ(step.consumed, kFrameHeaderBytes + 3);
  EXPECT_EQ(step.frame.type, FrameType::reply);
  EXPECT_EQ(step.frame.bits, 2);
  EXPECT_EQ(step.frame.slot, 16383);
  EXPECT_EQ(step.frame.id, 1ULL << 60);
  EXPECT_EQ(step.frame.body, "abc");
}

TEST(Frame, WaitsForItsLastByte) {
  Bytes out;
  append_frame(out, {.type = FrameType::ping, .body = "abc"});
  for (std::size_t length = 0; length < out.size(); ++length) {
    EXPECT_EQ(next_frame(out.view().substr(0, length), 100).kind, FrameStep::Kind::need_more);
  }
}

TEST(Frame, IsRefusedOnItsHeaderAloneIfItIsTooLong) {
  const std::string header("\x00\x00\x00\x7f\x08\x00\x00\x00\0\0\0\0\0\0\0\0", 16);
  EXPECT_EQ(next_frame(header, kPieceBytes).kind, FrameStep::Kind::error);
}

TEST(Frame, OfAnUnknownTypeOrSlotIsRefused) {
  Bytes out;
  append_frame(out, {.type = static_cast<FrameType>(77)});
  EXPECT_EQ(next_frame(out.view(), 10).kind, FrameStep::Kind::error);
  out.clear();
  append_frame(out, {.type = FrameType::ping, .slot = kSlots});
  EXPECT_EQ(next_frame(out.view(), 10).kind, FrameStep::Kind::error);
}

TEST(RequestFrame, ComesBackAsItWasWritten) {
  const std::string body =
      request_body({.epoch = 9, .hops = 1, .version = 3, .authenticated = true, .reach = Reach::node});
  Request request;
  std::vector<std::string_view> args;
  ASSERT_TRUE(read_request(body, request, args));
  EXPECT_EQ(request.epoch, 9U);
  EXPECT_EQ(request.hops, 1);
  EXPECT_EQ(request.version, 3);
  EXPECT_TRUE(request.authenticated);
  EXPECT_EQ(request.reach, Reach::node);
  EXPECT_EQ(args, (std::vector<std::string_view>{"SET", "key", ""}));
}

TEST(RequestFrame, CutOffAnywhereIsRefused) {
  const std::string body = request_body({.hops = 1});
  Request request;
  std::vector<std::string_view> args;
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_FALSE(read_request(std::string_view(body).substr(0, length), request, args)) << length;
  }
  EXPECT_FALSE(read_request(body + "x", request, args)) << "nor is anything allowed behind it";
}

TEST(RequestFrame, WithAnyByteChangedIsReadSafelyOrRefused) {
  const std::string body = request_body({.hops = 1});
  Request request;
  std::vector<std::string_view> args;
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = body;
      changed[at] = static_cast<char>(value);
      Request looked_at;
      std::string_view name;
      const bool sound = read_request(changed, request, args);
      ASSERT_EQ(look_at_request(changed, looked_at, name), sound)
          << "who passes it on must see what the reader would";
      if (!sound) continue;
      EXPECT_EQ(name, args[0]);
      EXPECT_EQ(looked_at.hops, request.hops);
      EXPECT_EQ(looked_at.reach, request.reach);
      for (const std::string_view arg : args) {
        EXPECT_GE(arg.data(), changed.data());
        EXPECT_LE(arg.data() + arg.size(), changed.data() + changed.size());
      }
    }
  }
}

TEST(RequestFrame, ACountThatTheBodyCannotHoldReservesNothing) {
  std::string body = request_body({.hops = 1});
  body.replace(12, 4, "\xff\xff\xff\x7f");
  Request request;
  std::vector<std::string_view> args;
  EXPECT_FALSE(read_request(body, request, args));
  EXPECT_LT(args.capacity(), 1000U);
}

TEST(RequestFrame, TheHopCountCanBeRaisedInPlace) {
  Bytes body;
  append_request(body, {.hops = 1}, kArgs);
  set_hops(body, 2);
  Request request;
  std::vector<std::string_view> args;
  ASSERT_TRUE(read_request(body.view(), request, args));
  EXPECT_EQ(request.hops, 2);
}

TEST(Assembler, PutsPiecesOfSeveralBodiesTogether) {
  Assembler assembler;
  EXPECT_EQ(*assembler.add({.type = FrameType::request, .bits = kMore, .id = 1, .body = "a"}), nullptr);
  EXPECT_EQ(*assembler.add({.type = FrameType::request, .bits = kMore, .id = 2, .body = "x"}), nullptr);
  const auto whole_small = assembler.add({.type = FrameType::request, .id = 3, .body = "small"});
  EXPECT_EQ((*whole_small)->body, "small");
  const auto second = assembler.add({.type = FrameType::request, .id = 2, .body = "y"});
  EXPECT_EQ((*second)->body, "xy");
  const auto first = assembler.add({.type = FrameType::request, .id = 1, .body = "b"});
  EXPECT_EQ((*first)->body, "ab");
}

}  // namespace
}  // namespace limpet::peer
