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
#include "nodes.hpp"

namespace limpet::shard {

using handoff::HandOvers;

namespace {

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

// The journal counts the changes of slots.
handoff::Numbering numbering_of(journal::Writer* journal) {
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

void Core::set_view(std::shared_ptr<const cluster::View> view) {
  view_ = std::move(view);
  gathers_.set_view(view_);
  links_.set_view(view_);
  ownership_.set_view(view_, now_);
  peers_.set_view(view_);
  telling_.files_change();
  ownership_.plan_moves(now_);
  telling_.tell_of_itself(engine_.store().stats().sessions);
  ownership_.take_first_slots(nodes());
}

// ---- Changes ----

void Core::changed(Slot slot, std::string_view effects) {
  if (ownership_.moves().is_moving_out(slot)) ownership_.moves().changed(slot, effects);
}

void Core::watch_changes() {
  if (given_changes_.subscribed == ownership_.moves().gives()) return;
  given_changes_.subscribed = ownership_.moves().gives();
  given_changes_.subscribed ? engine_.feed().subscribe(given_changes_)
                            : engine_.feed().unsubscribe(given_changes_);
}

// ---- Doing what they want ----

// What has changed of who owns what: routes follow, nodes are dialled or asked once more.
void Core::drain_ownership() {
  if (ownership_.actions().empty()) return;
  const ownership::Ownership::Actions actions = std::exchange(ownership_.actions(), {});
  for (const ownership::Ownership::Note& said : actions.notes) note(said.level, said.text);
  effects_.wanted.insert(effects_.wanted.end(), actions.wanted.begin(), actions.wanted.end());
  for (const NodeIndex node : actions.alive) linking_.seen_alive(node);
  for (const Slot slot : actions.rerouted) update_route(slot);
  for (const NodeIndex node : actions.ask) telling_.ask(node);
}

// What the hand-overs of this shard want.
void Core::work_off() {
  if (!ownership_.moves_slots()) return;
  HandOvers& moves = ownership_.moves();
  engine_.feed().end_command();
  watch_changes();
  const bool journaled = engine_.feed().journal() != nullptr;
  while (!moves.wishes().empty()) {
    HandOvers::Wishes wishes = std::exchange(moves.wishes(), {});
    for (const handoff::WantedTitle& write : wishes.writes) write_title(write);
    // Without a journal there is nothing that could be synced, and nobody to be asked for it.
    if (journaled && !wishes.syncs.empty()) effects_.sync = true;
    for (const Slot slot : wishes.syncs) {
      const bool synced = !journaled || engine_.feed().end() <= engine_.durability().synced();
      synced ? moves.settled(slot, now_) : after_sync_.settle(engine_.feed().end(), slot);
    }
    for (handoff::Question& question : wishes.questions) ask(question);
    for (const handoff::Answer& answer : wishes.answers) {
      const std::optional<Origin> asked = tickets_.take(answer.ticket);
      LIMPET_ASSERT(asked.has_value());
      deliver(*asked, Outcome::done, answer.body.view(),
              journaled ? needs_of_answer(answer.body.view(), engine_.feed().end()) : 0);
    }
    for (const handoff::ModeChange& change : wishes.modes) {
      ownership_.change_mode(change, now_);
      drain_ownership();
    }
    for (handoff::MoveNote& said : wishes.notes) {
      const Note::Level level = said.moved       ? Note::Level::debug
                                : said.went_well ? Note::Level::info
                                                 : Note::Level::warning;
      effects_.notes.push_back({level, std::move(said.text), std::move(said.moved), {}});
    }
    engine_.feed().end_command();
    watch_changes();
  }
  telling_.tell_siblings();
  telling_.tell_nodes();
  answer_claims();
}

bool Core::hand_overs_have_work() {
  if (!ownership_.moves_slots()) return false;
  HandOvers& moves = ownership_.moves();
  return !moves.wishes().empty() || ownership_.news().has_any() ||
         given_changes_.subscribed != moves.gives() || orders_.has_answers();
}

void Core::write_title(const handoff::WantedTitle& write) {
  TitleWrite title{.slot = write.slot,
                   .title = write.title,
                   .unblocks = write.unblocks,
                   .founded = ownership_.first_slots().founding().claimed()};
  ownership_.first_slots().founding().no_longer_fresh();
  const bool journaled = engine_.feed().journal() != nullptr;
  if (!write.after_data || !journaled || engine_.feed().end() <= engine_.durability().synced()) {
    effects_.titles.push_back(std::move(title));
    return;
  }
  if (engine_.durability().failed()) {
    ownership_.moves().not_written(write.slot, engine_.durability().trouble(), now_);
    orders_.not_written(write.slot);
    return;
  }
  after_sync_.write(engine_.feed().end(), std::move(title));
  effects_.sync = true;
}

// The journal is on the disk up to engine_.durability().synced().
void Core::send_titles() {
  while (auto title = after_sync_.next_title(engine_.durability().synced()))
    effects_.titles.push_back(std::move(*title));
  if (!ownership_.moves_slots()) return;
  while (const auto slot = after_sync_.next_settled(engine_.durability().synced()))
    ownership_.moves().settled(*slot, now_);
}

void Core::fail_titles(const std::string& why) {
  for (const Slot slot : after_sync_.fail()) {
    ownership_.moves().not_written(slot, why, now_);
    orders_.not_written(slot);
  }
}

void Core::titles_written(const std::vector<Slot>& slots) {
  for (const Slot slot : slots) {
    ownership_.moves().written(slot, now_);
    orders_.written(slot);
    // Whoever gives it may have started again while the promise was being written.
    const auto& promise = ownership_.moves().title(slot).promise;
    const Link* const giver = promise ? links_.find(promise->from) : nullptr;
    if (giver != nullptr && giver->theirs().boot != promise->migration.boot) ownership_.news().add(slot);
  }
  ownership_.titles_written();
}

// For want of room: none of them is on the disk, and each may be wanted again.
void Core::titles_failed(const std::vector<Slot>& slots, const std::string& why, bool for_want_of_room) {
  if (!for_want_of_room) {
    note(Note::Level::error, "titles of slots cannot be written, so none changes hands any more: " + why);
  }
  for (const Slot slot : slots) {
    for_want_of_room ? ownership_.moves().no_room(slot, why, now_)
                     : ownership_.moves().not_written(slot, why, now_);
    orders_.not_written(slot);
  }
}

void Core::claim_from(std::string_view name, const Origin& origin, resp::Version version) {
  if (const auto refusal = orders_.claim(name, origin, version, nodes())) {
    deliver(refusal->origin, Outcome::done, refusal->reply.view());
  }
}

void Core::answer_claims() {
  for (const Orders::Answer& answer : orders_.answers()) {
    deliver(answer.origin, Outcome::done, answer.reply.view());
  }
}

// ---- Questions ----

void Core::ask(handoff::Question& question) {
  links_.forgive(question.to);
  const Link& link = links_.at(question.to);
  if (link.verdict() != Link::Verdict::send) {
    linking_.dial_if_worthwhile(question.to);
    const std::string why = "it cannot be reached: " + link.why(now_);
    return ownership_.moves().unanswered(question.slot, question.body.view(), why, now_);
  }
  // What it was is all that is needed of it, should there be no answer.
  Bytes head;
  head.append(question.body.view().substr(0, handoff::kMessageHeadBytes));
  const std::uint64_t id =
      questions_.add({.to = question.to, .slot = question.slot, .body = std::move(head)});
  forwarder_.ask({false, question.to}, question.slot, {.kind = Origin::Kind::handoff, .id = id},
                 question.body.view(), now_.steady_ms + tunables_.forward_timeout_ms);
}

// What became of a question.
void Core::take_answer(const Origin& origin, Outcome outcome, std::string_view body) {
  const std::optional<handoff::Question> asked = questions_.take(origin.id);
  if (!asked) return;
  const handoff::Question& question = *asked;
  if (outcome == Outcome::done) {
    ownership_.moves().answered(question.to, question.slot, body, now_);
  } else {
    ownership_.moves().unanswered(question.slot, question.body.view(), printable(body, kErrorTextMax), now_);
  }
}

// From another node.
std::string_view Core::take_peer_question(StreamId peer, const Frame& frame) {
  peers_.asked(peer);
  const Origin origin{.kind = Origin::Kind::peer, .stream = peer, .id = frame.id};
  const std::optional<NodeIndex> from = peers_.node_of(peer);
  const auto refuse = [&](std::string_view why) -> std::string_view {
    deliver(origin, Outcome::unavailable, why);
    return {};
  };
  if (draining_) return refuse("it is stopping");
  if (!ownership_.moves_slots()) return refuse("slots do not change hands there");
  if (!from) return refuse("it has not got to know this node yet");
  handoff::Message message;
  if (handoff::read_message(frame.body, message) && !ownership_.can_be_true(message.term, *from, now_))
    return refuse("the term is years ahead of its clock");
  Bytes question;
  append_le(question, static_cast<handoff::Member>(*from));
  question.append(frame.body);
  if (ownership_.slots().is_own(frame.slot)) {
    take_question(origin, frame.slot, question.view());
    return {};
  }
  const unsigned shard = ownership::shard_of(frame.slot, config_.shards);
  forwarder_.ask({true, static_cast<std::uint16_t>(shard)}, frame.slot, origin, question.view(),
                 now_.steady_ms + tunables_.forward_timeout_ms);
  return {};
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
  ownership_.moves().asked(from, slot, body, tickets_.add(origin), now_);
}

// ---- Time ----

void Core::tick_handovers() {
  if (!ownership_.moves_slots()) return;
  const std::uint64_t served = engine_.stats().operations() + forwarder_.counts().to_nodes;
  ownership_.moves().set_serving(std::exchange(served_before_tick_, served) != served);
  ownership_.moves().tick(now_);
  if (!after_sync_.empty()) effects_.sync = true;
  const ownership::NodeDirectory nodes = this->nodes();
  ownership_.take_first_slots(nodes);
  telling_.tell_of_itself(engine_.store().stats().sessions);
  ownership_.go_on(nodes, now_);
  telling_.tick_files();
}

void Core::copy_for_handovers() {
  if (!ownership_.moves_slots() || !ownership_.moves().can_copy()) return;
  ownership_.moves().go_on(now_);
}

}  // namespace limpet::shard
