#include <gtest/gtest.h>

#include <limpet/peer/greeting.hpp>

namespace limpet::peer {
namespace {

Greeting greeting(const std::string& node, char nonce) {
  Greeting greeting;
  greeting.cluster = "demo";
  greeting.node = node;
  greeting.epoch = 3;
  greeting.content_digest = 4;
  greeting.placement_digest = 5;
  greeting.nonce.fill(nonce);
  return greeting;
}

std::string bytes_of(const Greeting& greeting) {
  Bytes out;
  append_greeting(out, greeting);
  return std::string(out.view());
}

TEST(Greeting, ComesBackAsItWasWritten) {
  const auto read = read_greeting(bytes_of(greeting("n1", 'a')));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->cluster, "demo");
  EXPECT_EQ(read->node, "n1");
  EXPECT_EQ(read->epoch, 3U);
  EXPECT_EQ(read->content_digest, 4U);
  EXPECT_EQ(read->placement_digest, 5U);
  EXPECT_EQ(read->nonce, greeting("n1", 'a').nonce);
}

TEST(Greeting, CutOffAnywhereIsRefused) {
  const std::string bytes = bytes_of(greeting("n1", 'a'));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(read_greeting(std::string_view(bytes).substr(0, length)).has_value());
  }
}

TEST(Greeting, OfAnotherProtocolSaysWhatDiffers) {
  std::string bytes = bytes_of(greeting("n1", 'a'));
  bytes[4] = 9;
  const auto read = read_greeting(bytes);
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().text.find("same release"), std::string::npos);
  EXPECT_EQ(read_greeting("GET / HTTP/1.1\r\n").error().text, "this is no limpet node");
}

TEST(Proof, BelongsToOneSideOneSecretAndOnePairOfNonces) {
  const Greeting a = greeting("n1", 'a');
  const Greeting b = greeting("n2", 'b');
  const std::string proof = make_proof("s", Side::dialler, a, b);
  EXPECT_EQ(proof.size(), 32U);
  EXPECT_EQ(proof, make_proof("s", Side::dialler, a, b));
  EXPECT_NE(proof, make_proof("s", Side::acceptor, a, b)) << "a proof sent back proves nothing";
  EXPECT_NE(proof, make_proof("t", Side::dialler, a, b));
  EXPECT_NE(proof, make_proof("s", Side::dialler, greeting("n1", 'c'), b));
  EXPECT_NE(proof, make_proof("s", Side::dialler, a, greeting("n2", 'c')));
  EXPECT_NE(proof, make_proof("s", Side::dialler, a, greeting("n3", 'b')));
}

TEST(Proof, IsEmptyWithoutASecret) {
  EXPECT_EQ(make_proof("", Side::dialler, greeting("n1", 'a'), greeting("n2", 'b')), "");
}

TEST(Secrets, AreComparedWhole) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "abcd"));
  EXPECT_TRUE(same_secret("", ""));
}

}  // namespace
}  // namespace limpet::peer
