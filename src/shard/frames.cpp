#include "frames.hpp"

#include <array>
#include <limpet/base/assert.hpp>

namespace limpet::shard {

using cluster::NodeIndex;
using forward::Origin;
using peer::Frame;
using peer::FrameType;

// A type of frames. Null: those of that side never send it, but for what connections deal with themselves.
struct Frames::Row {
  using OfLink = bool (Frames::*)(NodeIndex, const Frame&);
  using OfPeer = std::string_view (Frames::*)(StreamId, const Frame&);
  using OfSibling = void (Frames::*)(unsigned, const Frame&);
  FrameType type{};
  OfLink of_link = nullptr;  // this node dialled
  OfPeer of_peer = nullptr;  // the other one did
  OfSibling of_sibling = nullptr;
};

const Frames::Row& Frames::row(FrameType type) {
  static constexpr auto rows = [] {
    constexpr Row known[] = {
        {FrameType::request, nullptr, &Frames::request, &Frames::sibling_request},
        {FrameType::reply, &Frames::reply, nullptr, &Frames::sibling_reply},
        {FrameType::news, &Frames::news, nullptr, nullptr},
        {FrameType::words, &Frames::heard_words, nullptr, &Frames::sibling_words},
        {FrameType::holder, nullptr, nullptr, &Frames::holders},
        {FrameType::handoff, nullptr, &Frames::question, &Frames::sibling_question},
        {FrameType::ask, nullptr, &Frames::ask, &Frames::sibling_ask},
        {FrameType::follow, nullptr, &Frames::copies, &Frames::sibling_copies},
        {FrameType::followed, nullptr, &Frames::copies, &Frames::sibling_copies},
    };
    std::array<Row, peer::kFrameTypes> by_type{};
    for (const Row& each : known) by_type[static_cast<std::size_t>(each.type)] = each;
    return by_type;
  }();
  return rows[static_cast<std::size_t>(type)];
}

links::FrameTypes Frames::of_links() {
  links::FrameTypes types;
  for (std::size_t type = 0; type < peer::kFrameTypes; ++type) {
    if (row(static_cast<FrameType>(type)).of_link != nullptr) types.add(static_cast<FrameType>(type));
  }
  return types;
}

links::FrameTypes Frames::of_peers() {
  links::FrameTypes types;
  for (std::size_t type = 0; type < peer::kFrameTypes; ++type) {
    if (row(static_cast<FrameType>(type)).of_peer != nullptr) types.add(static_cast<FrameType>(type));
  }
  return types;
}

bool Frames::take_from_link(NodeIndex node, const Frame& frame) {
  return (this->*row(frame.type).of_link)(node, frame);
}

std::string_view Frames::take_from_peer(StreamId peer, const Frame& frame) {
  return (this->*row(frame.type).of_peer)(peer, frame);
}

void Frames::take_from_sibling(unsigned sibling, const Frame& frame) {
  const Row::OfSibling take = row(frame.type).of_sibling;
  LIMPET_ASSERT(take != nullptr);
  (this->*take)(sibling, frame);
}

namespace {

Origin of_sibling(unsigned sibling, const Frame& frame) {
  return {.kind = Origin::Kind::sibling, .sibling = static_cast<std::uint16_t>(sibling), .id = frame.id};
}

}  // namespace

// ---- Requests, and answers to them ----

std::string_view Frames::request(StreamId peer, const Frame& frame) { return serving_.take(peer, frame); }

void Frames::sibling_request(unsigned sibling, const Frame& frame) {
  serving_.take(of_sibling(sibling, frame), frame);
}

bool Frames::reply(NodeIndex, const Frame& frame) { return forwarding_.take_reply(frame); }

void Frames::sibling_reply(unsigned, const Frame& frame) {
  forwarding_.answered(frame.id, static_cast<peer::Outcome>(frame.bits), frame.body);
}

// ---- What nodes and shards say ----

bool Frames::news(NodeIndex node, const Frame& frame) {
  if (!telling_.hears_news(node, frame.body)) return false;
  if (ownership_.moves_slots()) ownership_.go_on(directory_of(links_, now_), now_);
  return true;
}

bool Frames::heard_words(NodeIndex node, const Frame& frame) {
  return ownership_.hears(node, frame.body, now_);
}

void Frames::sibling_words(unsigned, const Frame& frame) { telling_.pass_on(frame); }

void Frames::holders(unsigned, const Frame& frame) { ownership_.hears_shard(frame.body, now_); }

std::string_view Frames::ask(StreamId peer, const Frame& frame) {
  return telling_.hears_ask(peer, frame) ? "" : "malformed words on slots";
}

void Frames::sibling_ask(unsigned sibling, const Frame& frame) { telling_.hears_sibling_ask(sibling, frame); }

// ---- Hand-overs ----

std::string_view Frames::question(StreamId peer, const Frame& frame) {
  return handing_over_.take(peer, frame);
}

void Frames::sibling_question(unsigned sibling, const Frame& frame) {
  handing_over_.take(of_sibling(sibling, frame), frame);
}

// ---- Copies ----

std::string_view Frames::copies(StreamId peer, const Frame& frame) { return following_.take(peer, frame); }

void Frames::sibling_copies(unsigned, const Frame& frame) { following_.take(frame); }

}  // namespace limpet::shard
