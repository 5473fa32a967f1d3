// Slots that change hands: what the hand-overs of this shard (handoff/hand_overs.hpp) want is done, and what
// happens is told to them.
//
// Their questions travel over links as requests do, and the answers as replies; a node that gets a question
// hands it on to the shard of the slot. Titles go out to be written, those that promise something only once
// the journal is on the disk. While a slot is given away the changes of its keys are watched.
#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <utility>

#include "core.hpp"
#include "silence.hpp"

namespace limpet::shard {

using handoff::HandOvers;

namespace {

bool any(const HandOvers::Wishes& wishes) {
  return !wishes.questions.empty() || !wishes.answers.empty() || !wishes.writes.empty() ||
         !wishes.syncs.empty() || !wishes.turns.empty() || !wishes.notes.empty();
}

// Does it bring something that the store, and so the journal, has to take?
bool brings_sessions(std::string_view message) {
  handoff::Message read;
  return handoff::read_message(message, read) &&
         (read.kind == handoff::Kind::begin || read.kind == handoff::Kind::piece ||
          read.kind == handoff::Kind::settle || read.kind == handoff::Kind::finish);
}

// Whoever gives a slot sends no faster than this node's disk takes it in, so that it leaves clients' writes
// room.
std::uint64_t needs_of_answer(std::string_view message, std::uint64_t position) {
  handoff::Message read;
  const bool paces = handoff::read_message(message, read) && read.kind == handoff::Kind::taken;
  return paces ? position - std::min<std::uint64_t>(position, kReceivedAheadBytes) : 0;
}

}  // namespace

// ---- Beginning ----

void Core::begin_handovers() {
  const HandoffConfig& config = *config_.handoff;
  const std::vector<handoff::SlotTitle>& titles = *config.titles;
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    const handoff::Title& title = titles[slot].title;
    const bool own = title.kind == handoff::Title::Kind::own;
    if (slots_.is_own(slot)) slots_.set_mode(slot, own ? SlotMode::serving : SlotMode::moved);
    // Whoever serves by as many cessions is believed rather than a start.
    if (own) known_.learn(slot, {config_.self, {title.term.cessions, 0}});
    if (title.kind == handoff::Title::Kind::ceded) known_.learn(slot, {title.to, title.term});
    if (const auto& promise = titles[slot].promise) known_.learn(slot, {promise->from, promise->term});
  }
  handovers_ = std::make_unique<HandOvers>(config_.self, config.boot, config_.shards, config_.index, titles,
                                           engine_.store(), now_);
  handovers_->set_passing(config.passes);
  handovers_->set_numbering(numbering());
  owned_.owners =
      std::make_unique<handoff::Owners>(config_.shards, config_.index, titles, config.raised, now_);
  owned_.owners->set_names(
      config_.self, [this](handoff::Member member) { return std::string_view(view_->nodes[member].name); });
  handovers_->set_listening(true);
  for (unsigned at = config_.index; at < kSlots; at += config_.shards) {
    const auto slot = static_cast<Slot>(at);
    if (config_.loads) handovers_->set_ready(slot, false);
    handovers_->hold_back(slot, owned_.owners->of_disk(slot));
    handovers_->set_undecided(slot, owned_.owners->of_disk(slot));
  }
  handovers_->set_rate(tunables_.handover_rate, now_);
  handovers_->set_view(view_of_handovers(), now_);
  may_claim_ = true;
  was_fresh_ = config.founding->fresh();
  go_on_owning();
  neighbours_.told = standing();
  for (unsigned slot = 0; slot < kSlots; ++slot) place(static_cast<Slot>(slot));
  work_off();
}

