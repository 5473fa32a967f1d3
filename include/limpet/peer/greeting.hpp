// The greeting of a link: who is there, and the proof that both know the cluster's secret.
//
//     dialler                                acceptor
//       | GREET(who, nonce a)  ------------->  |   wrong cluster or version: REFUSE
//       |  <-------------  GREET(who, nonce b) |
//       | PROOF(hmac "dial", a, b)  -------->  |   wrong: REFUSE
//       |  <------  WELCOME(hmac "accept", a, b)   wrong: the dialler closes
//
// The dialler proves itself first, so a stranger who connects learns nothing that a guess could be checked
// against. A proof is HMAC-SHA256 over a label, both nonces and both nodes' names; without a secret it is
// empty.
#pragma once

#include <array>
#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/result.hpp>
#include <string>
#include <string_view>

namespace limpet::peer {

inline constexpr std::uint32_t kMagic = 0x54504d4c;  // "LMPT"
inline constexpr std::uint16_t kProtocol = 2;

using Nonce = std::array<char, 16>;

struct Greeting {
  std::string cluster;
  std::string node;
  std::uint64_t epoch = 0;
  std::uint64_t content_digest = 0;
  std::uint64_t placement_digest = 0;
  Nonce nonce{};
};

void append_greeting(Bytes& out, const Greeting& greeting);
// Error: the bytes are no greeting of this protocol; the text says what differs.
[[nodiscard]] Result<Greeting> read_greeting(std::string_view body);

enum class Side : std::uint8_t { dialler, acceptor };

// The proof of `side`; empty if there is no secret.
[[nodiscard]] std::string make_proof(std::string_view secret, Side side, const Greeting& dialler,
                                     const Greeting& acceptor);

// Compares secrets in a time that does not depend on where they differ.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

}  // namespace limpet::peer
