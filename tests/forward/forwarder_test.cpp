// Commands under way: no client, no link, no slot's owner; the test is the way that they go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/forward/forwarder.hpp>
#include <map>
#include <string>
#include <vector>

namespace limpet::forward {
namespace {

using ownership::Route;
using peer::FrameType;
using peer::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = Forwarder::Action::Kind;

constexpr Target kNode{false, 3};
constexpr Target kOtherNode{false, 4};
constexpr Target kShard{true, 1};
constexpr Slot kSeven = 7;
constexpr StreamId kAlice{StreamKind::client, 5, 1};
constexpr StreamId kBob{StreamKind::client, 6, 1};

// Takes everything, and remembers it.
class FakeTransport final : public Transport {
 public:
  struct Sent {
    Target target;
    FrameType type;
    std::uint64_t id;
    std::string body;
  };
  [[nodiscard]] State state(Target target) const override {
    const auto found = states.find(target.index);
    return target.is_sibling || found == states.end() ? State::sends : found->second;
  }
  [[nodiscard]] std::size_t backlog(Target) const override { return waiting; }
  std::uint64_t send(Target target, const peer::Frame& frame) override {
    sent.push_back({target, frame.type, frame.id, std::string(frame.body)});
    return offset += 100;
  }
  std::map<std::uint16_t, State> states;
  std::vector<Sent> sent;
  std::uint64_t offset = 0;
  std::size_t waiting = 0;
};

class OneForwarder : public ::testing::Test {
 protected:
  std::uint64_t submit(const std::string& body, bool write, Target target = kNode, StreamId client = kAlice) {
    forwarder_.submit({.target = target,
                       .slot = kSeven,
                       .origin = {.kind = Origin::Kind::client, .stream = client},
                       .body = body,
                       .write = write,
                       .client_is_there = true,
                       .charged = body.size()},
                      transport_.state(target), now_.steady_ms + 1'000);
    return transport_.sent.empty() ? 0 : transport_.sent.back().id;
  }
  // Of another node's client, on its way through here.
  std::uint64_t relay(std::uint8_t hops, Target target = kNode) {
    forwarder_.submit({.target = target,
                       .slot = kSeven,
                       .origin = {.kind = Origin::Kind::peer, .stream = {StreamKind::peer, 1, 1}},
                       .body = "get",
                       .hops = hops},
                      transport_.state(target), now_.steady_ms + 1'000);
    return transport_.sent.back().id;
  }
  std::vector<Forwarder::Action> actions() { return std::exchange(forwarder_.actions(), {}); }
  std::vector<Kind> kinds() {
    std::vector<Kind> kinds;
    for (const Forwarder::Action& action : actions()) kinds.push_back(action.kind);
    return kinds;
  }
  void lose_link(std::uint64_t written) {
    forwarder_.link_is_lost(kNode.index, written, [this](StreamId client) { return client != gone_; });
  }
  void retry(Route route) {
    now_.steady_ms += kBounceRetryMs;
    forwarder_.retry([route](Slot) { return route; }, now_);
  }
  std::vector<std::string> bodies() {
    std::vector<std::string> bodies;
    for (const FakeTransport::Sent& sent : std::exchange(transport_.sent, {})) bodies.push_back(sent.body);
    return bodies;
  }

  FakeTransport transport_;
  Forwarder forwarder_{transport_, true};
  Now now_{.steady_ms = 1'000};
  StreamId gone_{};
};

// ---- There and back ----

TEST_F(OneForwarder, AnAnswerGoesToWhoeverAskedAndWhatItWasChargedIsGivenBack) {
  const std::uint64_t id = submit("get", false);
  const auto known = forwarder_.answered(id, Outcome::done, now_);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->origin.stream, kAlice);
  EXPECT_EQ(known->charged, 3U);
  EXPECT_FALSE(known->nobody_owned);
  EXPECT_FALSE(forwarder_.answered(id, Outcome::done, now_)) << "an answer counts once";
  EXPECT_EQ(forwarder_.under_way(), 0U);
}

TEST_F(OneForwarder, ACommandWaitsForTheDialAndGoesOutOnceTheLinkIsUp) {
  transport_.states[kNode.index] = Transport::State::waits;
  submit("one", true);
  submit("two", true);
  EXPECT_THAT(kinds(), ElementsAre(Kind::dial, Kind::dial));
  EXPECT_THAT(bodies(), IsEmpty());
  transport_.states[kNode.index] = Transport::State::sends;
  forwarder_.link_is_up(kNode.index);
  EXPECT_THAT(bodies(), ElementsAre("one", "two"));
}

TEST_F(OneForwarder, WhatWaitsForADialThatFailsHasNotRun) {
  transport_.states[kNode.index] = Transport::State::waits;
  submit("one", true);
  actions();
  forwarder_.fail_waiting(kNode.index);
  const std::vector<Forwarder::Action> ended = actions();
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].outcome, Outcome::unavailable);
  EXPECT_EQ(ended[0].charged, 3U);
}

// ---- A link is lost ----

TEST_F(OneForwarder, AWriteThatHasLeftIsInDoubtWhenItsLinkIsLost) {
  submit("set", true);
  bodies();
  lose_link(100);
  const std::vector<Forwarder::Action> ended = actions();
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].outcome, Outcome::in_doubt);
  EXPECT_EQ(ended[0].why, Forwarder::Why::lost);
  forwarder_.link_is_up(kNode.index);
  EXPECT_THAT(bodies(), IsEmpty());
}

