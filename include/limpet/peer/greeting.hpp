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
// empty. A dialler that has two secrets proves both, one proof behind the other; the answer is by the one
// that the acceptor knows, too.
//
// Each side says which protocols it speaks, from the least to the greatest; both take the greatest that they
// have in common. What a greeting says is never moved or taken away, only added at its end: so neighbouring
// releases understand each other, and their nodes are restarted one by one.
//
//     greeting = magic (4 bytes), greatest protocol (2), least protocol (2), standing, nonce (16), cluster,
//                node, client address, peer address, release (a byte with its length, text, each),
//                shards (2; of nodes that may follow others), more
#pragma once

#include <array>
#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/result.hpp>
#include <limpet/base/secrets.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::peer {

inline constexpr std::uint32_t kMagic = 0x54504d4c;  // "LMPT"
// Protocol 4, of limpet 0.1.0, has terms of one part, and no others beside it: it is only recognised.
inline constexpr std::uint16_t kProtocol = 5;
inline constexpr std::uint16_t kProtocolLeast = 5;

using Nonce = std::array<char, 16>;

// How a node stands: what may change while a link lives, and is told again then.
struct Standing {
  std::uint64_t epoch = 0;
  std::uint64_t content_digest = 0;
  std::uint64_t placement_digest = 0;
  std::uint64_t founded = 0;        // the placement by which it claims its first slots; 0: none
  std::uint64_t boot = 0;           // counts its starts
  bool fresh = false;               // it has never held a slot
  bool leaving = false;             // it wants to hold none until it starts again, or says otherwise
  std::uint32_t leave_changes = 0;  // how often it has said one or the other in this boot; only in news

  friend bool operator==(const Standing&, const Standing&) = default;
};

struct Greeting : Standing {
  std::uint16_t greatest = kProtocol;
  std::uint16_t least = kProtocolLeast;
  std::string cluster;
  std::string node;
  std::string client;  // its addresses, as text; `peer` is empty if it has none
  std::string peer;
  std::string release;                  // of limpet, for the log
  std::optional<std::uint16_t> shards;  // how many it has, if it may follow others
  Nonce nonce{};
  std::string more;  // what a later release adds: it counts for the proof
};

void append_standing(Bytes& out, const Standing& standing);
// Takes one off the front; false if it is cut off.
[[nodiscard]] bool take_standing(std::string_view& body, Standing& standing);

void append_greeting(Bytes& out, const Greeting& greeting);
// Error: the bytes are no greeting, or (Code::refused) of a release that this one cannot talk to; the text
// says which, and what to do. `node`: the name of who says it, as far as that can be read.
[[nodiscard]] Result<Greeting> read_greeting(std::string_view body, std::string* node = nullptr);
// The protocol that both speak. REQUIRES: `theirs` was read.
[[nodiscard]] inline std::uint16_t protocol_with(const Greeting& theirs) {
  return theirs.greatest < kProtocol ? theirs.greatest : kProtocol;
}

enum class Side : std::uint8_t { dialler, acceptor };

// The proof of `side`; empty if there is no secret.
[[nodiscard]] std::string make_proof(std::string_view secret, Side side, const Greeting& dialler,
                                     const Greeting& acceptor);

// What is sent as proof: one for each secret, the one in force first. Whoever knows only one of them still is
// convinced, so nodes whose files differ by one secret stay connected whoever dials.
[[nodiscard]] std::string make_proofs(const Secrets& secrets, Side side, const Greeting& dialler,
                                      const Greeting& acceptor);

// The secret that was proved, one of `secrets`: the answer is to be proved by that one. None are needed where
// there is no secret, and then it is empty. Nothing: no proof is right.
[[nodiscard]] std::optional<std::string> proved_secret(const Secrets& secrets, std::string_view proofs,
                                                       Side side, const Greeting& dialler,
                                                       const Greeting& acceptor);

}  // namespace limpet::peer
