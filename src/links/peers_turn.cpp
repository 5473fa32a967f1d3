// The turns of peers: what is taken of their bytes, and what strangers who speak no frames are told.
#include <limpet/base/encoding.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <limpet/links/peers.hpp>

namespace limpet::links {

namespace {

constexpr std::string_view kNotTls = "this port is for nodes of a limpet cluster, which speak no TLS\r\n";

// A client at the wrong port, whose bytes are RESP: it is told at once, and not that it was cut off.
constexpr std::string_view kNotForClients =
    "-ERR this is a peer port, for the nodes of a limpet cluster alone; clients have another one, `client` "
    "in "
    "the cluster file\r\n";

// An array with its length, as every client's command begins. No greeting does: it would be too long.
bool begins_resp(std::string_view bytes) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return bytes.size() > 2 && bytes[0] == '*' && is_digit(bytes[1]) &&
         (bytes[2] == '\r' || is_digit(bytes[2]));
}

}  // namespace

std::optional<Peers::Turn> Peers::begin_turn(StreamId id, std::string_view bytes, Quantum quantum, Now now) {
  Peer* const peer = find(id);
  if (peer == nullptr || peer->ends()) return std::nullopt;
  // Until it has proved itself its time is counted from when it came.
  if (peer->admitted) peer->heard_ms = now.steady_ms;
  return std::optional<Turn>(std::in_place, *this, *peer, bytes, quantum, now);
}

Peers::Turn::Turn(Peers& peers, Peer& peer, std::string_view bytes, Quantum quantum, Now now)
    : peers_(peers),
      peer_(peer),
      bytes_(bytes),
      frames_(peer.input, bytes, peer.admitted ? kPieceBytes : kGreetingBytesMax),
      quantum_(quantum),
      now_(now) {}

const Peers::Heard* Peers::Turn::next() {
  while (!over_) {
    if (std::exchange(begun_, false)) frames_.take();
    const peer::Frame* const frame = frames_.peek();
    if (frame == nullptr || !peers_.may_take(peer_, quantum_)) break;
    const Taken taken = peers_.take(peer_, *frame, heard_, now_);
    if (taken == Taken::refused) break;
    begun_ = true;
    if (taken == Taken::heard) return &heard_;
  }
  over_ = true;
  return nullptr;
}

void Peers::Turn::refuse(const std::string& reason) {
  peers_.refuse(peer_, reason, now_);
  over_ = true;
}

void Peers::Turn::end() {
  frames_.keep_rest();
  const std::string_view error = frames_.error();
  const std::string_view first = peer_.input.empty() ? bytes_ : peer_.input.view();
  if (!peer_.greeted && begins_resp(first)) {
    peer_.out.append(kNotForClients);
    peers_.refuse(peer_, "it speaks the protocol of clients", now_);
  } else if (!error.empty() && !peer_.greeted && begins_tls(first)) {
    peer_.out.append(kNotTls);
    peers_.refuse(peer_, "it speaks TLS", now_);
  } else if (!error.empty()) {
    peers_.refuse(peer_, std::string(error), now_);
  }
  peers_.flush(peer_);
}

}  // namespace limpet::links