TEST_F(OneForwarder, AWriteThatHasNotLeftIsSentAgain) {
  submit("set", true);
  bodies();
  lose_link(99);
  EXPECT_THAT(actions(), IsEmpty());
  forwarder_.link_is_up(kNode.index);
  EXPECT_THAT(bodies(), ElementsAre("set"));
}

TEST_F(OneForwarder, AReadIsSentAgainOnce) {
  submit("get", false);
  lose_link(100);
  EXPECT_THAT(actions(), IsEmpty());
  bodies();
  forwarder_.link_is_up(kNode.index);
  EXPECT_THAT(bodies(), ElementsAre("get"));
  lose_link(200);
  EXPECT_THAT(kinds(), ElementsAre(Kind::end));
}

TEST_F(OneForwarder, AReadIsNotSentAgainBehindALaterWriteOfItsClient) {
  submit("get", false);
  submit("set", true);
  submit("other", false, kNode, kBob);
  bodies();
  lose_link(300);
  EXPECT_THAT(kinds(), ElementsAre(Kind::end, Kind::end)) << "the write, and the read before it";
  forwarder_.link_is_up(kNode.index);
  EXPECT_THAT(bodies(), ElementsAre("other")) << "whose client has written nothing";
}

TEST_F(OneForwarder, AReadOfAClientThatIsGoneIsNotSentAgain) {
  submit("get", false);
  gone_ = kAlice;
  lose_link(100);
  EXPECT_THAT(kinds(), ElementsAre(Kind::end));
}

