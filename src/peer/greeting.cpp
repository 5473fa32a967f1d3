#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <limpet/base/assert.hpp>
#include <limpet/peer/greeting.hpp>
#include <memory>

namespace limpet::peer {

namespace {

constexpr std::size_t kNameBytesMax = 255;

void append_name(Bytes& out, std::string_view name) {
  const std::string_view cut = name.substr(0, kNameBytesMax);
  out.push_back(static_cast<char>(cut.size()));
  out.append(cut);
}

// Reads from a body front to back; once something is missing everything after is empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view body) : body_(body) {}

  template <class Integer>
  Integer integer() {
    const std::string_view bytes = take(sizeof(Integer));
    return bytes.size() == sizeof(Integer) ? load_le<Integer>(bytes.data()) : Integer{0};
  }
  std::string name() { return std::string(take(integer<std::uint8_t>())); }
  std::string_view take(std::size_t count) {
    if (body_.size() < count) {
      ok_ = false;
      return {};
    }
    const std::string_view bytes = body_.substr(0, count);
    body_.remove_prefix(count);
    return bytes;
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view body_;
  bool ok_ = true;
};

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string hmac(std::string_view key, std::string_view message) {
  Digest digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &length);
  return {reinterpret_cast<const char*>(digest.data()), length};
}

}  // namespace

void append_greeting(Bytes& out, const Greeting& greeting) {
  append_le(out, kMagic);
  append_le(out, kProtocol);
  append_le(out, greeting.epoch);
  append_le(out, greeting.content_digest);
  append_le(out, greeting.placement_digest);
  out.append({greeting.nonce.data(), greeting.nonce.size()});
  append_name(out, greeting.cluster);
  append_name(out, greeting.node);
}

Result<Greeting> read_greeting(std::string_view body) {
  Reader reader(body);
  if (reader.integer<std::uint32_t>() != kMagic) return fail(Code::bad_input, "this is no limpet node");
  const auto protocol = reader.integer<std::uint16_t>();
  if (protocol != kProtocol) {
    return fail(Code::bad_input, "the protocol between nodes is " + std::to_string(protocol) + " there and " +
                                     std::to_string(kProtocol) + " here: run the same release on all nodes");
  }
  Greeting greeting;
  greeting.epoch = reader.integer<std::uint64_t>();
  greeting.content_digest = reader.integer<std::uint64_t>();
  greeting.placement_digest = reader.integer<std::uint64_t>();
  const std::string_view nonce = reader.take(greeting.nonce.size());
  nonce.copy(greeting.nonce.data(), greeting.nonce.size());
  greeting.cluster = reader.name();
  greeting.node = reader.name();
  // What stands behind the fields known here is left for later releases.
  if (!reader.ok()) return fail(Code::bad_input, "the greeting is cut off");
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

namespace {

using Sha256 = std::array<unsigned char, 32>;

// Fetched once: looking an algorithm up takes longer than hashing with it.
Sha256 sha256(std::string_view text) {
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> kind(EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                    EVP_MD_free);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                     EVP_MD_CTX_free);
  Sha256 digest{};
  const bool done = EVP_DigestInit_ex2(context.get(), kind.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  LIMPET_ASSERT(done);
  return digest;
}

}  // namespace

bool same_secret(std::string_view a, std::string_view b) {
  // Hashing both makes the lengths equal, so that the comparison does not tell them either.
  const Sha256 left = sha256(a);
  const Sha256 right = sha256(b);
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace limpet::peer
