#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/links/links.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "frames.hpp"

namespace limpet::links {
namespace {

using peer::Frame;
using peer::FrameType;

constexpr NodeIndex kThem = 1;

cluster::View two_nodes() {
  cluster::View view;
  view.name = "c";
  view.nodes.resize(2);
  view.nodes[0].name = "n1";
  view.nodes[1].name = "n2";
  view.nodes[1].peer = cluster::Address{"10.0.0.2", 7000};
  return view;
}

std::shared_ptr<const cluster::View> shared(cluster::View view) {
  return std::make_shared<const cluster::View>(std::move(view));
}

std::string welcome_frame(std::string_view secret) {
  const std::string proof = peer::make_proof(secret, peer::Side::acceptor, greeting("n1"), greeting("n2"));
  return frame_of({.type = FrameType::welcome, .body = proof});
}
std::string reply_frame(std::string_view body, std::uint8_t bits = 0) {
  return frame_of({.type = FrameType::reply, .bits = bits, .id = 1, .body = body});
}

// n1, and its link to n2.
class LinksTest : public ::testing::Test {
 protected:
  LinksTest() { links_.set_secrets(Secrets("s")); }

  [[nodiscard]] Now now() const { return {now_ms_, now_ms_}; }
  // Dials n2. Returns the stream.
  StreamId dial() {
    links_.dial(kThem, now(), random_);
    const std::vector<Dial> dials = std::exchange(links_.actions().dials, {});
    return dials.empty() ? StreamId{} : dials.back().stream;
  }
  // Bytes come. Returns the bodies of the frames that are handed on.
  std::vector<std::string> hear(StreamId id, const std::string& bytes) {
    std::vector<std::string> bodies;
    auto turn = links_.begin_turn(id, bytes, now());
    if (!turn) return bodies;
    while (const Links::Heard* const heard = turn->next()) {
      if (heard->kind == Links::Heard::Kind::up) ++ups_;
      if (heard->kind == Links::Heard::Kind::frame) bodies.emplace_back(heard->frame.body);
    }
    turn->end();
    return bodies;
  }
  StreamId come_up() {
    const StreamId id = dial();
    links_.connected(id, greeting("n1"), now());
    hear(id, greet_frame(greeting("n2")) + welcome_frame("s"));
    write_all(id);
    lines();
    return id;
  }
  std::vector<FrameType> sent(StreamId id) { return types_in(links_.stream(id)->out.view()); }
  void write_all(StreamId id) {
    while (!links_.stream(id)->out.empty()) (void)links_.written(id, links_.stream(id)->out.size());
  }
  std::optional<Links::Lost> lose(StreamId id) { return links_.closed(id, "reset", now(), random_); }
  void tick(bool owns_slots = false) { links_.tick(kThem, owns_slots, now(), random_); }
  std::vector<Links::Line> lines() { return std::exchange(links_.actions().lines, {}); }
  [[nodiscard]] bool is_finished(StreamId id) { return links_.stream(id)->finished; }

  std::int64_t now_ms_ = 1'000'000;
  Random random_{1};
  DirtyStreams dirty_;
  Links links_{0, shared(two_nodes()), types_of({FrameType::reply, FrameType::news}), dirty_};
  int ups_ = 0;
};

// ---- Dialling and greeting ----

TEST_F(LinksTest, ThisNodeHasNoLinkAndEachOtherHasOne) {
  EXPECT_EQ(links_.size(), 2U);
  EXPECT_EQ(links_.find(0), nullptr);
  ASSERT_NE(links_.find(kThem), nullptr);
}

TEST_F(LinksTest, ADialNamesItsStreamAndAddress) {
  links_.dial(kThem, now(), random_);
  ASSERT_EQ(links_.actions().dials.size(), 1U);
  EXPECT_EQ(links_.actions().dials[0].node, kThem);
  EXPECT_EQ(links_.actions().dials[0].address.text(), "10.0.0.2:7000");
  EXPECT_NE(links_.stream(links_.actions().dials[0].stream), nullptr);
  links_.dial(kThem, now(), random_);
  EXPECT_EQ(links_.actions().dials.size(), 1U) << "it is being dialled";
}

TEST_F(LinksTest, NothingWaitsForANodeWhoseAddressIsNotKnown) {
  cluster::View view = two_nodes();
  view.nodes[1].peer.reset();
  links_.set_view(shared(view));
  links_.dial(kThem, now(), random_);
  EXPECT_TRUE(links_.actions().dials.empty());
  EXPECT_EQ(links_.actions().fail_waiting, std::vector<NodeIndex>{kThem});
  EXPECT_EQ(links_.at(kThem).why(now()), "its address is not known");
}

TEST_F(LinksTest, BothProveTheSecretAndTheLinkIsUp) {
  const StreamId id = dial();
  links_.connected(id, greeting("n1"), now());
  EXPECT_EQ(sent(id), Types{FrameType::greet});
  hear(id, greet_frame(greeting("n2")));
  EXPECT_EQ(sent(id), (Types{FrameType::greet, FrameType::proof}));
  EXPECT_EQ(ups_, 0);
  hear(id, welcome_frame("s"));
  EXPECT_EQ(ups_, 1);
  EXPECT_TRUE(links_.at(kThem).up());
  const std::vector<Links::Line> said = lines();
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].text, "link to node n2 is up");
  EXPECT_EQ(said[0].up, true);
}