// The journal counts the changes of slots.
handoff::Numbering Core::numbering() {
  journal::Writer* const journal = engine_.feed().journal();
  if (journal == nullptr) return {};
  return {
      .begin = [journal](Slot slot, Term term) { journal->set_term(slot, term); },
      .copied = [journal](Slot slot,
                          const handoff::LastChange& last) { journal->copied(slot, last.term, last.number); },
      .last = [journal](Slot slot) -> handoff::LastChange {
        const journal::SlotVersion version = journal->version(slot);
        return {version.term, version.number};
      }};
}

handoff::HandOverView Core::view_of_handovers() const {
  handoff::HandOverView view;
  view.epoch = view_->epoch;
  view.owners.resize(kSlots);
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    const NodeIndex owner = view_->owner(static_cast<Slot>(slot));
    // Where all are leaving, slots stay where they are.
    const bool nobody = owner == ring::kNobody || (owner != config_.self && view_->nodes[owner].leaving);
    view.owners[slot] = nobody ? handoff::kNobody : owner;
  }
  for (const cluster::Node& node : view_->nodes) {
    const auto member = static_cast<handoff::Member>(view.names.size());
    view.names.push_back(node.name);
    view.causes.emplace(member, why_to_give(member));
  }
  return view;
}

// Why a slot that this node holds is to go to that one, for the log.
std::string Core::why_to_give(NodeIndex node) const {
  const cluster::Node& me = view_->nodes[config_.self];
  const std::string file = "epoch " + std::to_string(view_->epoch) + " of the cluster file";
  if (me.leaving) return "this node leaves";
  if (!me.listed) return file + ", which does not name this node";
  if (came_back_.contains(node)) return "it is back";
  if (me.state == cluster::NodeState::up) return file;
  return file + ", where this node is " + std::string(name_of(me.state));
}

void Core::set_view(std::shared_ptr<const cluster::View> view) {
  LIMPET_ASSERT(handovers_ && view->nodes.size() >= view_->nodes.size());
  const std::shared_ptr<const cluster::View> before = std::exchange(view_, std::move(view));
  add_links();
  for (const peer::HolderOf& said : std::exchange(owned_.unplaced, {})) {
    if (said.node < view_->nodes.size()) learn(said.slot, {said.node, said.term});
  }
  for (const std::unique_ptr<Link>& link : links_) {
    if (!link || link->node() >= before->nodes.size()) continue;
    // It has moved: what is connected to where it was is of no use.
    if (view_->nodes[link->node()].peer == before->nodes[link->node()].peer) continue;
    if (Stream* old = stream(link->id())) {
      link->failed("the cluster file gives it another address");
      abort(*old, link->id());
    }
  }
  peers_.each([this](auto, Peer& peer) {
    if (peer.admitted) peer.node = view_->find(peer.theirs.node);
  });
  may_claim_ = true;
  files_compared_ms_ = now_.steady_ms + kFileLagMs;
  if (view_->epoch != before->epoch) came_back_.clear();
  for (NodeIndex node = 0; node < before->nodes.size(); ++node) {
    if (before->nodes[node].leaving && !view_->nodes[node].leaving) came_back_.insert(node);
  }
  handovers_->set_view(view_of_handovers(), now_);
  for (unsigned slot = 0; slot < kSlots; ++slot) place(static_cast<Slot>(slot));
  tell_news_of_change();
  try_to_claim();
  work_off();
}

// Whoever is not in the file any more is looked for only while it holds slots, or has just been there.
bool Core::worth_dialling(const Link& link) const {
  const cluster::Node& node = view_->nodes[link.node()];
  if (draining_ || !node.peer) return false;
  return node.listed || known_.heard_of(link.node()) > 0 || link.failures_in_a_row() < kGoneDialsMax;
}

// ---- Changes ----

void Core::changed(Slot slot, std::string_view effects) {
  if (handovers_->is_given(slot)) handovers_->changed(slot, effects);
}

void Core::watch_changes() {
  if (given_changes_.subscribed == handovers_->gives()) return;
  given_changes_.subscribed = handovers_->gives();
  given_changes_.subscribed ? engine_.feed().subscribe(given_changes_)
                            : engine_.feed().unsubscribe(given_changes_);
}

