#include <gtest/gtest.h>

#include <limpet/base/limits.hpp>
#include <limpet/links/link.hpp>

namespace limpet::links {
namespace {

struct TestStream : Stream {};

class LinkTest : public ::testing::Test {
 protected:
  static peer::Greeting greeting(const std::string& node) {
    peer::Greeting greeting;
    greeting.cluster = "c";
    greeting.node = node;
    greeting.nonce.fill(node.back());
    return greeting;
  }
  Now now() const { return {now_ms_, 0}; }
  void dial() { link_.dialing({}, stream_, now()); }
  void greet() { link_.connected(greeting("n1"), now()); }
  Result<bool> hears(peer::FrameType type, std::string_view body) {
    return link_.greeted({.type = type, .body = body}, "n2", secret_, now());
  }
  void come_up() {
    dial();
    greet();
    Bytes body;
    peer::append_greeting(body, greeting("n2"));
    ASSERT_TRUE(hears(peer::FrameType::greet, body.view()).has_value());
    ASSERT_TRUE(hears(peer::FrameType::welcome,
                      peer::make_proof(secret_, peer::Side::acceptor, greeting("n1"), greeting("n2")))
                    .has_value());
    link_.heard({}, now());
  }
  void lose(std::string_view reason) { link_.lost(reason, now(), 0); }

  std::string secret_ = "s";
  std::int64_t now_ms_ = 1'000'000;
  TestStream stream_;
  Link link_{1};
};

TEST_F(LinkTest, CommandsWaitForTheFirstDial) {
  EXPECT_EQ(link_.verdict(), Link::Verdict::wait);
  dial();
  EXPECT_EQ(link_.verdict(), Link::Verdict::wait);
}

TEST_F(LinkTest, IsUpWhenBothHaveProvedTheSecret) {
  come_up();
  EXPECT_TRUE(link_.up());
  EXPECT_EQ(link_.verdict(), Link::Verdict::send);
}

TEST_F(LinkTest, RefusesANodeThatDoesNotKnowTheSecret) {
  dial();
  greet();
  Bytes body;
  peer::append_greeting(body, greeting("n2"));
  ASSERT_TRUE(hears(peer::FrameType::greet, body.view()).has_value());
  EXPECT_FALSE(hears(peer::FrameType::welcome, "guess").has_value());
}

TEST_F(LinkTest, AWelcomeWithoutAGreetingIsNoProof) {
  secret_.clear();
  dial();
  greet();
  EXPECT_FALSE(hears(peer::FrameType::welcome, "").has_value());
}

TEST_F(LinkTest, RefusesANodeOfAnotherName) {
  dial();
  greet();
  Bytes body;
  peer::append_greeting(body, greeting("n3"));
  EXPECT_FALSE(hears(peer::FrameType::greet, body.view()).has_value());
}

TEST_F(LinkTest, FailsAtOnceWhileItBacksOffAndWaitsLongerEachTime) {
  std::int64_t waited = 0;
  for (int i = 0; i < 8; ++i) {
    dial();
    lose("connection refused");
    EXPECT_EQ(link_.verdict(), Link::Verdict::fail);
    EXPECT_EQ(link_.why(now()), "connection refused");
    const std::int64_t began = now_ms_;
    while (link_.tick(now()) != Link::Wish::dial) ++now_ms_;
    EXPECT_GE(now_ms_ - began, waited / 2);
    waited = now_ms_ - began;
    EXPECT_LE(waited, kBackoffMaxMs);
    EXPECT_EQ(link_.verdict(), Link::Verdict::fail);
  }
}

TEST_F(LinkTest, DialsAtOnceWhenALinkThatWorkedIsLost) {
  come_up();
  now_ms_ += kLinkProvedMs;
  lose("reset");
  EXPECT_EQ(link_.verdict(), Link::Verdict::wait);
  EXPECT_EQ(link_.tick(now()), Link::Wish::dial);
}

TEST_F(LinkTest, BacksOffWhenALinkThatJustCameUpIsLost) {
  come_up();
  lose("reset");
  EXPECT_EQ(link_.verdict(), Link::Verdict::fail);
  EXPECT_EQ(link_.tick(now()), Link::Wish::nothing);
}

TEST_F(LinkTest, NothingGoesOutOnALinkThatIsAboutToBeClosed) {
  come_up();
  link_.failed("it sent what makes no sense");
  EXPECT_EQ(link_.verdict(), Link::Verdict::wait);
}

TEST_F(LinkTest, ASilentNodeIsNoticedAndThenGivenUp) {
  come_up();
  now_ms_ += kPeerQuietMs;
  EXPECT_EQ(link_.tick(now()), Link::Wish::nothing);
  EXPECT_EQ(link_.verdict(), Link::Verdict::fail);
  link_.heard({}, now());
  EXPECT_EQ(link_.verdict(), Link::Verdict::send) << "any sign of life will do";
  now_ms_ += kPeerDeadMs;
  EXPECT_EQ(link_.tick(now()), Link::Wish::close);
}

TEST_F(LinkTest, ADialThatTakesTooLongIsGivenUp) {
  dial();
  now_ms_ += kDialMs;
  EXPECT_EQ(link_.tick(now()), Link::Wish::close);
}

TEST_F(LinkTest, ALookUpHasItsOwnTimeAndCommandsDoNotWaitForIt) {
  dial();
  link_.dial_goes_on("looking up n2", 15'000, now());
  now_ms_ += kDialMs - 1;
  EXPECT_EQ(link_.tick(now()), Link::Wish::nothing);
  EXPECT_EQ(link_.verdict(), Link::Verdict::wait);
  now_ms_ += 1;
  EXPECT_EQ(link_.tick(now()), Link::Wish::fail_waiting);
  EXPECT_EQ(link_.verdict(), Link::Verdict::fail);
  EXPECT_EQ(link_.why(now()), "looking up n2 took longer than 500 ms");
  EXPECT_EQ(link_.tick(now()), Link::Wish::nothing) << "once";
  now_ms_ += 5'000;
  link_.dial_goes_on("connecting", kDialMs, now());
  now_ms_ += kDialMs - 1;
  EXPECT_EQ(link_.tick(now()), Link::Wish::nothing) << "the look-up does not count for the connect";
  greet();
  EXPECT_EQ(link_.state(), LinkState::greeting);
}

TEST_F(LinkTest, ALookUpThatTakesTooLongIsGivenUp) {
  dial();
  link_.dial_goes_on("looking up n2", 15'000, now());
  now_ms_ += 15'000;
  EXPECT_EQ(link_.tick(now()), Link::Wish::close);
  lose("closed");
  EXPECT_EQ(link_.why(now()), "looking up n2 took longer than 15000 ms");
}

TEST_F(LinkTest, ANodeThatSaidGoodbyeGetsNothingNew) {
  come_up();
  link_.said_goodbye();
  EXPECT_EQ(link_.verdict(), Link::Verdict::fail);
  EXPECT_EQ(link_.why(now()), "it is stopping");
}

}  // namespace
}  // namespace limpet::links
