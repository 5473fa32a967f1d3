#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <limpet/links/peers.hpp>

namespace limpet::links {

using peer::Frame;
using peer::FrameType;
using peer::Outcome;
using Whose = ClientMemory::Whose;

namespace {

constexpr std::string_view kNoRoomForReply =
    "INDOUBT there is no room for its reply: too many for clients of the same node wait to be sent";

}  // namespace

// ---- Coming and going ----

StreamId Peers::opened(const std::string& address, Now now) {
  auto [name, peer] = peers_.emplace();
  peer.id = {StreamKind::peer, name.index, name.generation};
  peer.address = address;
  peer.heard_ms = now.steady_ms;
  peer.number = ++numbered_;
  if (peers_.size() > kPeersMax) drop(peer, "there are too many", now);
  make_room_for_strangers(now);
  return peer.id;
}

// A node says who it is within a moment; a stranger may take its time. So when there are too many of them,
// the one that has waited longest goes.
void Peers::make_room_for_strangers(Now now) {
  std::size_t strangers = 0;
  Peer* oldest = nullptr;
  peers_.each([&](auto, Peer& peer) {
    if (peer.admitted || peer.ends()) return;
    ++strangers;
    if (oldest == nullptr || peer.number < oldest->number) oldest = &peer;
  });
  if (strangers > kStrangersMax + 2 * view_->nodes.size())
    drop(*oldest, "too many others came before it said who it is", now);
}

void Peers::drop(Peer& peer, const std::string& reason, Now now) {
  note_stranger(peer, reason, now);
  dirty_.abort(peer, peer.id);
}

Peers::Taken Peers::refuse(Peer& peer, const std::string& reason, Now now) {
  note_stranger(peer, reason, now);
  // A stranger is told why only if it speaks the protocol; to others the bytes would mean nothing.
  if (peer.greeted) peer.lanes.send({.type = FrameType::refuse, .body = reason});
  peer.finished = true;
  peer.reading = false;
  dirty_.mark(peer, peer.id);
  return Taken::refused;
}

// Whoever reaches the port could fill the log.
void Peers::note_stranger(const Peer& peer, const std::string& reason, Now now) {
  const std::string text = "peer connection from " + peer.address + " refused: " + printable(reason);
  if (auto line = stranger_notes_.take(text, now)) actions_.warnings.push_back(std::move(*line));
}

void Peers::closed(StreamId id) {
  Peer* const peer = find(id);
  if (peer == nullptr) return;
  memory_.close(Whose::node, peer->memory);
  peers_.erase({id.index, id.generation});
}

void Peers::drop_other_starts(NodeIndex node, std::uint64_t boot) {
  peers_.each([&](auto, Peer& peer) {
    if (peer.admitted && peer.node == node && peer.theirs.boot != boot) dirty_.abort(peer, peer.id);
  });
}

void Peers::set_view(std::shared_ptr<const cluster::View> view) {
  view_ = std::move(view);
  peers_.each([this](auto, Peer& peer) {
    if (peer.admitted) peer.node = view_->find(peer.theirs.node);
  });
}

void Peers::tick(Now now) {
  peers_.each([&](auto, Peer& peer) {
    const std::int64_t silent_ms = now.steady_ms - peer.heard_ms;
    if (!peer.admitted && !peer.finished && silent_ms >= kGreetingMs) {
      refuse(peer, "the greeting took too long", now);
    }
    // Whoever dialled asks for a sign of life all the time; one that is silent is gone, and so is what it
    // asked for.
    if (peer.admitted && silent_ms >= 2 * kPeerDeadMs) dirty_.abort(peer, peer.id);
  });
}

void Peers::drain() {
  draining_ = true;
  peers_.each([this](auto, Peer& peer) {
    if (!peer.admitted) return;
    peer.lanes.send({.type = FrameType::goodbye});
    dirty_.mark(peer, peer.id);
  });
}

bool Peers::idle() {
  bool idle = true;
  // What a node has sent before it has said goodbye in its turn may still be on its way.
  peers_.each([&](auto, Peer& peer) {
    idle = idle && (peer.said_goodbye || !peer.admitted) && peer.in_flight == 0 && peer.lanes.waiting() == 0;
  });
  return idle;
}

// ---- The greeting ----

Peers::Taken Peers::take_greeting(Peer& peer, const Frame& frame, Heard& heard, Now now) {
  std::string name;
  Result<peer::Greeting> greeting =
      frame.type == FrameType::greet
          ? peer::read_greeting(frame.body, &name)
          : Result<peer::Greeting>(fail(Code::bad_input, "this is no limpet node"));
  if (!greeting) {
    // A node of another release is told why, and that is the reason why it is not reached either.
    peer.greeted = greeting.error().code == Code::refused;
    const auto node = view_->find(name);
    if (peer.greeted && node && *node != self_) actions_.foreign.push_back({*node, greeting.error().text});
    return refuse(peer, greeting.error().text, now);
  }
  peer.greeted = true;
  peer.theirs = std::move(*greeting);
  if (peer.theirs.cluster != view_->name) {
    return refuse(
        peer,
        "this node belongs to cluster '" + view_->name + "', not '" + printable(peer.theirs.cluster) + "'",
        now);
  }
  heard.kind = Heard::Kind::greeted;
  return Taken::heard;
}

void Peers::greet(StreamId id, peer::Greeting mine) {
  Peer* const peer = find(id);
  if (peer == nullptr) return;
  peer->mine = std::move(mine);
  Bytes body;
  append_greeting(body, peer->mine);
  peer->lanes.send({.type = FrameType::greet, .body = body.view()});
}

Peers::Taken Peers::take_proof(Peer& peer, const Frame& frame, Heard& heard, Now now) {
  const auto secret =
      frame.type == FrameType::proof
          ? peer::proved_secret(secrets_, frame.body, peer::Side::dialler, peer.theirs, peer.mine)
          : std::nullopt;
  if (!secret) return refuse(peer, "it does not know the cluster's secret", now);
  peer.admitted = true;
  peer.node = view_->find(peer.theirs.node);
  const std::string proof = make_proof(*secret, peer::Side::acceptor, peer.theirs, peer.mine);
  peer.lanes.send({.type = FrameType::welcome, .body = proof});
  if (draining_) peer.lanes.send({.type = FrameType::goodbye});
  heard.kind = Heard::Kind::admitted;
  return Taken::heard;
}

// ---- Frames ----

Peers::Taken Peers::take(Peer& peer, const Frame& frame, Heard& heard, Now now) {
  if (!peer.greeted) return take_greeting(peer, frame, heard, now);
  if (!peer.admitted) return take_proof(peer, frame, heard, now);
  if (frame.type == FrameType::ping) {
    peer.lanes.send({.type = FrameType::pong, .id = frame.id});
    return Taken::here;
  }
  if (frame.type == FrameType::goodbye) {
    peer.said_goodbye = true;
    return Taken::here;
  }
  if (!handed_on_.has(frame.type)) return refuse(peer, "unexpected frame", now);
  if (is_whole(peer.assembler, frame)) {
    heard = {Heard::Kind::frame, frame};
  } else {
    const Result<const Frame*> whole = peer.assembler.add(frame);
    if (!whole) return refuse(peer, whole.error().text, now);
    if (*whole == nullptr) return Taken::here;
    heard = {Heard::Kind::frame, **whole};
  }
  if (awaits_reply(frame.type)) ++peer.in_flight;
  return Taken::heard;
}

// ---- Stopping and going on ----

bool Peers::may_take(Peer& peer, const Quantum& quantum) {
  if (peer.admitted && memory_.is_share(peer.kept(), peers_.size())) {
    peer.stalled = true;
    peer.reading = false;
    return false;
  }
  if (!quantum.is_spent()) return true;
  yield(peer);
  return false;
}

// What one node asks for must not keep the others waiting either.
void Peers::yield(Peer& peer) {
  peer.reading = false;
  if (!std::exchange(peer.yielded, true)) turns_.add(peer.id);
}

void Peers::ease(Peer& peer) {
  if (!peer.stalled || peer.kept() > memory_.share(peers_.size()) / 2) return;
  peer.stalled = false;
  yield(peer);
}

bool Peers::resume(StreamId id) {
  Peer* const peer = find(id);
  if (peer == nullptr) return false;
  peer->yielded = false;
  if (peer->stalled || peer->ends()) return false;
  peer->reading = true;
  return true;
}

// ---- To them ----

void Peers::send(StreamId id, const Frame& frame) {
  if (Peer* const peer = find(id)) peer->lanes.send(frame);
}

void Peers::flush(StreamId id) {
  if (Peer* const peer = find(id)) flush(*peer);
}

void Peers::flush(Peer& peer) {
  peer.lanes.refill();
  memory_.count(Whose::node, peer.memory, peer.lanes.waiting() + peer.assembler.bytes());
  ease(peer);
  dirty_.mark(peer, peer.id);
}

void Peers::written(StreamId id, std::size_t bytes) {
  Peer* const peer = find(id);
  if (peer == nullptr) return;
  peer->lanes.written(bytes);
  trim(peer->out);
  flush(*peer);
}

void Peers::reply(StreamId id, std::uint64_t request, Outcome outcome, std::string_view body,
                  std::size_t charged) {
  Peer* const peer = find(id);
  if (charged > 0) give_back(peer, charged);
  if (peer == nullptr) return;
  --peer->in_flight;
  // One whose requests are not taken any more has large replies coming still, to those that were taken before
  // anybody knew.
  const auto is_full = [&] {
    return peer->lanes.waiting() > std::max(2 * memory_.share(peers_.size()), kReplyBytesMax);
  };
  if (outcome == Outcome::done && body.size() > kFirstReplyBytes && is_full()) {
    outcome = Outcome::in_doubt;
    body = kNoRoomForReply;
  }
  peer->lanes.send(
      {.type = FrameType::reply, .bits = static_cast<std::uint8_t>(outcome), .id = request, .body = body});
  flush(*peer);
}

// ---- What is kept for them ----

std::size_t Peers::charge(StreamId id, std::size_t bytes) {
  Peer* const peer = find(id);
  if (peer == nullptr) return 0;
  memory_.charge(Whose::node, peer->memory, bytes);
  return bytes;
}

void Peers::give_back(Peer* peer, std::size_t charged) {
  memory_.give_back(Whose::node, peer != nullptr ? &peer->memory : nullptr, charged);
  if (peer != nullptr) ease(*peer);
}

// ---- To see ----

std::optional<NodeIndex> Peers::node_of(StreamId id) {
  const Peer* const peer = find(id);
  return peer != nullptr ? peer->node : std::nullopt;
}

const peer::Greeting* Peers::greeting_of(StreamId id) {
  const Peer* const peer = find(id);
  return peer != nullptr ? &peer->theirs : nullptr;
}

}  // namespace limpet::links