// ---- Doing what they want ----

// To be called after anything has been told to them.
void Core::work_off() {
  if (!handovers_ || std::exchange(working_off_, true)) return;
  engine_.feed().end_command();
  watch_changes();
  const bool journaled = engine_.feed().journal() != nullptr;
  while (any(handovers_->wishes())) {
    HandOvers::Wishes wishes = std::exchange(handovers_->wishes(), {});
    for (const HandOvers::Write& write : wishes.writes) write_title(write);
    // Without a journal there is nothing that could be synced, and nobody to be asked for it.
    if (journaled && !wishes.syncs.empty()) effects_.sync = true;
    for (const Slot slot : wishes.syncs) {
      const bool synced = !journaled || engine_.feed().end() <= engine_.durability().synced();
      synced ? handovers_->settled(slot, now_) : after_sync_.settle(engine_.feed().end(), slot);
    }
    for (HandOvers::Question& question : wishes.questions) ask(question);
    for (const HandOvers::Answer& answer : wishes.answers) {
      const auto asked = tickets_.extract(answer.ticket);
      deliver(asked.mapped(), Outcome::done, answer.body.view(),
              journaled ? needs_of_answer(answer.body.view(), engine_.feed().end()) : 0);
    }
    for (const SlotTurn& turn : wishes.turns) take_turn(turn);
    for (HandOvers::Note& said : wishes.notes) {
      const Note::Level level = said.moved       ? Note::Level::debug
                                : said.went_well ? Note::Level::info
                                                 : Note::Level::warning;
      effects_.notes.push_back({level, std::move(said.text), std::move(said.moved), {}});
    }
    engine_.feed().end_command();
    watch_changes();
  }
  working_off_ = false;
  tell_siblings();
  tell_peers();
  if (handovers_->can_copy()) effects_.again = true;
}

void Core::take_turn(const SlotTurn& turn) {
  const Slot slot = turn.slot;
  slots_.set_mode(slot, turn.kind);
  const handoff::Title& title = handovers_->title(slot).title;
  const bool own = title.kind == handoff::Title::Kind::own;
  const bool ceded = title.kind == handoff::Title::Kind::ceded;
  if (own) engine_.feed().set_term(slot, title.term);
  if (own && owned_.owners->lost(slot, handovers_->title(slot))) {
    slots_.set_mode(slot, SlotMode::moved);
  } else if (own && turn.kind == SlotMode::serving) {
    const Owner& known = known_.heard(slot);
    const bool forgotten = owned_.owners->forgotten().contains(slot);
    if (forgotten || known.node != config_.self || known.term != title.term) got(slot, turn.to);
  } else if (ceded) {
    // Others may not know it, even if this shard has heard it before.
    (void)known_.learn(slot, {title.to, title.term});
    to_tell_siblings_.push_back(slot);
    owned_.to_tell_peers.push_back(slot);
  }
  place(slot);
}

void Core::write_title(const HandOvers::Write& write) {
  TitleWrite title{.slot = write.slot,
                   .title = write.title,
                   .lets = write.lets,
                   .founded = config_.handoff->founding->claimed()};
  config_.handoff->founding->no_longer_fresh();
  const bool journaled = engine_.feed().journal() != nullptr;
  if (!write.after_data || !journaled || engine_.feed().end() <= engine_.durability().synced()) {
    effects_.titles.push_back(std::move(title));
    return;
  }
  if (engine_.durability().failed()) {
    handovers_->not_written(write.slot, engine_.durability().trouble(), now_);
    claims_.not_written(write.slot);
    return;
  }
  after_sync_.write(engine_.feed().end(), std::move(title));
  effects_.sync = true;
}