TEST_F(LinksTest, ANodeThatDoesNotKnowTheSecretIsLeft) {
  const StreamId id = dial();
  links_.connected(id, greeting("n1"), now());
  hear(id, greet_frame(greeting("n2")) + welcome_frame("guess"));
  EXPECT_EQ(ups_, 0);
  EXPECT_TRUE(is_finished(id));
  EXPECT_TRUE(links_.stream(id)->out.empty()) << "nothing more is said to it";
  lose(id);
  EXPECT_EQ(lines().back().level, NoteLevel::error);
  EXPECT_EQ(links_.at(kThem).why(now()), "it does not know the cluster's secret");
}

TEST_F(LinksTest, AnotherSecretIsTriedAtOnce) {
  const StreamId id = dial();
  lose(id);
  EXPECT_EQ(links_.at(kThem).verdict(), Link::Verdict::fail);
  links_.set_secrets(Secrets("t"));
  EXPECT_EQ(links_.at(kThem).verdict(), Link::Verdict::wait);
  tick();
  EXPECT_EQ(links_.actions().dials.size(), 1U);
}

// ---- Frames ----

TEST_F(LinksTest, FramesComeInWhateverPiecesTheNetworkMakesOfThem) {
  const StreamId id = come_up();
  Bodies heard;
  for (const char byte : reply_frame("one") + reply_frame("two")) {
    for (std::string& body : hear(id, std::string(1, byte))) heard.push_back(std::move(body));
  }
  EXPECT_EQ(heard, (Bodies{"one", "two"}));
}

TEST_F(LinksTest, ALargeReplyIsHandedOnWhole) {
  const StreamId id = come_up();
  EXPECT_EQ(hear(id, reply_frame("lar", peer::kMore)), Bodies{});
  EXPECT_EQ(hear(id, reply_frame("ge")), Bodies{"large"});
}

TEST_F(LinksTest, AFrameThatNobodyExpectsEndsTheLink) {
  const StreamId id = come_up();
  EXPECT_EQ(hear(id, frame_of({.type = FrameType::request}) + reply_frame("late")), Bodies{});
  EXPECT_TRUE(is_finished(id));
  EXPECT_EQ(lines().back().text, "node n2 sent an unexpected frame");
}

TEST_F(LinksTest, BytesThatAreNoFramesEndTheLink) {
  const StreamId id = come_up();
  hear(id, std::string(64, '\xff'));
  EXPECT_TRUE(is_finished(id));
  EXPECT_TRUE(lines().back().text.starts_with("node n2: "));
}

TEST_F(LinksTest, WhatMakesNoSenseToItsTakerEndsTheLink) {
  const StreamId id = come_up();
  const std::string bytes = reply_frame("odd") + reply_frame("late");
  auto turn = links_.begin_turn(id, bytes, now());
  ASSERT_NE(turn->next(), nullptr);
  turn->refuse();
  EXPECT_EQ(turn->next(), nullptr);
  turn->end();
  EXPECT_TRUE(is_finished(id));
}

// ---- What is sent ----

TEST_F(LinksTest, ALargeBodyLeavesInPiecesAndItsEndIsToldWhenItHasItsPlace) {
  const StreamId id = come_up();
  const std::string large(4 * kPieceBytes, 'x');
  EXPECT_EQ(links_.send(kThem, {.type = FrameType::request, .id = 7, .body = large}), Lanes::kLater);
  EXPECT_TRUE(links_.actions().placed.empty());
  const std::uint64_t end = links_.send(kThem, {.type = FrameType::request, .id = 8, .body = "small"});
  EXPECT_NE(end, Lanes::kLater);
  write_all(id);
  ASSERT_EQ(links_.actions().placed.size(), 1U);
  EXPECT_EQ(links_.actions().placed[0].id, 7U);
  EXPECT_GT(links_.actions().placed[0].end, end);
}

TEST_F(LinksTest, ALinkThatHasDrainedSaysSo) {
  const StreamId id = come_up();
  links_.send(kThem, {.type = FrameType::request, .body = std::string(kLinkBytesMax, 'x')});
  EXPECT_EQ(links_.written(id, 100), std::nullopt);
  std::optional<NodeIndex> drained;
  while (!links_.stream(id)->out.empty()) drained = links_.written(id, links_.stream(id)->out.size());
  EXPECT_EQ(drained, kThem);
}

