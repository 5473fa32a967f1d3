// Whose slots are: what this shard asks other nodes at a start, what they say of slots, and what becomes of
// the slots that this node has by its disk (handoff/owners.hpp).
//
// Each shard asks over its own links, and says with what it begins. The node that is asked lets its shards
// note that, and each of them answer for its slots, so that whoever has answered a start knows of it. From
// then on it tells of each change.
#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/text.hpp>
#include <limpet/peer/words.hpp>
#include <utility>

#include "core.hpp"

namespace limpet::shard {

using handoff::Owning;
using peer::Said;
using peer::WordWriter;

namespace {

// Whoever is asked gets to know the number of the node that asks, if it has one.
constexpr std::uint16_t kUnknown = 0xffff;

bool are_words(std::string_view body) {
  peer::Section section;
  while (!body.empty()) {
    if (!peer::take_section(body, section)) return false;
  }
  return true;
}

std::uint64_t packed(StreamId id) { return (std::uint64_t{id.generation} << 32U) | id.index; }

StreamId peer_of(std::uint64_t packed) {
  return {StreamKind::peer, static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(packed >> 32U)};
}

}  // namespace

// This node's word on a slot of this shard's. `all`: it stands among those on all slots. What it said before
// stands while it is being decided whose the slot is.
void Core::say(WordWriter& words, Slot slot, bool all) const {
  if (owned_.completing.contains(slot)) return;
  const handoff::SlotTitle& title = handovers_->title(slot);
  // Who does not count what it has cannot say whether that is more than what anybody else has.
  if (const auto promise = handovers_->promise(slot); promise && engine_.feed().journal() != nullptr) {
    const bool is_there = title.promise && !slots_.is_loading(slot);
    const journal::SlotVersion last =
        is_there ? engine_.feed().journal()->version(slot) : journal::SlotVersion{};
    words.say_promised({.name = view_->nodes[promise->from].name,
                        .term = promise->term,
                        .boot = promise->migration.boot,
                        .attempt = promise->migration.attempt,
                        .bytes = promise->bytes,
                        .last_term = last.term,
                        .last_number = last.number},
                       slot);
  }
  if (handoff::owns(title) && !owned_.owners->lost(slot, title)) {
    const Owning mine = owned_.owners->owning(slot, title);
    return words.say(mine.begins ? Said::begins : Said::holds, "", mine.term, slot);
  }
  const Owner& holder = known_.latest(slot);
  if (holder.term != Term{}) {
    words.say(Said::knows, view_->nodes[holder.node].name, holder.term, slot);
  } else if (!all) {
    words.say(Said::knows, "", {}, slot);
  }
}

// ---- Asking and answering ----

void Core::ask_owners(Link& link) {
  if (owned_.owners) {
    const std::shared_ptr<const Boots>& boots = config_.handoff->boots;
    const std::string odd = boots ? boots->runs(view_->nodes[link.node()].name, link.theirs().boot) : "";
    if (!odd.empty()) note(Note::Level::warning, odd);
    owned_.owners->asks(link.node());
    WordWriter words(
        [&](std::string_view body) { link.lanes().send({.type = FrameType::ask, .body = body}); });
    for (unsigned at = config_.index; at < kSlots; at += config_.shards) {
      const auto slot = static_cast<Slot>(at);
      if (owned_.owners->begins(slot)) say(words, slot, true);
    }
    words.flush();
  }
  link.lanes().send({.type = FrameType::ask, .bits = peer::kLast});
  refill(link);
}

// Another node asks. False: that is nothing that a node says.
bool Core::take_ask(Peer& peer, const Frame& frame) {
  const bool last = (frame.bits & peer::kLast) != 0;
  if (!are_words(frame.body) || peer.answers_due > 0) return false;
  if (!owned_.owners) {
    peer.answered = peer.answered || last;
    if (last) tell_news(peer);
    return true;
  }
  Bytes asked;
  append_le(asked, peer.node ? static_cast<std::uint16_t>(*peer.node) : kUnknown);
  append_le(asked, peer.theirs.boot);
  asked.append(frame.body);
  for (unsigned shard = 0; shard < siblings_.size(); ++shard) {
    if (shard == config_.index) continue;
    peer::append_frame(
        siblings_[shard].batch,
        {.type = FrameType::ask, .bits = frame.bits, .id = packed(peer.id) + 1, .body = asked.view()});
  }
  note_asked(asked.view());
  if (!last) return true;
  peer.answers_due = config_.shards;
  const auto send = [&](std::string_view body) { peer.lanes.send({.type = FrameType::words, .body = body}); };
  answer_ask(send);
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
  peers_.each([&](auto, Peer& peer) {
    if (peer.admitted && peer.node == node && peer.theirs.boot != boot) abort(peer, peer.id);
  });
  take_words(node, body);
}

void Core::answer_ask(const WordWriter::Send& send) {
  WordWriter words(send);
  for (unsigned at = config_.index; at < kSlots; at += config_.shards) {
    const auto slot = static_cast<Slot>(at);
    say(words, slot, true);
    // Whoever gave it may have to know what is there of it before it can serve it.
    if (slots_.is_loading(slot) && handovers_->promise(slot)) effects_.wanted.push_back(slot);
  }
  words.flush();
}

void Core::answered_in_part(Peer& peer) {
  if (--peer.answers_due > 0) return refill(peer);
  peer.answered = true;
  tell_news(peer);
}

// From a sibling: it was asked, or has something to say of its slots, to the node that asked or to all that
// have been answered.
void Core::take_owning(unsigned sibling, const Frame& frame) {
  const bool last = (frame.bits & peer::kLast) != 0;
  if (frame.type == FrameType::ask) {
    note_asked(frame.body);
    if (!last) return;
    Bytes& batch = siblings_[sibling].batch;
    answer_ask([&](std::string_view body) {
      peer::append_frame(batch, {.type = FrameType::words, .id = frame.id, .body = body});
    });
    return peer::append_frame(batch, {.type = FrameType::words, .bits = peer::kLast, .id = frame.id});
  }
  if (frame.id == 0) return send_words(frame.body);
  Peer* const peer = find_peer(peer_of(frame.id - 1));
  if (peer == nullptr || peer->answers_due == 0) return;
  if (!frame.body.empty()) peer->lanes.send({.type = FrameType::words, .body = frame.body});
  if (last) answered_in_part(*peer);
}

void Core::send_words(std::string_view body) {
  peers_.each([&](auto, Peer& peer) {
    // One whose answer is under way may have this shard's part already.
    if (!peer.answered && peer.answers_due == 0) return;
    peer.lanes.send({.type = FrameType::words, .body = body});
    refill(peer);
  });
}

// What has changed of this shard's slots.
void Core::tell_peers() {
  if (owned_.to_tell_peers.empty()) return;
  WordWriter words([&](std::string_view body) {
    send_words(body);
    for (unsigned shard = 0; shard < siblings_.size(); ++shard) {
      if (shard == config_.index) continue;
      peer::append_frame(siblings_[shard].batch, {.type = FrameType::words, .body = body});
    }
  });
  for (const Slot slot : std::exchange(owned_.to_tell_peers, {})) say(words, slot, false);
  words.flush();
}

// ---- Hearing ----

// From that node itself. False: that is nothing that a node says.
bool Core::take_words(NodeIndex node, std::string_view body) {
  if (!are_words(body)) return false;
  if (!owned_.owners) return true;
  peer::Section section;
  while (peer::take_section(body, section)) {
    const auto named = view_->find(section.name);  // no node has an empty name
    const std::shared_ptr<const Boots>& boots = config_.handoff->boots;
    if (section.said == Said::boot && boots && named) {  // names that nobody has are not kept
      const std::string odd =
          boots->has_run(view_->nodes[*named].name, section.boot, view_->nodes[node].name);
      if (!odd.empty()) note(Note::Level::error, odd);
    }
    if (!can_be_true(section.term, node)) continue;
    for (std::size_t at = 0; at < section.count(); ++at) {
      const Slot slot = section.slot(at);
      switch (section.said) {
        case Said::holds:
        case Said::begins:
          hear_owner(slot, node, {.term = section.term, .begins = section.said == Said::begins});
          break;
        case Said::knows:
          hear_known(slot, node, named ? Owner{*named, section.term} : Owner{});
          break;
        case Said::promised:
          if (named == config_.self) hear_promised(slot, node, section);
          break;
        default:
          break;
      }
    }
  }
  return true;
}

void Core::hear_owner(Slot slot, NodeIndex node, const Owning& his) {
  if (slots_.is_own(slot)) {
    const handoff::SlotTitle& title = handovers_->title(slot);
    const bool mine = handoff::owns(title) && !owned_.owners->lost(slot, title);
    const bool gives_way = owned_.owners->hears(slot, node, his, mine ? title : handoff::SlotTitle{}, now_);
    if (gives_way) return give_way(slot, {node, his.term});
    if (mine) return;  // he gives way when he hears of it
  }
  // Where a start is not believed yet, whoever serves by as many cessions is.
  learn(slot, {node, his.begins ? Term{his.term.cessions, 0} : his.term});
  if (!slots_.is_own(slot) || his.begins) return;
  handovers_->goes_on(node, slot, his.term, now_);
  work_off();
}

// `from` says that the slot is not its own, and whose it is, if it knows that.
void Core::hear_known(Slot slot, NodeIndex from, const Owner& holder) {
  if (slots_.is_own(slot)) {
    owned_.owners->hears_not(slot, from);
    const handoff::SlotTitle& title = handovers_->title(slot);
    const bool mine = handoff::owns(title) && !owned_.owners->lost(slot, title);
    // Whoever has just started may know of a holder before the last.
    const Owner& latest = known_.latest(slot);
    const bool passed_on = !mine && latest.node != config_.self && latest.term > holder.term;
    const bool told = holder.term != Term{} && !passed_on;
    if (told && owned_.owners->hears_of(slot, holder.node, holder.term, title) && mine) {
      return give_way(slot, holder);
    }
    if (mine) return;
  }
  const bool of_me = holder.node == config_.self;
  if (of_me && slots_.is_own(slot)) handovers_->is_known_as_its(slot, holder.term);
  if (of_me && !(slots_.is_own(slot) && owned_.owners->forgotten().contains(slot)))
    return;  // it may be on its way
  const Owner known = known_.heard(slot);
  const bool was_his = known.term != Term{} && known.node == from;
  const bool later = holder.term > known.term;
  // How often either was restarted says nothing where he has given way. A holder of before that is no news:
  // his disk may be an old copy.
  const bool gave_way = was_his && holder.node != from && holder.term.cessions >= known.term.cessions;
  if (later && !of_me) {
    known_.told(slot, holder);
    if (slots_.is_own(slot)) handovers_->overtaken(slot, holder.term, now_);
  } else if (later || gave_way || (was_his && holder.term == Term{})) {
    known_.put(slot, holder);
    place(slot);
  }
}

// `from` was promised the slot by this node, in its last life.
void Core::hear_promised(Slot slot, NodeIndex from, const peer::Section& promise) {
  if (!slots_.is_own(slot) || !owned_.owners->begins(slot)) return;
  const Owning mine = owned_.owners->owning(slot, handovers_->title(slot));
  if (promise.term.cessions != mine.term.cessions) return;
  handoff::Unfinished::Offer offer{.by = from,
                                   .term = promise.term,
                                   .migration = {.boot = promise.boot, .attempt = promise.attempt},
                                   .bytes = promise.bytes};
  if (promise.last_term != Term{}) {
    offer.last = handoff::LastChange{.term = promise.last_term, .number = promise.last_number};
  }
  owned_.unfinished.hears(slot, offer, now_);
  if (slots_.is_loading(slot)) effects_.wanted.push_back(slot);
}

// It has more of the slot than the disk of this node, so what was begun then is ended: the slot is its own.
// Commands wait, and nobody is told, until that is on the disk: a start that finds this node's title there
// may serve the slot.
void Core::complete(Slot slot, const handoff::Unfinished::Offer& offer) {
  note(Note::Level::warning,
       "slot " + std::to_string(slot) + " was on its way to node " + view_->nodes[offer.by].name +
           " when this node ended; that one has more of it than the data directory here, and serves it");
  owned_.owners->loses(slot, handovers_->title(slot));
  handovers_->hold_back(slot, true);
  slots_.set_mode(slot, SlotMode::frozen);
  place(slot);
  owned_.completing.emplace(slot, offer);
}

void Core::go_on_completing() {
  for (auto at = owned_.completing.begin(); at != owned_.completing.end();) {
    const auto& [slot, offer] = *at;
    if (handoff::owns(handovers_->title(slot))) {
      if (!handovers_->complete(slot, offer) && !handovers_->writes_titles()) {
        slots_.set_mode(slot, SlotMode::unknown);
        place(slot);
      }
      ++at;
      continue;
    }
    const auto completed = owned_.completing.extract(at++);
    belongs_to(completed.key(), {completed.mapped().by, after_cession(completed.mapped().term)});
  }
}

// A slot that this node has by its title is another's, or its disk has forgotten that it held it later.
void Core::give_way(Slot slot, const Owner& to) {
  const handoff::SlotTitle before = handovers_->title(slot);
  const bool forgotten = to.node == config_.self;
  if (owned_.superseded++ == 0) {
    note(Note::Level::warning,
         "slot " + std::to_string(slot) + ", and maybe others, " +
             (forgotten ? "was this node's at term " + text_of(to.term) + ", and its data directory says " +
                              text_of(before.title.term) + ": it is an old copy. Such slots are not served"
                        : "is node " + view_->nodes[to.node].name + "'s at term " + text_of(to.term) +
                              ", and was this node's at " + text_of(before.title.term) +
                              ": it was claimed, or the data directory of this node is an old copy. Commands "
                              "go there"));
  }
  owned_.owners->loses(slot, before);
  handovers_->hold_back(slot, true);
  if (!handovers_->superseded(slot, to.node, to.term, now_)) owned_.yielding.emplace(slot, to);
  belongs_to(slot, to);
}

// It was this node's by its title until now, or still is, as that is being written.
void Core::belongs_to(Slot slot, const Owner& to) {
  owned_.unfinished.ends(slot);
  slots_.set_mode(slot, SlotMode::moved);
  known_.put(slot, to);
  to_tell_siblings_.push_back(slot);
  owned_.to_tell_peers.push_back(slot);
  place(slot);
  work_off();
}

// ---- Going on ----

// The title of this slot is this node's from now on.
void Core::got(Slot slot, handoff::Member from) {
  const Term term = handovers_->title(slot).title.term;
  const Owner known = known_.latest(slot);
  const bool late = known.node != config_.self && known.term.cessions > term.cessions;
  if (late) return give_way(slot, known);
  handovers_->hold_back(slot, owned_.owners->gets(slot, from, term));
  known_.put(slot, {config_.self, term});
  to_tell_siblings_.push_back(slot);
  owned_.to_tell_peers.push_back(slot);
}

// Has everybody said what it has to say since this start who may hold slots?
bool Core::all_are_heard() const {
  return std::all_of(links_.begin(), links_.end(), [this](const std::unique_ptr<Link>& link) {
    if (!link) return true;
    const cluster::Node& node = view_->nodes[link->node()];
    return !node.listed || node.state == cluster::NodeState::down || owned_.owners->has_heard(link->node());
  });
}

void Core::go_on_owning() {
  const bool all_heard = all_are_heard();
  const auto reaches = [this](handoff::Member node) {
    return node < links_.size() && links_[node] && links_[node]->up();
  };
  const auto undecided = [&](Slot slot) {
    return owned_.unfinished.has(slot) &&
           (slots_.is_loading(slot) || owned_.unfinished.waits(slot, reaches, now_));
  };
  for (const Slot slot : owned_.owners->go_on(reaches, undecided, all_heard, now_)) {
    if (const auto offer = owned_.unfinished.more(slot)) {
      complete(slot, *offer);
      continue;
    }
    owned_.unfinished.ends(slot);
    handovers_->set_undecided(slot, false);
    if (owned_.may_give || !owned_.owners->of_disk(slot)) handovers_->hold_back(slot, false);
    known_.put(slot, {config_.self, handovers_->title(slot).title.term});
    to_tell_siblings_.push_back(slot);
    owned_.to_tell_peers.push_back(slot);
    place(slot);
  }
  for (const handoff::Member node : owned_.owners->take_to_ask()) {
    if (reaches(node)) ask_owners(*links_[node]);
  }
  handovers_->set_listening(owned_.owners->listens());
  if (!owned_.owners->listens() && owned_.owners->forgotten().size() > owned_.forgotten_noted) {
    owned_.forgotten_noted = owned_.owners->forgotten().size();
    const std::string& me = view_->nodes[config_.self].name;
    note(
        Note::Level::error,
        std::to_string(owned_.forgotten_noted) + " slots, among them slot " +
            std::to_string(owned_.owners->forgotten().begin()->first) + ", were held by this node" +
            (config_.handoff->founding->fresh()
                 ? ", and its data directory knows of no slot: it was empty, or without titles. Nobody "
                   "serves them; stop this node and start it with the newest directory that there is of "
                   "it, or, if what it held is lost, let them begin empty: `limpet cluster claim " +
                       me + "` at another node"
                 : " later than its data directory knows of: it is an old copy. Nobody serves them; stop "
                   "this node and start it with the newest directory that there is of it. If that is lost, "
                   "and to keep what this node serves: drain it, stop it, write state = \"down\" for it, and "
                   "`limpet cluster claim " +
                       me + "` at another node lets them begin empty"));
  }
  // Whoever has not heard all does not know whether its disk is an old copy: what it has by that is not given
  // away, as that would count as a cession.
  if (all_heard && !std::exchange(owned_.may_give, true)) {
    for (unsigned at = config_.index; at < kSlots; at += config_.shards) {
      const auto slot = static_cast<Slot>(at);
      if (owned_.owners->of_disk(slot) && !owned_.owners->begins(slot)) handovers_->hold_back(slot, false);
    }
  }
  std::erase_if(owned_.yielding, [this](const auto& slot) {
    return !handoff::owns(handovers_->title(slot.first)) ||
           handovers_->superseded(slot.first, slot.second.node, slot.second.term, now_);
  });
  go_on_completing();
}

}  // namespace limpet::shard