// The journal is on the disk up to engine_.durability().synced().
void Core::send_titles() {
  while (auto title = after_sync_.next_title(engine_.durability().synced()))
    effects_.titles.push_back(std::move(*title));
  if (!handovers_) return;
  while (const auto slot = after_sync_.next_settled(engine_.durability().synced()))
    handovers_->settled(*slot, now_);
  work_off();
}

void Core::fail_titles(const std::string& why) {
  for (const Slot slot : after_sync_.fail()) {
    handovers_->not_written(slot, why, now_);
    claims_.not_written(slot);
  }
  work_off();
  answer_claims();
}

void Core::titles_written(const std::vector<Slot>& slots) {
  for (const Slot slot : slots) {
    handovers_->written(slot, now_);
    claims_.written(slot);
    // Whoever gives it may have started again while the promise was being written.
    const auto& promise = handovers_->title(slot).promise;
    const Link* const giver = promise ? links_[promise->from].get() : nullptr;
    if (giver != nullptr && giver->theirs().boot != promise->migration.boot)
      owned_.to_tell_peers.push_back(slot);
  }
  go_on_completing();
  work_off();
  answer_claims();
}

// For want of room: none of them is on the disk, and each may be wanted again.
void Core::titles_failed(const std::vector<Slot>& slots, const std::string& why, bool for_want_of_room) {
  if (!for_want_of_room) {
    note(Note::Level::error, "titles of slots cannot be written, so none changes hands any more: " + why);
  }
  for (const Slot slot : slots) {
    for_want_of_room ? handovers_->no_room(slot, why, now_) : handovers_->not_written(slot, why, now_);
    claims_.not_written(slot);
  }
  work_off();
  answer_claims();
}

// ---- Questions ----

void Core::ask(HandOvers::Question& question) {
  Link& link = link_to(question.to);
  link.forgive();
  if (link.verdict() != Link::Verdict::send) {
    if (link.state() == LinkState::idle && worth_dialling(link)) dial(link);
    const std::string why = "it cannot be reached: " + link.why(now_);
    return handovers_->unanswered(question.slot, question.body.view(), why, now_);
  }
  auto [id, pending] = pending_.add(now_.steady_ms + tunables_.forward_timeout_ms);
  pending.target = question.to;
  pending.slot = question.slot;
  pending.origin = {.kind = Origin::Kind::handoff, .id = ++questions_numbered_};
  pending.end = link.lanes().send(
      {.type = FrameType::handoff, .slot = question.slot, .id = id, .body = question.body.view()});
  sent(pending, link.traffic);
  ++link.requests_total;
  refill(link);
  // What it was is all that is needed of it, should there be no answer.
  question.body.truncate(handoff::kMessageHeadBytes);
  questions_.emplace(questions_numbered_, std::move(question));
}

// What became of a question.
void Core::take_answer(const Origin& origin, Outcome outcome, std::string_view body) {
  const auto asked = questions_.extract(origin.id);
  if (asked.empty()) return;
  const HandOvers::Question& question = asked.mapped();
  if (outcome == Outcome::done) {
    handovers_->answered(question.to, question.slot, body, now_);
  } else {
    handovers_->unanswered(question.slot, question.body.view(), printable(body, kErrorTextMax), now_);
  }
  work_off();
}

// From another node.
void Core::take_peer_question(Peer& peer, const Frame& frame) {
  ++peer.in_flight;
  const Origin origin{.kind = Origin::Kind::peer, .stream = peer.id, .id = frame.id};
  if (!handovers_ || !peer.node || draining_) {
    return deliver(origin, Outcome::unavailable,
                   draining_     ? "it is stopping"
                   : !handovers_ ? "slots do not change hands there"
                                 : "it has not got to know this node yet");
  }
  handoff::Message message;
  if (handoff::read_message(frame.body, message) && !can_be_true(message.term, *peer.node)) {
    return deliver(origin, Outcome::unavailable, "the term is years ahead of its clock");
  }
  scratch_.clear();
  append_le(scratch_, static_cast<handoff::Member>(*peer.node));
  scratch_.append(frame.body);
  if (slots_.is_own(frame.slot)) {
    Bytes question;
    question.swap(scratch_);
    return take_question(origin, frame.slot, question.view());
  }
  const unsigned shard = ownership::shard_of(frame.slot, config_.shards);
  auto [id, pending] = pending_.add(now_.steady_ms + tunables_.forward_timeout_ms);
  pending.to_sibling = true;
  pending.relayed = true;
  pending.target = static_cast<std::uint16_t>(shard);
  pending.slot = frame.slot;
  pending.origin = origin;
  send_to_sibling(FrameType::handoff, id, pending, scratch_.view());
}

