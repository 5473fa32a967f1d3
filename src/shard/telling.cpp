// What nodes and shards tell each other of who owns what, and of themselves: the questions and answers of a
// start, and what has changed since.
//
// Each shard asks over its own links, and says with what it begins. The node that is asked lets its shards
// note that, and each of them answer for its slots, so that whoever has answered a start knows of it. From
// then on it tells of each change.
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/peer/words.hpp>
#include <utility>

#include "core.hpp"

namespace limpet::shard {

using peer::WordWriter;

namespace {

// Whoever is asked gets to know the number of the node that asks, if it has one.
constexpr std::uint16_t kUnknown = 0xffff;
// What nodes tell each other of their sessions is for people to read, so it may be so old.
constexpr std::int64_t kTellSessionsMs = 1'000;

std::uint64_t packed(StreamId id) { return (std::uint64_t{id.generation} << 32U) | id.index; }

StreamId peer_of(std::uint64_t packed) {
  return {StreamKind::peer, static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(packed >> 32U)};
}

}  // namespace

// ---- Asking and answering ----

void Core::ask_owners(Link& link) {
  if (ownership_.moves_slots()) {
    ownership_.asks(link.node(), link.theirs().boot, [&](std::string_view body) {
      link.lanes().send({.type = FrameType::ask, .body = body});
    });
  }
  link.lanes().send({.type = FrameType::ask, .bits = peer::kLast});
  refill(link);
}

// Another node asks. False: that is nothing that a node says.
bool Core::take_ask(StreamId peer, const Frame& frame) {
  const bool last = (frame.bits & peer::kLast) != 0;
  Told& told = telling_to_[peer];
  if (!peer::are_words(frame.body) || told.answers_due > 0) return false;
  if (!ownership_.moves_slots()) {
    told.all = told.all || last;
    if (last) tell_news(peer);
    return true;
  }
  Bytes asked;
  append_le(asked, static_cast<std::uint16_t>(peers_.node_of(peer).value_or(kUnknown)));
  append_le(asked, peers_.greeting_of(peer)->boot);
  asked.append(frame.body);
  siblings_.send_all(
      {.type = FrameType::ask, .bits = frame.bits, .id = packed(peer) + 1, .body = asked.view()});
  note_asked(asked.view());
  if (!last) return true;
  told.answers_due = config_.shards;
  const auto send = [&](std::string_view body) {
    peers_.send(peer, {.type = FrameType::words, .body = body});
  };
  ownership_.say_all(send);
  if (const std::shared_ptr<const Boots>& boots = config_.handoff->boots) {
    WordWriter words(send);
    for (const auto& [name, boot] : boots->all()) words.say_boot(name, boot);
    words.flush();
  }
  answered_in_part(peer);
  return true;
}

// With what the other node begins. What is still to be read of an earlier start of it is of no use any more:
// a try of that must not take the place of what was promised last.
void Core::note_asked(std::string_view body) {
  std::uint16_t node = kUnknown;
  std::uint64_t boot = 0;
  LIMPET_ASSERT(take_le(body, node) && take_le(body, boot));
  if (node == kUnknown || node >= view_->nodes.size()) return;
  peers_.drop_other_starts(node, boot);
  (void)ownership_.hears(node, body, now_);  // which are words, as take_ask() has found
}

void Core::answered_in_part(StreamId peer) {
  Told& told = telling_to_[peer];
  if (--told.answers_due > 0) return peers_.flush(peer);
  told.all = true;
  tell_news(peer);
}

// From a sibling: it was asked, or has something to say of its slots, to the node that asked or to all that
// have been answered.
void Core::take_owning(unsigned sibling, const Frame& frame) {
  const bool last = (frame.bits & peer::kLast) != 0;
  if (frame.type == FrameType::ask) {
    note_asked(frame.body);
    if (!last) return;
    ownership_.say_all([&](std::string_view body) {
      siblings_.send(sibling, {.type = FrameType::words, .id = frame.id, .body = body});
    });
    return siblings_.send(sibling, {.type = FrameType::words, .bits = peer::kLast, .id = frame.id});
  }
  if (frame.id == 0) return send_words(frame.body);
  const StreamId peer = peer_of(frame.id - 1);
  const auto told = telling_to_.find(peer);
  if (told == telling_to_.end() || told->second.answers_due == 0) return;
  if (!frame.body.empty()) peers_.send(peer, {.type = FrameType::words, .body = frame.body});
  if (last) answered_in_part(peer);
}

void Core::send_words(std::string_view body) {
  for (const auto& [peer, told] : telling_to_) {
    // One whose answer is under way may have this shard's part already.
    if (!told.all && told.answers_due == 0) continue;
    peers_.send(peer, {.type = FrameType::words, .body = body});
    peers_.flush(peer);
  }
}

// What has changed of this shard's slots.
void Core::tell_peers() {
  if (!ownership_.news().has_for_nodes()) return;
  ownership_.say_news([&](std::string_view body) {
    send_words(body);
    siblings_.send_all({.type = FrameType::words, .body = body});
  });
}

void Core::tell_siblings() {
  const Bytes body = ownership_.news().take_for_shards(ownership_.known());
  if (body.empty()) return;
  siblings_.send_all({.type = FrameType::holder, .body = body.view()});
}

// ---- Of this node itself ----

void Core::tell_news(StreamId peer) {
  Bytes body;
  peer::append_standing(body, ownership_.standing());
  append_le(body, ownership_.standing().leave_changes);
  append_le(body, neighbours_.told_sessions);
  peers_.send(peer, {.type = FrameType::news, .body = body.view()});
  peers_.flush(peer);
}

// To other nodes what has changed, and to other threads of this one how it is with the other nodes.
void Core::tell_news_of_change() {
  std::vector<Manner> others;
  for (const std::unique_ptr<Link>& link : links_) {
    if (!link) continue;
    const cluster::Node& node = view_->nodes[link->node()];
    const bool expected = node.listed && node.state != cluster::NodeState::down && !node.leaving;
    if (expected || link->manner() == Manner::linked) others.push_back(link->manner());
  }
  Company* const company = config_.company.get();
  Neighbours& told = neighbours_;
  if (company != nullptr)
    company->tell(config_.index, engine_.store().stats().sessions, told.contact.judge(others, now_));
  const peer::Standing now = ownership_.standing();
  const bool count = company != nullptr && now_.steady_ms - told.told_sessions_ms >= kTellSessionsMs;
  const std::uint64_t sessions = count ? company->sessions() : told.told_sessions;
  if (count) told.told_sessions_ms = now_.steady_ms;
  const bool same = std::exchange(told.told_sessions, sessions) == sessions;
  if (std::exchange(told.told, now) == now && same) return;
  for (const auto& [peer, asker] : telling_to_) {
    if (asker.all) tell_news(peer);
  }
}

}  // namespace limpet::shard
