#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <limpet/base/assert.hpp>
#include <limpet/base/secrets.hpp>
#include <memory>

namespace limpet {

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

bool Secrets::accept(std::string_view given) const {
  bool accepted = empty();
  for (const std::string& secret : all_) accepted = same_secret(given, secret) || accepted;
  return accepted;
}

}  // namespace limpet