// Behind the number of the node that asks. REQUIRES: the slot is this shard's.
void Core::take_question(const Origin& origin, Slot slot, std::string_view body) {
  handoff::Member from = 0;
  LIMPET_ASSERT(take_le(body, from));
  if (brings_sessions(body)) {
    if (!engine_.takes_in(body.size(), now_))
      return deliver(origin, Outcome::unavailable, "its memory is full");
    const engine::Durability& durability = engine_.durability();
    if (!durability.trouble().empty()) return deliver(origin, Outcome::unavailable, durability.refusal());
  }
  tickets_.emplace(++tickets_numbered_, origin);
  handovers_->asked(from, slot, body, tickets_numbered_, now_);
  work_off();
}

// ---- Time ----

void Core::tick_handovers() {
  if (!handovers_) return;
  const std::uint64_t served = engine_.stats().operations() + counters_.commands_forwarded;
  handovers_->set_serving(std::exchange(served_before_tick_, served) != served);
  handovers_->tick(now_);
  if (!after_sync_.empty()) effects_.sync = true;
  try_to_claim();
  tell_news_of_change();
  go_on_owning();
  answer_claims();
  work_off();
  if (files_compared_ms_ == 0 || now_.steady_ms < files_compared_ms_) return;
  files_compared_ms_ = 0;
  for (const std::unique_ptr<Link>& link : links_) {
    if (link && link->informed()) compare_files(*link);
  }
}

void Core::copy_for_handovers() {
  if (!handovers_ || !handovers_->can_copy()) return;
  handovers_->go_on(now_);
  work_off();
}

HandoffStats Core::handoff_stats() const {
  HandoffStats stats;
  if (!handovers_) {
    stats.slots = slots_.served();
    return stats;
  }
  const HandOvers::Progress progress = handovers_->progress();
  stats.to_give = progress.to_give;
  stats.sessions_to_give = handovers_->sessions_to_give();
  stats.giving = progress.giving;
  stats.receiving = progress.receiving;
  stats.given_total = progress.given_total;
  stats.received_total = progress.received_total;
  stats.failed_total = progress.failed_total;
  stats.sessions_total = progress.sessions_total;
  stats.bytes_total = progress.bytes_total;
  stats.sent_total = progress.sent_total;
  stats.took_ms_total = progress.took_ms_total;
  stats.held_ms_total = progress.held_ms_total;
  stats.held_ms_max = progress.held_ms_max;
  stats.rate_max = tunables_.handover_rate;
  progress.last_failure.copy(stats.last_failure.data(), stats.last_failure.size() - 1);
  stats.forgotten = owned_.owners->forgotten().size();
  const Silence silence(links_);
  for (unsigned at = config_.index; at < kSlots; at += config_.shards) {
    const auto slot = static_cast<Slot>(at);
    const Owner& holder = known_.shown(slot);
    stats.unreachable += silence.of(holder, view_->owner(slot)) ? 1U : 0U;
    stats.slots += handoff::owns(handovers_->title(slot)) ? 1U : 0U;
    stats.unheld += holder.term == Term{} && view_->owner(slot) == config_.self ? 1U : 0U;
  }
  return stats;
}

}  // namespace limpet::shard
