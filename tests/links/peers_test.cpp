#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/links/peers.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "frames.hpp"

namespace limpet::links {
namespace {

using peer::Frame;
using peer::FrameType;
using peer::Outcome;

std::shared_ptr<const cluster::View> view_of_two() {
  cluster::View view;
  view.name = "c";
  view.nodes.resize(2);
  view.nodes[0].name = "n1";
  view.nodes[1].name = "n2";
  return std::make_shared<const cluster::View>(std::move(view));
}

// What a node that dials sends to n1.
std::string proof_frame(std::string_view secret) {
  const std::string proof = peer::make_proof(secret, peer::Side::dialler, greeting("n2"), greeting("n1"));
  return frame_of({.type = FrameType::proof, .body = proof});
}

class PeersTest : public ::testing::Test {
 protected:
  PeersTest() { peers_.set_secrets(Secrets("s")); }

  [[nodiscard]] Now now() const { return {now_ms_, now_ms_}; }
  StreamId open() { return peers_.opened("10.0.0.2:4000", now()); }
  // Bytes come. Returns the bodies of the frames that are handed on, each of which brings about `each` bytes
  // of replies.
  std::vector<std::string> hear(StreamId id, std::string_view bytes, std::size_t each = 0) {
    std::vector<std::string> bodies;
    auto turn = peers_.begin_turn(id, bytes, Quantum(delivered_), now());
    if (!turn) return bodies;
    while (const Peers::Heard* const heard = turn->next()) {
      if (heard->kind == Peers::Heard::Kind::greeted) peers_.greet(id, greeting("n1"));
      if (heard->kind == Peers::Heard::Kind::admitted) ++admitted_;
      if (heard->kind != Peers::Heard::Kind::frame) continue;
      bodies.emplace_back(heard->frame.body);
      delivered_ += each;
    }
    turn->end();
    return bodies;
  }
  StreamId admit() {
    const StreamId id = open();
    hear(id, greet_frame(greeting("n2")) + proof_frame("s"));
    write_all(id);
    return id;
  }
  // The types of the frames that wait to leave.
  std::vector<FrameType> sent(StreamId id) { return types_in(peers_.stream(id)->out.view()); }
  void write_all(StreamId id) {
    while (!peers_.stream(id)->out.empty()) peers_.written(id, peers_.stream(id)->out.size());
  }
  [[nodiscard]] bool is_closed(StreamId id) {
    return peers_.stream(id)->finished || peers_.stream(id)->aborted;
  }
  std::string warning() {
    std::vector<std::string> all = std::exchange(peers_.actions().warnings, {});
    return all.empty() ? "" : all.back();
  }

  static std::string request(std::string_view body, std::uint64_t id = 1) {
    return frame_of({.type = FrameType::request, .id = id, .body = body});
  }

