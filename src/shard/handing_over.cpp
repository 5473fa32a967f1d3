#include "handing_over.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <optional>
#include <utility>

namespace limpet::shard {

using forward::Origin;
using handoff::HandOvers;
using peer::Frame;
using peer::Outcome;

namespace {

// Does it bring something that the store, and so the journal, has to take?
bool brings_sessions(std::string_view message) {
  handoff::Message read;
  return handoff::read_message(message, read) &&
         (read.kind == handoff::Kind::begin || read.kind == handoff::Kind::piece ||
          read.kind == handoff::Kind::settle || read.kind == handoff::Kind::finish);
}

// From this question on the other node has the slot from this try alone, and not as one that follows.
bool ends_following(std::string_view message) {
  handoff::Message read;
  if (!handoff::read_message(message, read)) return false;
  const bool copies = read.kind == handoff::Kind::begin && read.digest != handoff::kOntoCopy;
  return copies || read.kind == handoff::Kind::finish;
}

// Whoever gives a slot sends no faster than this node's disk takes it in, so that it leaves clients' writes
// room.
Lsn needs_of_answer(std::string_view message, Lsn end) {
  handoff::Message read;
  const bool paces = handoff::read_message(message, read) && read.kind == handoff::Kind::taken;
  return paces ? end - std::min<Lsn>(end, kReceivedAheadBytes) : 0;
}

}  // namespace

// The journal counts the changes of slots.
handoff::Numbering numbering_of(journal::Writer* journal) {
  if (journal == nullptr) return {};
  return {.begin = [journal](Slot slot, Term term) { journal->set_term(slot, term); },
          .copied = [journal](Slot slot,
                              const handoff::History& copy) { journal->copied(slot, copy.last, copy.ends); },
          .goes_on = [journal](Slot slot, Term term) { journal->goes_on(slot, term); },
          .history = [journal](Slot slot) -> handoff::History {
            journal::SlotVersion version = journal->version(slot);
            return {.last = version.last, .ends = std::move(version.ends)};
          }};
}

// ---- Changes ----

void HandingOver::GivenChanges::changed(Slot slot, std::string_view effects, Lsn) {
  if (ownership_.moves().is_moving_out(slot)) ownership_.moves().changed(slot, effects);
}

void HandingOver::GivenChanges::subscribe(engine::ChangeFeed& feed, bool to_it) {
  if (std::exchange(subscribed_, to_it) == to_it) return;
  to_it ? feed.subscribe(*this) : feed.unsubscribe(*this);
}

// ---- What they want ----

void HandingOver::drain() {
  drain_ownership();
  if (!ownership_.moves_slots()) return;
  HandOvers& moves = ownership_.moves();
  take_answers();
  engine_.feed().end_command();
  given_changes_.subscribe(engine_.feed(), moves.gives());
  while (!moves.wishes().empty()) {
    HandOvers::Wishes wishes = std::exchange(moves.wishes(), {});
    do_wishes(wishes);
    engine_.feed().end_command();
    given_changes_.subscribe(engine_.feed(), moves.gives());
  }
  serve_those_that_may();
  telling_.tell_siblings();
  telling_.tell_nodes();
  for (const Orders::Answer& answer : orders_.answers())
    delivery_.deliver(answer.origin, Outcome::done, answer.reply.view());
}

// What has changed of who owns what: routes follow, nodes are dialled or asked once more.
void HandingOver::drain_ownership() {
  if (ownership_.actions().empty()) return;
  const ownership::Ownership::Actions actions = std::exchange(ownership_.actions(), {});
  for (const ownership::Ownership::Note& said : actions.notes)
    effects_.notes.push_back({said.level, said.text, {}, {}});
  effects_.wanted.insert(effects_.wanted.end(), actions.wanted.begin(), actions.wanted.end());
  for (const cluster::NodeIndex node : actions.alive) linking_.seen_alive(node);
  for (const Slot slot : actions.rerouted) {
    following_.rerouted(slot);
    serving_.reroute(slot);
  }
  for (const cluster::NodeIndex node : actions.ask) telling_.ask(node);
}

void HandingOver::do_wishes(HandOvers::Wishes& wishes) {
  for (const handoff::WantedTitle& wanted : wishes.writes) write(wanted);
  sync(wishes.syncs);
  for (handoff::Question& question : wishes.questions) ask(question);
  for (const handoff::Answer& one : wishes.answers) answer(one);
  for (const handoff::ModeChange& change : wishes.modes) change_mode(change);
  for (handoff::MoveNote& said : wishes.notes) {
    const Note::Level level = said.moved       ? Note::Level::debug
                              : said.went_well ? Note::Level::info
                                               : Note::Level::warning;
    effects_.notes.push_back({level, std::move(said.text), std::move(said.moved), {}});
  }
}

void HandingOver::change_mode(const handoff::ModeChange& change) {
  held_.erase(change.slot);
  const bool serves = change.kind == handoff::SlotMode::serving;
  if (serves) following_.keeps(change.slot);
  const bool waits = serves && following_.awaits_followers(change.slot);
  if (waits) held_[change.slot] = {.serve = change, .since_ms = now_.steady_ms};
  ownership_.change_mode(waits ? handoff::ModeChange{handoff::SlotMode::frozen, change.slot} : change, now_);
  drain_ownership();
}

bool HandingOver::is_over(const Held& held) const {
  return !following_.awaits_followers(held.serve.slot) || now_.steady_ms - held.since_ms >= kFollowJoinMs;
}

bool HandingOver::may_be_served() const {
  return std::any_of(held_.begin(), held_.end(), [this](const auto& each) { return is_over(each.second); });
}

void HandingOver::serve_those_that_may() {
  for (auto at = held_.begin(); at != held_.end();) {
    const Held held = (at++)->second;
    if (!is_over(held)) continue;
    held_.erase(held.serve.slot);
    ownership_.change_mode(held.serve, now_);
    drain_ownership();
  }
}

// Without a journal there is nothing that could be synced, and nobody to be asked for it.
void HandingOver::sync(const std::vector<Slot>& slots) {
  if (is_journaled() && !slots.empty()) effects_.sync = true;
  for (const Slot slot : slots) {
    all_is_synced() ? ownership_.moves().settled(slot, now_) : after_sync_.settle(engine_.feed().end(), slot);
  }
}

// ---- Titles ----

void HandingOver::write(const handoff::WantedTitle& wanted) {
  TitleWrite title{.slot = wanted.slot,
                   .title = wanted.title,
                   .unblocks = wanted.unblocks,
                   .founded = ownership_.first_slots().founding().claimed()};
  ownership_.first_slots().founding().no_longer_fresh();
  if (!wanted.after_data || all_is_synced()) {
    effects_.titles.push_back(std::move(title));
    return;
  }
  if (engine_.durability().failed()) {
    ownership_.moves().not_written(wanted.slot, engine_.durability().trouble(), now_);
    orders_.not_written(wanted.slot);
    return;
  }
  after_sync_.write(engine_.feed().end(), std::move(title));
  effects_.sync = true;
}

void HandingOver::synced() {
  const Lsn synced = engine_.durability().synced();
  while (auto title = after_sync_.next_title(synced)) effects_.titles.push_back(std::move(*title));
  if (!ownership_.moves_slots()) return;
  while (const auto slot = after_sync_.next_settled(synced)) ownership_.moves().settled(*slot, now_);
}

void HandingOver::journal_failed(const std::string& why) {
  if (!ownership_.moves_slots()) return;
  for (const Slot slot : after_sync_.fail()) {
    ownership_.moves().not_written(slot, why, now_);
    orders_.not_written(slot);
  }
}

void HandingOver::titles_written(const std::vector<Slot>& slots) {
  for (const Slot slot : slots) {
    ownership_.moves().written(slot, now_);
    orders_.written(slot);
    following_.rerouted(slot);
    // Whoever gives it may have started again while the promise was being written.
    const auto& promise = ownership_.moves().title(slot).promise;
    const links::Link* const giver = promise ? links_.find(promise->from) : nullptr;
    if (giver != nullptr && giver->theirs().boot != promise->migration.boot) ownership_.news().add(slot);
  }
  ownership_.titles_written();
}

// For want of room: none of them is on the disk, and each may be wanted again.
void HandingOver::titles_failed(const std::vector<Slot>& slots, const std::string& why,
                                bool for_want_of_room) {
  if (!for_want_of_room) {
    effects_.notes.push_back({Note::Level::error,
                              "titles of slots cannot be written, so none changes hands any more: " + why,
                              {},
                              {}});
  }
  for (const Slot slot : slots) {
    for_want_of_room ? ownership_.moves().no_room(slot, why, now_)
                     : ownership_.moves().not_written(slot, why, now_);
    orders_.not_written(slot);
  }
}

// ---- Questions to other nodes ----

void HandingOver::ask(handoff::Question& question) {
  links_.forgive(question.to);
  const links::Link& link = links_.at(question.to);
  if (link.verdict() != links::Link::Verdict::send) {
    linking_.dial_if_worthwhile(question.to);
    const std::string why = "it cannot be reached: " + link.why(now_);
    return ownership_.moves().unanswered(question.slot, question.body.view(), why, now_);
  }
  if (ends_following(question.body.view())) following_.gives(question.slot, question.to);
  // What it was is all that is needed of it, should there be no answer.
  Bytes head;
  head.append(question.body.view().substr(0, handoff::kMessageHeadBytes));
  const std::uint64_t id =
      questions_.add({.to = question.to, .slot = question.slot, .body = std::move(head)});
  forwarder_.ask({false, question.to}, question.slot, {.kind = Origin::Kind::handoff, .id = id},
                 question.body.view(), sending_.deadline_ms());
}

// What became of them.
void HandingOver::take_answers() {
  for (const Delivery::HandoffAnswer& answer : std::exchange(delivery_.handoff_answers(), {})) {
    const std::optional<handoff::Question> asked = questions_.take(answer.question);
    if (!asked) continue;
    const std::string_view body = answer.body.view();
    if (answer.outcome == Outcome::done) {
      ownership_.moves().answered(asked->to, asked->slot, body, now_);
    } else {
      const std::string why = printable(body, kErrorTextMax);
      ownership_.moves().unanswered(asked->slot, asked->body.view(), why, now_);
    }
  }
}

// ---- Questions of other nodes ----

std::string_view HandingOver::take(StreamId peer, const Frame& frame) {
  const Origin origin{.kind = Origin::Kind::peer, .stream = peer, .id = frame.id};
  const std::optional<cluster::NodeIndex> from = peers_.node_of(peer);
  const auto refuse = [&](std::string_view why) -> std::string_view {
    delivery_.deliver(origin, Outcome::unavailable, why);
    return {};
  };
  if (links_.draining()) return refuse("it is stopping");
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
  const auto shard = static_cast<std::uint16_t>(ownership::shard_of(frame.slot, config_.shards));
  forwarder_.ask({true, shard}, frame.slot, origin, question.view(), sending_.deadline_ms());
  return {};
}

void HandingOver::take(const Origin& sibling, const Frame& frame) {
  take_question(sibling, frame.slot, frame.body);
}

// Behind the number of the node that asks. REQUIRES: the slot is this shard's.
void HandingOver::take_question(const Origin& origin, Slot slot, std::string_view body) {
  handoff::Member from = 0;
  LIMPET_ASSERT(take_le(body, from));
  const engine::Durability& durability = engine_.durability();
  if (brings_sessions(body)) {
    if (!engine_.takes_in(body.size(), now_))
      return delivery_.deliver(origin, Outcome::unavailable, "its memory is full");
    if (!durability.trouble().empty())
      return delivery_.deliver(origin, Outcome::unavailable, durability.refusal());
  }
  ownership_.moves().asked(from, slot, body, tickets_.add(origin), now_);
}

void HandingOver::answer(const handoff::Answer& answer) {
  const std::optional<Origin> asked = tickets_.take(answer.ticket);
  LIMPET_ASSERT(asked.has_value());
  const std::string_view body = answer.body.view();
  delivery_.deliver(*asked, Outcome::done, body,
                    is_journaled() ? needs_of_answer(body, engine_.feed().end()) : 0);
}

// ---- Time ----

void HandingOver::follow_view() {
  ownership_.plan_moves(now_);
  telling_.tell_of_itself(following_.own_sessions());
  ownership_.take_first_slots(directory_of(links_, now_));
}

void HandingOver::tick() {
  if (!ownership_.moves_slots()) return;
  const std::uint64_t served = engine_.stats().operations() + forwarder_.counts().to_nodes;
  ownership_.moves().tick(now_, std::exchange(served_before_tick_, served) != served);
  if (!after_sync_.empty()) effects_.sync = true;
  const ownership::NodeDirectory nodes = directory_of(links_, now_);
  ownership_.take_first_slots(nodes);
  telling_.tell_of_itself(following_.own_sessions());
  ownership_.go_on(nodes, now_);
  telling_.tick_files();
}

bool HandingOver::can_copy() const { return ownership_.moves_slots() && ownership_.moves().can_copy(); }

void HandingOver::go_on() {
  if (can_copy()) ownership_.moves().go_on(now_);
}

void HandingOver::stop() {
  if (ownership_.moves_slots()) ownership_.moves().stop(now_);
}

}  // namespace limpet::shard