// ---- Loss ----

TEST_F(LinksTest, WhoeverIsLostSaysHowMuchHadLeft) {
  const StreamId id = come_up();
  now_ms_ += kLinkProvedMs;
  const std::uint64_t end = links_.send(kThem, {.type = FrameType::request, .body = "a"});
  links_.send(kThem, {.type = FrameType::request, .body = "b"});
  (void)links_.written(id, peer::kFrameHeaderBytes + 1);
  const auto lost = lose(id);
  ASSERT_TRUE(lost.has_value());
  EXPECT_EQ(lost->node, kThem);
  EXPECT_EQ(lost->written, end);
  EXPECT_FALSE(lost->fail_waiting) << "it worked a moment ago, and is dialled at once";
  EXPECT_EQ(links_.stream(id), nullptr);
  EXPECT_EQ(lines().back().up, false);
}

TEST_F(LinksTest, NothingWaitsForALinkThatBacksOff) {
  const auto lost = lose(dial());
  ASSERT_TRUE(lost.has_value());
  EXPECT_TRUE(lost->fail_waiting);
  EXPECT_EQ(lost->written, 0U);
  links_.dial(kThem, now(), random_);
  EXPECT_TRUE(links_.actions().dials.empty());
}

TEST_F(LinksTest, ALookUpThatTakesLongHasNobodyWaitForIt) {
  const StreamId id = dial();
  links_.dial_goes_on(id, "looking up n2", 15'000, now());
  now_ms_ += kDialMs;
  tick();
  EXPECT_EQ(links_.actions().fail_waiting, std::vector<NodeIndex>{kThem});
  EXPECT_FALSE(links_.stream(id)->aborted);
}

TEST_F(LinksTest, ASilentNodeIsAskedForASignOfLifeAndLeftInTheEnd) {
  const StreamId id = come_up();
  now_ms_ += kPingEveryMs;
  tick();
  EXPECT_EQ(sent(id), Types{FrameType::ping});
  EXPECT_EQ(hear(id, frame_of({.type = FrameType::pong})), Bodies{}) << "which nobody else is told of";
  now_ms_ += kPeerDeadMs;
  tick();
  EXPECT_TRUE(links_.stream(id)->aborted);
}

TEST_F(LinksTest, ANodeThatHasMovedIsDialledWhereItIsNow) {
  const StreamId id = come_up();
  cluster::View view = two_nodes();
  view.nodes[1].peer->port = 7001;
  links_.set_view(shared(view));
  EXPECT_TRUE(links_.stream(id)->aborted);
  lose(id);
  EXPECT_EQ(links_.at(kThem).why(now()), "the cluster file gives it another address");
}

// ---- Whom to dial ----

TEST_F(LinksTest, ANodeThatIsInNoFileIsDialledWhileItOwnsSlotsAndAFewTimesMore) {
  cluster::View view = two_nodes();
  view.nodes[1].listed = false;
  links_.set_view(shared(view));
  lose(dial());
  for (std::uint64_t failed = 1; failed < kGoneDialsMax; ++failed) {
    EXPECT_TRUE(links_.worth_dialling(kThem, false));
    now_ms_ += kBackoffMaxMs;
    tick();
    lose(std::exchange(links_.actions().dials, {}).back().stream);
  }
  EXPECT_FALSE(links_.worth_dialling(kThem, false));
  EXPECT_TRUE(links_.worth_dialling(kThem, true));
  links_.forgive(kThem);
  EXPECT_TRUE(links_.worth_dialling(kThem, false)) << "it is looked for as if for the first time";
}

TEST_F(LinksTest, ANodeThatStopsDialsNobody) {
  links_.drain();
  EXPECT_FALSE(links_.worth_dialling(kThem, true));
  tick();
  EXPECT_TRUE(links_.actions().dials.empty());
}

// ---- Goodbye ----

TEST_F(LinksTest, AGoodbyeIsAnsweredOnceAllThatWaitedHasLeft) {
  const StreamId id = come_up();
  tick();
  write_all(id);  // a sign of life is asked for
  links_.send(kThem, {.type = FrameType::request, .body = "a"});
  hear(id, frame_of({.type = FrameType::goodbye}));
  EXPECT_EQ(sent(id), Types{FrameType::request});
  EXPECT_EQ(links_.at(kThem).verdict(), Link::Verdict::fail) << "nothing new goes there";
  write_all(id);
  tick();
  EXPECT_EQ(sent(id), Types{FrameType::goodbye});
  write_all(id);
  tick();
  EXPECT_EQ(sent(id), Types{}) << "once";
}

}  // namespace
}  // namespace limpet::links
