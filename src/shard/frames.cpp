// Frames that other nodes and shards have sent: which of them this shard takes, and who does that.
#include <array>
#include <limpet/base/assert.hpp>
#include <limpet/resp/value.hpp>

#include "core.hpp"

namespace limpet::shard {

namespace {

// A node's word is not taken for it that a reply is a reply: clients get it as it is.
bool is_one_value(std::string_view reply) {
  const auto length = resp::value_length(reply, {.bytes_max = kFrameBytesMax});
  return length && *length && **length == reply.size();
}

}  // namespace

// ---- Who takes what ----

// A type of frames. Null: those of that side never send it, but for what connections deal with themselves.
struct Core::FrameRow {
  using OfLink = bool (Core::*)(NodeIndex, const Frame&);             // false: it makes no sense
  using OfPeer = std::string_view (Core::*)(StreamId, const Frame&);  // why it makes none; empty: it does
  using OfSibling = void (Core::*)(unsigned, const Frame&);
  FrameType type{};
  OfLink of_link = nullptr;  // this node dialled
  OfPeer of_peer = nullptr;  // the other one did
  OfSibling of_sibling = nullptr;
};

const Core::FrameRow& Core::frame_row(FrameType type) {
  static constexpr auto rows = [] {
    constexpr FrameRow known[] = {
        {FrameType::request, nullptr, &Core::take_request, &Core::take_sibling_request},
        {FrameType::reply, &Core::take_reply, nullptr, &Core::take_sibling_reply},
        {FrameType::news, &Core::take_news, nullptr, nullptr},
        {FrameType::words, &Core::take_words, nullptr, &Core::take_sibling_words},
        {FrameType::holder, nullptr, nullptr, &Core::take_holders},
        {FrameType::handoff, nullptr, &Core::take_peer_question, &Core::take_sibling_question},
        {FrameType::ask, nullptr, &Core::take_ask, &Core::take_sibling_ask},
    };
    std::array<FrameRow, peer::kFrameTypes> by_type{};
    for (const FrameRow& row : known) by_type[static_cast<std::size_t>(row.type)] = row;
    return by_type;
  }();
  return rows[static_cast<std::size_t>(type)];
}

links::FrameTypes Core::frames_of_links() {
  links::FrameTypes types;
  for (std::size_t type = 0; type < peer::kFrameTypes; ++type) {
    if (frame_row(static_cast<FrameType>(type)).of_link != nullptr) types.add(static_cast<FrameType>(type));
  }
  return types;
}

links::FrameTypes Core::frames_of_peers() {
  links::FrameTypes types;
  for (std::size_t type = 0; type < peer::kFrameTypes; ++type) {
    if (frame_row(static_cast<FrameType>(type)).of_peer != nullptr) types.add(static_cast<FrameType>(type));
  }
  return types;
}

// ---- In turns ----

void Core::link_bytes(StreamId id, std::string_view bytes) {
  auto turn = links_.begin_turn(id, bytes, now_);
  if (!turn) return;
  const NodeIndex node = turn->node();
  while (const links::Links::Heard* const heard = turn->next()) {
    if (heard->kind == links::Links::Heard::Kind::up) {
      linking_.up(node);
    } else if (!(this->*frame_row(heard->frame.type).of_link)(node, heard->frame)) {
      turn->refuse();
    }
    settle();
  }
  turn->end();
  linking_.drain_links();
}

void Core::peer_bytes(StreamId peer, std::string_view bytes) {
  using Kind = links::Peers::Heard::Kind;
  auto turn = peers_.begin_turn(peer, bytes, links::Quantum(delivered_count_), now_);
  if (!turn) return;
  while (const links::Peers::Heard* const heard = turn->next()) {
    switch (heard->kind) {
      case Kind::greeted:
        linking_.greet(peer);
        break;
      case Kind::admitted:
        linking_.admitted(peer);
        break;
      case Kind::frame: {
        prefetch_keys(turn->ahead());
        const std::string_view error = (this->*frame_row(heard->frame.type).of_peer)(peer, heard->frame);
        if (!error.empty()) turn->refuse(std::string(error));
        break;
      }
    }
    settle();
  }
  turn->end();
  linking_.drain_peers();
}

void Core::from_sibling(unsigned sibling, std::string_view batch) {
  if (!siblings_.queue(sibling, batch)) take_batch(sibling, batch);
}

void Core::take_batch(unsigned sibling, std::string_view batch) {
  links::Siblings::Turn turn = siblings_.begin_turn(sibling, batch, links::Quantum(delivered_count_));
  while (const Frame* const frame = turn.next()) {
    prefetch_keys(turn.ahead());
    const FrameRow::OfSibling take = frame_row(frame->type).of_sibling;
    LIMPET_ASSERT(take != nullptr);
    (this->*take)(sibling, *frame);
    settle();
  }
  if (turn.end()) effects_.again = true;
}

// ---- Answers ----

bool Core::take_reply(NodeIndex, const Frame& frame) {
  const auto outcome = static_cast<std::uint8_t>(frame.bits & ~peer::kMore);
  if (outcome > static_cast<std::uint8_t>(Outcome::in_doubt)) return false;
  const Origin* const origin = forwarder_.origin_of(frame.id);
  const bool of_handover = origin != nullptr && origin->kind == Origin::Kind::handoff;
  const bool done = outcome == static_cast<std::uint8_t>(Outcome::done);
  if (done && !of_handover && !is_one_value(frame.body)) return false;
  answered(frame.id, static_cast<Outcome>(outcome), frame.body);
  return true;
}

void Core::take_sibling_reply(unsigned, const Frame& frame) {
  answered(frame.id, static_cast<Outcome>(frame.bits), frame.body);
}

// ---- What nodes and shards say ----

bool Core::take_news(NodeIndex node, const Frame& frame) {
  if (!telling_.hears_news(node, frame.body)) return false;
  if (ownership_.moves_slots()) ownership_.go_on(nodes(), now_);
  return true;
}

bool Core::take_words(NodeIndex node, const Frame& frame) { return ownership_.hears(node, frame.body, now_); }

void Core::take_sibling_words(unsigned, const Frame& frame) { telling_.pass_on(frame); }

void Core::take_holders(unsigned, const Frame& frame) { ownership_.hears_shard(frame.body, now_); }

std::string_view Core::take_ask(StreamId peer, const Frame& frame) {
  return telling_.hears_ask(peer, frame) ? "" : "malformed words on slots";
}

void Core::take_sibling_ask(unsigned sibling, const Frame& frame) {
  telling_.hears_sibling_ask(sibling, frame);
}

// ---- Hand-overs ----

void Core::take_sibling_question(unsigned sibling, const Frame& frame) {
  take_question(of_sibling(sibling, frame), frame.slot, frame.body);
}

}  // namespace limpet::shard
