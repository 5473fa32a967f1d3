#include <limpet/base/assert.hpp>
#include <limpet/base/encoding.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/peer/words.hpp>
#include <limpet/traffic/telling.hpp>
#include <string>
#include <utility>
#include <vector>

namespace limpet::traffic {

using links::Link;
using links::Manner;
using peer::Frame;
using peer::FrameType;

namespace {

// Whoever is asked gets to know the number of the node that asks, if it has one.
constexpr std::uint16_t kUnknown = 0xffff;
// What nodes tell each other of their sessions is for people to read, so it may be so old.
constexpr std::int64_t kTellSessionsMs = 1'000;

// As the id of a frame between shards; 0 is nobody.
std::uint64_t packed(StreamId id) { return ((std::uint64_t{id.generation} << 32U) | id.index) + 1; }

StreamId peer_of(std::uint64_t id) {
  const std::uint64_t packed = id - 1;
  return {StreamKind::peer, static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(packed >> 32U)};
}

}  // namespace

// ---- Asking ----

void Telling::ask(NodeIndex node) {
  if (ownership_.moves_slots()) {
    ownership_.asks(node, links_.at(node).theirs().boot, [&](std::string_view body) {
      links_.send(node, {.type = FrameType::ask, .body = body});
    });
  }
  links_.send(node, {.type = FrameType::ask, .bits = peer::kLast});
}

bool Telling::hears_news(NodeIndex node, std::string_view body) {
  const Link& link = links_.at(node);
  peer::Standing standing;
  if (!peer::take_standing(body, standing)) return false;
  std::uint64_t sessions = 0;
  const bool counted = take_le(body, standing.leave_changes) && take_le(body, sessions);
  if (standing.epoch != link.theirs().epoch) files_change();
  const bool first = !link.informed();
  const bool same_word = !first && standing.leave_changes == link.theirs().leave_changes;
  links_.informed(node, standing);
  if (counted) links_.counted(node, sessions);
  if (!ownership_.moves_slots()) return true;
  const cluster::Node& about = links_.view().nodes[node];
  if (standing.leaving != about.leaving || !same_word) {
    effects_.leaving.push_back(
        {about.name, {standing.boot, standing.leave_changes, standing.leaving, first}});
  }
  ownership_.answered(node);
  return true;
}

void Telling::introduce(StreamId peer) {
  if (!ownership_.moves_slots()) return;
  const peer::Greeting& theirs = *peers_.greeting_of(peer);
  const auto client = cluster::parse_address(theirs.client);
  const auto address = cluster::parse_address(theirs.peer);
  if (!client || !address) return;
  // Of one that is in no file that this process has read, only the name may be known, or where it was before.
  if (const auto node = peers_.node_of(peer)) {
    const cluster::Node& known = links_.view().nodes[*node];
    if (known.listed || known.peer == *address) return;
  }
  effects_.strangers.push_back({theirs.node, *client, *address});
}

// ---- Answering ----

bool Telling::hears_ask(StreamId peer, const Frame& frame) {
  const bool last = (frame.bits & peer::kLast) != 0;
  Asker& asker = askers_[peer];
  if (!peer::are_words(frame.body) || asker.answers_due > 0) return false;
  if (!ownership_.moves_slots()) {
    asker.answered = asker.answered || last;
    if (last) send_news(peer);
    return true;
  }
  Bytes asked;
  append_le(asked, static_cast<std::uint16_t>(peers_.node_of(peer).value_or(kUnknown)));
  append_le(asked, peers_.greeting_of(peer)->boot);
  asked.append(frame.body);
  siblings_.send_all({.type = FrameType::ask, .bits = frame.bits, .id = packed(peer), .body = asked.view()});
  note_asked(asked.view());
  if (last) answer(peer, asker);
  return true;
}

// With what the other node begins. What is still to be read of an earlier start of it is of no use any more:
// a try of that must not take the place of what was promised last.
void Telling::note_asked(std::string_view body) {
  std::uint16_t node = kUnknown;
  std::uint64_t boot = 0;
  LIMPET_ASSERT(take_le(body, node) && take_le(body, boot));
  if (node == kUnknown || node >= links_.size()) return;
  peers_.drop_other_starts(node, boot);
  (void)ownership_.hears(node, body, now_);  // which are words, as hears_ask() has found
}

void Telling::answer(StreamId peer, Asker& asker) {
  asker.answers_due = config_.shards;
  const auto send = [&](std::string_view body) {
    peers_.send(peer, {.type = FrameType::words, .body = body});
  };
  ownership_.say_all(send);
  if (const std::shared_ptr<const ownership::Boots>& boots = config_.handoff->boots) {
    peer::WordWriter words(send);
    for (const auto& [name, boot] : boots->all()) words.say_boot(name, boot);
    words.flush();
  }
  answered_in_part(peer, asker);
}

void Telling::hears_sibling_ask(unsigned sibling, const Frame& frame) {
  note_asked(frame.body);
  if ((frame.bits & peer::kLast) == 0) return;
  ownership_.say_all([&](std::string_view body) {
    siblings_.send(sibling, {.type = FrameType::words, .id = frame.id, .body = body});
  });
  siblings_.send(sibling, {.type = FrameType::words, .bits = peer::kLast, .id = frame.id});
}

void Telling::pass_on(const Frame& frame) {
  if (frame.id == 0) return send_words(frame.body);
  const StreamId peer = peer_of(frame.id);
  const auto asker = askers_.find(peer);
  if (asker == askers_.end() || asker->second.answers_due == 0) return;
  if (!frame.body.empty()) peers_.send(peer, {.type = FrameType::words, .body = frame.body});
  if ((frame.bits & peer::kLast) != 0) answered_in_part(peer, asker->second);
}

void Telling::answered_in_part(StreamId peer, Asker& asker) {
  if (--asker.answers_due > 0) return peers_.flush(peer);
  asker.answered = true;
  send_news(peer);
}

// ---- What has changed ----

void Telling::send_words(std::string_view body) {
  for (const auto& [peer, asker] : askers_) {
    // One whose answer is under way may have this shard's part already.
    if (!asker.answered && asker.answers_due == 0) continue;
    peers_.send(peer, {.type = FrameType::words, .body = body});
    peers_.flush(peer);
  }
}

void Telling::tell_nodes() {
  if (!ownership_.news().has_for_nodes()) return;
  ownership_.say_news([&](std::string_view body) {
    send_words(body);
    siblings_.send_all({.type = FrameType::words, .body = body});
  });
}

void Telling::tell_siblings() {
  const Bytes body = ownership_.news().take_for_shards(ownership_.known());
  if (!body.empty()) siblings_.send_all({.type = FrameType::holder, .body = body.view()});
}

void Telling::send_news(StreamId peer) {
  Bytes body;
  peer::append_standing(body, ownership_.standing());
  append_le(body, ownership_.standing().leave_changes);
  append_le(body, told_sessions_);
  peers_.send(peer, {.type = FrameType::news, .body = body.view()});
  peers_.flush(peer);
}

void Telling::tell_of_itself(std::uint64_t sessions) {
  std::vector<Manner> others;
  links_.each([&](const Link& link) {
    const cluster::Node& node = links_.view().nodes[link.node()];
    const bool expected = node.listed && node.state != cluster::NodeState::down && !node.leaving;
    if (expected || link.manner() == Manner::linked) others.push_back(link.manner());
  });
  Company* const company = config_.company.get();
  if (company != nullptr) company->tell(config_.index, sessions, contact_.judge(others, now_));
  const bool count = company != nullptr && now_.steady_ms - counted_sessions_ms_ >= kTellSessionsMs;
  if (count) counted_sessions_ms_ = now_.steady_ms;
  const std::uint64_t of_node = count ? company->sessions() : told_sessions_;
  const bool same_count = std::exchange(told_sessions_, of_node) == of_node;
  const peer::Standing standing = ownership_.standing();
  if (std::exchange(told_, standing) == standing && same_count) return;
  for (const auto& [peer, asker] : askers_) {
    if (asker.answered) send_news(peer);
  }
}

// ---- Cluster files ----

void Telling::compare_files(NodeIndex node) {
  if (config_.index != 0) return;
  auto line = links::FileWatch::compare(links_.view(), links_.name_of(node), links_.at(node).theirs());
  if (line) effects_.notes.push_back({line->level, std::move(line->text), {}, {}});
}

void Telling::tick_files() {
  if (!files_.is_due(now_)) return;
  links_.each([this](const Link& link) {
    if (link.informed()) compare_files(link.node());
  });
}

}  // namespace limpet::traffic