TEST_F(OneForwarder, TheLastPieceOfAFrameDecidesWhetherItHasLeft) {
  const std::uint64_t id = submit("set", true);
  forwarder_.placed(id, 5'000);
  lose_link(4'999);
  EXPECT_THAT(actions(), IsEmpty()) << "it is sent again";
}

TEST_F(OneForwarder, WhatGoesOverAnotherLinkIsNotConcerned) {
  submit("set", true, kOtherNode);
  lose_link(1'000);
  EXPECT_THAT(actions(), IsEmpty());
  EXPECT_EQ(forwarder_.under_way(), 1U);
}

// ---- Time ----

TEST_F(OneForwarder, AWriteWithoutAnAnswerInTimeIsInDoubtAndAReadIsNot) {
  submit("set", true);
  submit("get", false);
  now_.steady_ms += 999;
  forwarder_.expire(now_);
  EXPECT_THAT(actions(), IsEmpty());
  now_.steady_ms += 1;
  forwarder_.expire(now_);
  const std::vector<Forwarder::Action> ended = actions();
  ASSERT_THAT(ended, SizeIs(2));
  EXPECT_EQ(ended[0].outcome, Outcome::in_doubt);
  EXPECT_EQ(ended[1].outcome, Outcome::unavailable);
  EXPECT_EQ(ended[1].why, Forwarder::Why::timed_out);
}

// ---- Commands that nobody owned ----

TEST_F(OneForwarder, ACommandThatNobodyOwnedIsTriedAgainWhereTheSlotIsByThen) {
  const std::uint64_t id = submit("set", true);
  bodies();
  const auto known = forwarder_.answered(id, Outcome::not_mine, now_);
  ASSERT_TRUE(known && known->nobody_owned);
  EXPECT_TRUE(forwarder_.holds_up(kAlice)) << "nothing is sent behind it";
  retry({Route::Kind::peer, kOtherNode.index});
  EXPECT_THAT(kinds(), ElementsAre(Kind::wake));
  ASSERT_THAT(transport_.sent, SizeIs(1));
  EXPECT_EQ(transport_.sent[0].target, kOtherNode);
  EXPECT_FALSE(forwarder_.holds_up(kAlice));
}

TEST_F(OneForwarder, IfTheSlotIsHereByThenItIsServedHere) {
  const std::uint64_t id = submit("set", true);
  (void)forwarder_.answered(id, Outcome::not_mine, now_);
  retry({Route::Kind::here, 0});
  const std::vector<Forwarder::Action> served = actions();
  ASSERT_THAT(served, SizeIs(2));
  EXPECT_EQ(served[1].kind, Kind::serve);
  EXPECT_EQ(served[1].body.view(), "set");
  EXPECT_EQ(forwarder_.under_way(), 0U);
}

TEST_F(OneForwarder, OneThatWaitsHoldsBackThoseOfItsClientBehindIt) {
  const std::uint64_t first = submit("one", true);
  const std::uint64_t second = submit("two", true);
  bodies();
  (void)forwarder_.answered(second, Outcome::not_mine, now_);
  retry({Route::Kind::peer, kOtherNode.index});
  EXPECT_THAT(bodies(), IsEmpty()) << "the first is still under way";
  (void)forwarder_.answered(first, Outcome::not_mine, now_);
  retry({Route::Kind::peer, kOtherNode.index});
  EXPECT_THAT(bodies(), ElementsAre("one", "two"));
}

TEST_F(OneForwarder, OnlyWhereItBeganIsACommandTriedAgain) {
  const std::uint64_t id = relay(1);
  const auto known = forwarder_.answered(id, Outcome::not_mine, now_);
  ASSERT_TRUE(known);
  EXPECT_FALSE(known->nobody_owned) << "that is passed on to where it came from";
}

// ---- Order ----

TEST_F(OneForwarder, WhatIsPassedOnForOthersIsNotOvertaken) {
  const std::uint64_t id = relay(1);
  EXPECT_FALSE(forwarder_.relays().lets_pass(kSeven, {Route::Kind::here, 0}));
  (void)forwarder_.answered(id, Outcome::done, now_);
  EXPECT_TRUE(forwarder_.relays().lets_pass(kSeven, {Route::Kind::here, 0}));
  EXPECT_THAT(forwarder_.relays().take_drained(), ElementsAre(kSeven));
}

// ---- Room ----

TEST_F(OneForwarder, WhoFindsNoRoomIsWokenWhenHalfOfItIsFree) {
  std::vector<std::uint64_t> ids;
  for (std::size_t n = 0; n < kLinkRequestsMax; ++n) ids.push_back(submit("get", false));
  EXPECT_FALSE(forwarder_.has_room(kNode, 0, kBob));
  std::size_t answered = 0;
  std::vector<Kind> woken;
  while (woken.empty() && answered < ids.size()) {
    (void)forwarder_.answered(ids[answered++], Outcome::done, now_);
    woken = kinds();
  }
  EXPECT_THAT(woken, ElementsAre(Kind::wake));
  EXPECT_EQ(answered, kLinkRequestsMax / 2);
}

TEST_F(OneForwarder, BytesThatHaveNotLeftTakeRoomToo) {
  transport_.waiting = kLinkBytesMax;
  EXPECT_FALSE(forwarder_.has_room(kNode, 0, kAlice));
  EXPECT_TRUE(forwarder_.has_room(kShard, 0, kAlice)) << "with nothing under way nobody would wake it";
  forwarder_.has_drained(kNode);
  EXPECT_THAT(kinds(), ElementsAre(Kind::wake));
}

TEST_F(OneForwarder, ATargetThatFailsHasRoomForItsError) {
  transport_.states[kNode.index] = Transport::State::fails;
  transport_.waiting = kLinkBytesMax;
  EXPECT_TRUE(forwarder_.has_room(kNode, 0, kAlice));
  EXPECT_EQ(forwarder_.state(kNode), Transport::State::fails);
}

// ---- Clients that go ----

TEST_F(OneForwarder, WhatIsUnderWayForAClientThatIsGivenUpIsNotKept) {
  submit("set", true);
  submit("get", false, kNode, kBob);
  bodies();
  EXPECT_EQ(forwarder_.abandon(kAlice), 3U);
  lose_link(0);
  EXPECT_THAT(kinds(), ElementsAre(Kind::end)) << "it has no bytes any more to be sent again";
  forwarder_.link_is_up(kNode.index);
  EXPECT_THAT(bodies(), ElementsAre("get"));
}

TEST_F(OneForwarder, AClientThatIsGoneHoldsNobodyUp) {
  const std::uint64_t id = submit("set", true);
  (void)forwarder_.answered(id, Outcome::not_mine, now_);
  forwarder_.gone(kAlice);
  EXPECT_FALSE(forwarder_.holds_up(kAlice));
  retry({Route::Kind::peer, kOtherNode.index});
  EXPECT_THAT(kinds(), IsEmpty()) << "nobody is to be woken";
}

// ---- Questions of hand-overs ----

TEST_F(OneForwarder, AQuestionIsNeverAskedAgainByItself) {
  forwarder_.ask(kNode, kSeven, {.kind = Origin::Kind::handoff, .id = 9}, "begin", now_.steady_ms + 10);
  ASSERT_THAT(transport_.sent, SizeIs(1));
  EXPECT_EQ(transport_.sent[0].type, FrameType::handoff);
  lose_link(0);
  const std::vector<Forwarder::Action> ended = actions();
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].origin.id, 9U);
}

}  // namespace
}  // namespace limpet::forward
