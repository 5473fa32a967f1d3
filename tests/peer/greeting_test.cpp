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
  greeting.release = "0.2.0";
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
  EXPECT_EQ(read->release, "0.2.0");
  EXPECT_EQ(protocol_with(*read), kProtocol);
  EXPECT_EQ(read->nonce, greeting("n1", 'a').nonce);
}

TEST(Greeting, CutOffAnywhereIsRefused) {
  const std::string bytes = bytes_of(greeting("n1", 'a'));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(read_greeting(std::string_view(bytes).substr(0, length)).has_value());
  }
}

TEST(Greeting, OfALaterReleaseThatSpeaksThisProtocolTooIsUnderstood) {
  Greeting later = greeting("n1", 'a');
  later.greatest = kProtocol + 1;
  later.more = "what this release knows nothing of";
  const auto read = read_greeting(bytes_of(later));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(protocol_with(*read), kProtocol);
  EXPECT_EQ(make_proof("s", Side::dialler, *read, greeting("n2", 'b')),
            make_proof("s", Side::dialler, later, greeting("n2", 'b')))
      << "both prove the same, whoever has understood how much of it";
}

TEST(Greeting, OfAReleaseThatSpeaksOnlyLaterOnesSaysWhoItIs) {
  Greeting later = greeting("n1", 'a');
  later.release = "9.0.0";
  later.greatest = kProtocol + 4;
  later.least = kProtocol + 2;
  std::string node;
  const auto read = read_greeting(bytes_of(later), &node);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().text,
            "node n1 runs limpet 9.0.0 (protocol 7 to 9); this one speaks 5: only neighbouring releases run "
            "side by side, see docs/upgrading.md");
  EXPECT_EQ(node, "n1");
  EXPECT_EQ(read_greeting("GET / HTTP/1.1\r\n").error().text, "this is no limpet node");
}

TEST(Greeting, OfLimpet010SaysWhoItIsAndWhatToDo) {
  Bytes old;
  append_le(old, kMagic);
  append_le(old, std::uint16_t{4});
  append_standing(old, {});
  old.append(std::string(16, 'n'));
  for (const std::string_view name : {"demo", "n3", "127.0.0.1:1", "127.0.0.1:2"}) {
    old.push_back(static_cast<char>(name.size()));
    old.append(name);
  }
  std::string node;
  const auto read = read_greeting(old.view(), &node);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, Code::refused) << "so that it is told why";
  EXPECT_EQ(
      read.error().text,
      "node n3 runs limpet 0.1.0 (protocol 4); this one speaks 5: stop the whole cluster once and start "
      "it with one release, see docs/upgrading.md");
  EXPECT_EQ(node, "n3");
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

// Nodes whose files differ by one step of a rotation, whoever of them dials.
TEST(Proof, ConvincesWhoeverKnowsOneOfTheSecrets) {
  const Greeting a = greeting("n1", 'a');
  const Greeting b = greeting("n2", 'b');
  const Secrets before("old");
  const Secrets both(std::vector<std::string>{"new", "old"});
  const Secrets after("new");
  const auto meet = [&](const Secrets& dials, const Secrets& accepts) -> std::string {
    const auto known = proved_secret(accepts, make_proofs(dials, Side::dialler, a, b), Side::dialler, a, b);
    if (!known) return "refused";
    const auto back = proved_secret(dials, make_proof(*known, Side::acceptor, a, b), Side::acceptor, a, b);
    return back.value_or("not believed");
  };
  EXPECT_EQ(meet(before, both), "old");
  EXPECT_EQ(meet(both, before), "old");
  EXPECT_EQ(meet(both, both), "new");
  EXPECT_EQ(meet(both, after), "new");
  EXPECT_EQ(meet(after, both), "new");
  EXPECT_EQ(meet(before, after), "refused");
  EXPECT_EQ(meet(before, {}), "refused");
  EXPECT_EQ(meet({}, before), "refused");
  EXPECT_EQ(meet({}, {}), "");
}

TEST(Proof, OfAnyOtherLengthIsNone) {
  const Greeting a = greeting("n1", 'a');
  const Greeting b = greeting("n2", 'b');
  const std::string proof = make_proof("s", Side::dialler, a, b);
  for (const std::string& bytes :
       {std::string(), proof + "x", proof.substr(1), proof + proof + proof, "x" + proof}) {
    EXPECT_FALSE(proved_secret("s", bytes, Side::dialler, a, b).has_value());
  }
}

}  // namespace
}  // namespace limpet::peer