  std::int64_t now_ms_ = 1'000'000;
  std::uint64_t delivered_ = 0;
  int admitted_ = 0;
  ClientMemory memory_;
  DirtyStreams dirty_;
  bool again_ = false;
  TurnQueue turns_{again_};
  Peers peers_{0, view_of_two(), types_of({FrameType::request, FrameType::ask}), memory_, dirty_, turns_};
};

// ---- The greeting ----

TEST_F(PeersTest, ANodeThatKnowsTheSecretIsGreetedAndAdmitted) {
  const StreamId id = open();
  hear(id, greet_frame(greeting("n2")));
  EXPECT_EQ(sent(id), Types{FrameType::greet});
  EXPECT_EQ(admitted_, 0);
  hear(id, proof_frame("s"));
  EXPECT_EQ(sent(id), (Types{FrameType::greet, FrameType::welcome}));
  EXPECT_EQ(admitted_, 1);
  EXPECT_EQ(peers_.node_of(id), NodeIndex{1});
  EXPECT_FALSE(is_closed(id));
}

TEST_F(PeersTest, OneThatDoesNotKnowItIsToldSoAndClosed) {
  const StreamId id = open();
  hear(id, greet_frame(greeting("n2")) + proof_frame("guess"));
  EXPECT_EQ(sent(id), (Types{FrameType::greet, FrameType::refuse}));
  EXPECT_TRUE(is_closed(id));
  EXPECT_NE(warning().find("does not know the cluster's secret"), std::string::npos);
}

TEST_F(PeersTest, ANodeOfAnotherClusterIsRefused) {
  const StreamId id = open();
  hear(id, greet_frame(greeting("n2", "other")));
  EXPECT_EQ(sent(id), Types{FrameType::refuse});
  EXPECT_TRUE(is_closed(id));
}

TEST_F(PeersTest, OneThatTheViewDoesNotKnowIsAdmittedWithoutANumber) {
  const StreamId id = open();
  hear(id, greet_frame(greeting("n9")));
  const std::string proof = peer::make_proof("s", peer::Side::dialler, greeting("n9"), greeting("n1"));
  hear(id, frame_of({.type = FrameType::proof, .body = proof}));
  EXPECT_EQ(admitted_, 1);
  EXPECT_EQ(peers_.node_of(id), std::nullopt);
  EXPECT_EQ(peers_.greeting_of(id)->node, "n9");
}

TEST_F(PeersTest, AClientAtTheWrongPortIsToldSoInItsOwnProtocol) {
  const StreamId id = open();
  hear(id, "*1\r\n$4\r\nPING\r\n");
  EXPECT_TRUE(peers_.stream(id)->out.view().starts_with("-ERR this is a peer port"));
  EXPECT_TRUE(is_closed(id));
}

TEST_F(PeersTest, WhoeverSpeaksTlsIsToldSo) {
  const StreamId id = open();
  hear(id, std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xff\xff\xff\xff\xff\xff\xff", 18));
  EXPECT_TRUE(peers_.stream(id)->out.view().starts_with("this port is for nodes"));
  EXPECT_TRUE(is_closed(id));
}

TEST_F(PeersTest, BytesThatAreNoFramesAreAnsweredWithNothing) {
  const StreamId id = open();
  hear(id, std::string(64, '\xff'));
  EXPECT_TRUE(peers_.stream(id)->out.empty());
  EXPECT_TRUE(is_closed(id));
}

TEST_F(PeersTest, AStrangerHasLittleTimeToSayWhoItIs) {
  const StreamId id = open();
  now_ms_ += kGreetingMs - 1;
  peers_.tick(now());
  EXPECT_FALSE(is_closed(id));
  hear(id, greet_frame(greeting("n2")));
  now_ms_ += 1;
  peers_.tick(now());
  EXPECT_TRUE(is_closed(id)) << "its time is counted from when it came";
}

TEST_F(PeersTest, OfTooManyStrangersTheOneThatHasWaitedLongestGoes) {
  const StreamId node = admit();
  std::vector<StreamId> strangers;
  for (std::size_t i = 0; i < kStrangersMax + 4; ++i) strangers.push_back(open());
  EXPECT_FALSE(is_closed(strangers[0])) << "two for each node may come beside them";
  open();
  EXPECT_TRUE(is_closed(strangers[0]));
  EXPECT_FALSE(is_closed(strangers[1]));
  EXPECT_FALSE(is_closed(node));
}

TEST_F(PeersTest, LinesAboutStrangersAreRare) {
  for (int i = 0; i < 3; ++i) hear(open(), std::string(64, '\xff'));
  EXPECT_EQ(std::exchange(peers_.actions().warnings, {}).size(), 1U);
  now_ms_ += kStrangerNoteMs;
  hear(open(), std::string(64, '\xff'));
  EXPECT_NE(warning().find("(and 2 others before)"), std::string::npos);
}

// ---- Frames ----

TEST_F(PeersTest, ASignOfLifeIsAnsweredAndHandedOnToNobody) {
  const StreamId id = admit();
  EXPECT_EQ(hear(id, frame_of({.type = FrameType::ping, .id = 7})), Bodies{});
  EXPECT_EQ(sent(id), Types{FrameType::pong});
}

TEST_F(PeersTest, AFrameThatNobodyExpectsEndsTheConnection) {
  const StreamId id = admit();
  EXPECT_EQ(hear(id, frame_of({.type = FrameType::news}) + request("late")), Bodies{});
  EXPECT_EQ(sent(id), Types{FrameType::refuse});
  EXPECT_TRUE(is_closed(id));
  EXPECT_NE(warning().find("unexpected frame"), std::string::npos);
  EXPECT_EQ(hear(id, request("later")), Bodies{}) << "and it is not listened to any more";
}

TEST_F(PeersTest, FramesComeInWhateverPiecesTheNetworkMakesOfThem) {
  const StreamId id = admit();
  const std::string bytes = request("one") + request("two");
  Bodies heard;
  for (const char byte : bytes) {
    for (std::string& body : hear(id, std::string_view(&byte, 1))) heard.push_back(std::move(body));
  }
  EXPECT_EQ(heard, (Bodies{"one", "two"}));
}

TEST_F(PeersTest, ALargeBodyIsHandedOnWholeAndOthersPassIt) {
  const StreamId id = admit();
  const auto piece = [](std::string_view body, bool more) {
    return frame_of(
        {.type = FrameType::request, .bits = more ? peer::kMore : std::uint8_t{0}, .id = 5, .body = body});
  };
  EXPECT_EQ(hear(id, piece("lar", true)), Bodies{});
  EXPECT_EQ(hear(id, request("small", 6)), Bodies{"small"});
  EXPECT_EQ(hear(id, piece("ge", false)), Bodies{"large"});
}

TEST_F(PeersTest, WhatMakesNoSenseToItsTakerEndsTheConnection) {
  const StreamId id = admit();
  const std::string bytes = request("odd");
  auto turn = peers_.begin_turn(id, bytes, Quantum(delivered_), now());
  ASSERT_NE(turn->next(), nullptr);
  turn->refuse("malformed request");
  EXPECT_EQ(turn->next(), nullptr);
  turn->end();
  EXPECT_EQ(sent(id), Types{FrameType::refuse});
  EXPECT_TRUE(is_closed(id));
}

TEST_F(PeersTest, AQuantumThatIsSpentEndsTheTurnAndTheNextOneGoesOn) {
  const StreamId id = admit();
  EXPECT_EQ(hear(id, request("a") + request("b") + request("c"), kTurnReplyBytes), Bodies{"a"});
  EXPECT_FALSE(peers_.stream(id)->reading);
  EXPECT_EQ(turns_.take(4), std::vector<StreamId>{id});
  ASSERT_TRUE(peers_.resume(id));
  EXPECT_TRUE(peers_.stream(id)->reading);
  EXPECT_EQ(hear(id, {}), (Bodies{"b", "c"}));
}

// ---- What is kept for it ----

TEST_F(PeersTest, ANodeWhoseRepliesPileUpIsNotReadFromUntilTheyHaveGone) {
  const StreamId id = admit();
  const std::string large(kLinkBytesMax, 'x');
  (void)hear(id, request("asks"));
  peers_.reply(id, 1, Outcome::done, large);
  EXPECT_EQ(hear(id, request("next")), Bodies{});
  EXPECT_FALSE(peers_.stream(id)->reading);
  EXPECT_FALSE(peers_.resume(id));
  write_all(id);
  EXPECT_EQ(turns_.take(4), std::vector<StreamId>{id});
  ASSERT_TRUE(peers_.resume(id));
  EXPECT_EQ(hear(id, {}), Bodies{"next"});
}

TEST_F(PeersTest, WhatItsRequestsAreChargedForCountsToo) {
  const StreamId id = admit();
  const std::size_t charged = peers_.charge(id, kLinkBytesMax);
  EXPECT_EQ(charged, kLinkBytesMax);
  EXPECT_EQ(hear(id, request("next")), Bodies{});
  peers_.give_back(id, charged);
  EXPECT_EQ(turns_.take(4), std::vector<StreamId>{id});
  EXPECT_EQ(memory_.of_nodes(), 0U);
}

TEST_F(PeersTest, WhatIsChargedToOneThatGoesIsNobodysUntilItIsGivenBack) {
  const StreamId id = admit();
  const std::size_t charged = peers_.charge(id, 100);
  peers_.closed(id);
  EXPECT_EQ(memory_.of_orphans(), 100U);
  EXPECT_EQ(peers_.charge(id, 100), 0U);
  peers_.give_back(id, charged);
  EXPECT_EQ(memory_.total(), 0U);
}

TEST_F(PeersTest, ALargeReplyForWhichThereIsNoRoomIsLeftOutAndSaysSo) {
  const StreamId id = admit();
  for (int i = 0; i < 5; ++i) (void)hear(id, request("large"));
  for (int i = 0; i < 4; ++i) peers_.reply(id, 1, Outcome::done, std::string(kLinkBytesMax, 'x'));
  const std::size_t before = memory_.of_nodes();
  peers_.reply(id, 2, Outcome::done, std::string(kFirstReplyBytes + 1, 'x'));
  EXPECT_LT(memory_.of_nodes() - before, 200U);
}

// ---- Goodbye ----

TEST_F(PeersTest, ANodeThatStopsSaysGoodbyeAndWaitsForThatOfTheOtherSide) {
  const StreamId id = admit();
  peers_.drain();
  EXPECT_EQ(sent(id), Types{FrameType::goodbye});
  write_all(id);
  EXPECT_FALSE(peers_.idle()) << "requests may be on their way";
  hear(id, frame_of({.type = FrameType::goodbye}));
  EXPECT_TRUE(peers_.idle());
}

TEST_F(PeersTest, WhoeverIsOwedAReplyIsWaitedFor) {
  const StreamId id = admit();
  peers_.drain();
  hear(id, frame_of({.type = FrameType::goodbye}));
  write_all(id);
  (void)hear(id, request("asks"));
  EXPECT_FALSE(peers_.idle());
  peers_.reply(id, 1, Outcome::done, "ok");
  EXPECT_FALSE(peers_.idle()) << "it has not left yet";
  write_all(id);
  EXPECT_TRUE(peers_.idle());
}

TEST_F(PeersTest, OneThatComesMeanwhileIsToldToo) {
  peers_.drain();
  const StreamId id = open();
  hear(id, greet_frame(greeting("n2")) + proof_frame("s"));
  EXPECT_EQ(sent(id), (Types{FrameType::greet, FrameType::welcome, FrameType::goodbye}));
}

// ---- Going ----

TEST_F(PeersTest, OneThatIsSilentForLongIsGivenUp) {
  const StreamId id = admit();
  now_ms_ += kPeerDeadMs;
  hear(id, frame_of({.type = FrameType::ping}));
  now_ms_ += 2 * kPeerDeadMs - 1;
  peers_.tick(now());
  EXPECT_FALSE(is_closed(id));
  now_ms_ += 1;
  peers_.tick(now());
  EXPECT_TRUE(peers_.stream(id)->aborted);
}

TEST_F(PeersTest, ConnectionsFromAnEarlierStartOfANodeAreDropped) {
  const StreamId id = admit();
  peers_.drop_other_starts(1, peers_.greeting_of(id)->boot);
  EXPECT_FALSE(is_closed(id));
  peers_.drop_other_starts(1, peers_.greeting_of(id)->boot + 1);
  EXPECT_TRUE(peers_.stream(id)->aborted);
}

}  // namespace
}  // namespace limpet::links
