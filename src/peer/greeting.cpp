#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <limpet/peer/greeting.hpp>
#include <memory>

#include "name_bytes.hpp"

namespace limpet::peer {

namespace {

// Earlier ones say one protocol alone.
constexpr std::uint16_t kFirstWithRange = 5;
constexpr std::size_t kProofBytes = 32;

void append_name(Bytes& out, std::string_view name) {
  const std::string_view cut = name.substr(0, kNameBytesMax);
  out.push_back(static_cast<char>(cut.size()));
  out.append(cut);
}

bool take_name(std::string_view& from, std::string& name) {
  std::uint8_t length = 0;
  if (!take_le(from, length) || from.size() < length) return false;
  name = from.substr(0, length);
  from.remove_prefix(length);
  return true;
}

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string hmac(std::string_view key, std::string_view message) {
  Digest digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &length);
  return {reinterpret_cast<const char*>(digest.data()), length};
}

}  // namespace

namespace {
constexpr std::uint8_t kFresh = 1;
constexpr std::uint8_t kLeaving = 2;
}  // namespace

void append_standing(Bytes& out, const Standing& standing) {
  append_le(out, standing.epoch);
  append_le(out, standing.content_digest);
  append_le(out, standing.placement_digest);
  append_le(out, standing.founded);
  append_le(out, standing.boot);
  append_le(out,
            static_cast<std::uint8_t>((standing.fresh ? kFresh : 0) | (standing.leaving ? kLeaving : 0)));
}

bool take_standing(std::string_view& body, Standing& standing) {
  std::uint8_t marks = 0;
  const bool whole = take_le(body, standing.epoch) && take_le(body, standing.content_digest) &&
                     take_le(body, standing.placement_digest) && take_le(body, standing.founded) &&
                     take_le(body, standing.boot) && take_le(body, marks);
  standing.fresh = (marks & kFresh) != 0;
  standing.leaving = (marks & kLeaving) != 0;
  return whole && (marks & ~(kFresh | kLeaving)) == 0;
}

void append_greeting(Bytes& out, const Greeting& greeting) {
  append_le(out, kMagic);
  append_le(out, greeting.greatest);
  append_le(out, greeting.least);
  append_standing(out, greeting);
  out.append({greeting.nonce.data(), greeting.nonce.size()});
  for (const std::string* name :
       {&greeting.cluster, &greeting.node, &greeting.client, &greeting.peer, &greeting.release}) {
    append_name(out, *name);
  }
  if (greeting.shards) append_le(out, *greeting.shards);
  out.append(greeting.more);
}

namespace {

// Of protocol 4 there is one range only, and no release is named.
bool take_fields(std::string_view body, bool of_0_1, Greeting& greeting) {
  if (!of_0_1 && !take_le(body, greeting.least)) return false;
  const bool whole = take_standing(body, greeting) && take_le(body, greeting.nonce) &&
                     take_name(body, greeting.cluster) && take_name(body, greeting.node) &&
                     take_name(body, greeting.client) && take_name(body, greeting.peer);
  if (!whole || of_0_1) return whole;
  if (!take_name(body, greeting.release) || greeting.least > greeting.greatest) return false;
  if (std::uint16_t shards = 0; take_le(body, shards)) greeting.shards = shards;
  greeting.more = body;
  return true;
}

std::string range_text(std::uint16_t least, std::uint16_t greatest) {
  if (least == greatest) return std::to_string(least);
  return std::to_string(least) + " to " + std::to_string(greatest);
}

// What is said of a release that this one cannot talk to.
std::string foreign(const Greeting& theirs, bool of_0_1) {
  const std::string release = of_0_1 ? "0.1.0" : printable(theirs.release);
  const std::string protocols = range_text(of_0_1 ? theirs.greatest : theirs.least, theirs.greatest);
  return "node " + printable(theirs.node) + " runs limpet " + release + " (protocol " + protocols +
         "); this one speaks " + range_text(kProtocolLeast, kProtocol) + ": " +
         (of_0_1 ? "stop the whole cluster once and start it with one release, see docs/upgrading.md"
                 : "only neighbouring releases run side by side, see docs/upgrading.md");
}

}  // namespace

Result<Greeting> read_greeting(std::string_view body, std::string* node) {
  std::uint32_t magic = 0;
  if (!take_le(body, magic) || magic != kMagic) return fail(Code::bad_input, "this is no limpet node");
  Greeting greeting;
  if (!take_le(body, greeting.greatest)) return fail(Code::bad_input, "the greeting is cut off");
  const bool of_0_1 = greeting.greatest < kFirstWithRange;
  if (!take_fields(body, of_0_1, greeting)) return fail(Code::bad_input, "the greeting is cut off");
  if (node != nullptr) *node = greeting.node;
  if (of_0_1 || greeting.greatest < kProtocolLeast || greeting.least > kProtocol) {
    return fail(Code::refused, foreign(greeting, of_0_1));
  }
  return greeting;
}

std::string make_proof(std::string_view secret, Side side, const Greeting& dialler,
                       const Greeting& acceptor) {
  if (secret.empty()) return {};
  Bytes message;
  message.append(side == Side::dialler ? "limpet dial" : "limpet accept");
  append_greeting(message, dialler);
  append_greeting(message, acceptor);
  return hmac(secret, message.view());
}

std::string make_proofs(const Secrets& secrets, Side side, const Greeting& dialler,
                        const Greeting& acceptor) {
  std::string proofs;
  for (const std::string& secret : secrets.all()) proofs += make_proof(secret, side, dialler, acceptor);
  return proofs;
}

std::optional<std::string> proved_secret(const Secrets& secrets, std::string_view proofs, Side side,
                                         const Greeting& dialler, const Greeting& acceptor) {
  if (secrets.empty()) return proofs.empty() ? std::optional<std::string>("") : std::nullopt;
  if (proofs.size() > kSecretsMax * kProofBytes || proofs.size() % kProofBytes != 0) return std::nullopt;
  std::optional<std::string> proved;
  for (const std::string& secret : secrets.all()) {
    const std::string expected = make_proof(secret, side, dialler, acceptor);
    for (std::size_t at = 0; at < proofs.size(); at += kProofBytes) {
      if (same_secret(proofs.substr(at, kProofBytes), expected) && !proved) proved = secret;
    }
  }
  return proved;
}

}  // namespace limpet::peer
