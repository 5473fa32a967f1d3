#include <limpet/base/limits.hpp>
#include <limpet/handoff/incoming.hpp>
#include <utility>

namespace limpet::handoff {

Incoming::Incoming(Member self, const TitleLedger& ledger, const HandOverView& view, store::Store& store)
    : self_(self), ledger_(ledger), view_(view), store_(store), unready_(kSlots) {}

void Incoming::set_ready(Slot slot, bool ready) {
  unready_[slot] = !ready;
  // What a promise waits for is set aside until its fate is known, loaded or not.
  if (ready && moves_.contains(slot)) store_.suspend_reclaim(slot);
}

void Incoming::resume(Slot slot, const Promise& promise, Now now, Actions& out) {
  store_.suspend_reclaim(slot);
  const auto [at, fresh] =
      moves_.emplace(slot, Move{.target = Target(slot, promise, now), .began_ms = now.steady_ms});
  hold(at->second, out);
}

// ---- To see ----

bool Incoming::is_of(Member from, Slot slot, const Message& question) const {
  const auto found = moves_.find(slot);
  return found != moves_.end() && found->second.target.is_of(from, question);
}

bool Incoming::is_writing(Slot slot) const {
  const auto found = moves_.find(slot);
  return found != moves_.end() && found->second.writing;
}

bool Incoming::is_in(Slot slot, Target::State state) const {
  const auto found = moves_.find(slot);
  return found != moves_.end() && found->second.target.state() == state;
}

bool Incoming::follows_on(Slot slot) const {
  const auto found = moves_.find(slot);
  return found != moves_.end() && found->second.onto_copy &&
         found->second.target.state() == Target::State::receiving;
}

// Of a promise whose title the disk has although it said that it could not write it, the sessions have gone:
// they were cleared, and that is numbered as what is received is, at the term that the slot would have had
// here.
std::optional<Promise> Incoming::promise(Slot slot) const {
  if (const auto& promise = ledger_.title(slot).promise) {
    const bool gone = numbers_.counts() && !unready_[slot] && numbers_.last(slot).term > promise->term;
    return gone ? std::nullopt : promise;
  }
  return is_preparing(slot) ? moves_.at(slot).target.title()->promise : std::nullopt;
}

// ---- What begins ----

// Why nothing can be received that is given by this view; empty: it can.
std::string Incoming::why_none(Slot slot, const Message& message, Now now) const {
  if (!ledger_.may_write()) return ledger_.why_closed();
  if (!ledger_.has_room(now)) return ledger_.why_no_room(now);
  if (in_startup_grace_) return "it has just started, and asks the others first";
  if (message.number > view_.epoch) {
    return "it has read epoch " + std::to_string(view_.epoch) + " of the cluster file, not " +
           std::to_string(message.number) + " yet";
  }
  const bool room = moves_.size() < kReceivingMax || moves_.contains(slot);
  return room ? "" : "it receives as many slots as it can already";
}

// Why the slot cannot be received in this try; empty: it can.
std::string Incoming::why_not(Slot slot, const Message& message, bool busy) const {
  if (view_.owners[slot] != self_) return "by its cluster file the slot is not its own";
  if (message.digest == kOntoCopy && !numbers_.counts()) return "it has no copies";
  if (unready_[slot]) return "it has not loaded the slot from its own disk yet";
  if (busy) return "it is still busy with the slot's last hand-over";
  if (!may_receive(ledger_.title(slot), message.term, message.migration)) return "it holds a later title";
  const auto found = moves_.find(slot);
  if (found == moves_.end()) return {};
  const Target& target = found->second.target;
  const bool newer =
      std::pair(message.term, message.migration) > std::pair(target.term(), target.migration());
  return newer ? "" : "it knows of a later try";
}

void Incoming::begin(Member from, Slot slot, const Message& message, std::uint64_t ticket, bool busy, Now now,
                     Actions& out) {
  Message refused{.kind = Kind::refused, .migration = message.migration, .term = message.term};
  std::string why = why_none(slot, message, now);
  if (why.empty()) {
    why = why_not(slot, message, busy);
    refused.number = kOfTheSlot;
  }
  if (!why.empty()) {
    refused.rest = why;
    return answer(ticket, refused, out);
  }
  // What was promised in it is dead, and a later promise will take its place.
  forget(slot, "a later try has begun", out);
  const bool onto_copy = message.digest == kOntoCopy;
  if (!onto_copy) {
    if (numbers_.counts()) numbers_.begin(slot, after_cession(message.term));
    store_.clear(slot);
  }
  store_.suspend_reclaim(slot);
  const auto [at, fresh] =
      moves_.emplace(slot, Move{.target = Target(slot, from, message.migration, message.term, now),
                                .began_ms = now.steady_ms,
                                .onto_copy = onto_copy});
  answer(ticket, at->second.target.ready(), out);
}

// ---- What happens to one ----

void Incoming::asked(Slot slot, const Message& question, std::uint64_t ticket, Now now, Actions& out) {
  Move& move = moves_.at(slot);
  const Message later{.kind = Kind::pending, .migration = question.migration, .term = question.term};
  // What was promised is not loaded yet. Everything is asked again.
  if (unready_[slot]) return answer(ticket, later, out);
  if (question.kind == Kind::finish) {
    move.history = read_history(question.rest);
    if (follows_on(slot) && !has_all(move)) move.target.give_up("its copy is not what the other node has");
  }
  if (const auto known = move.target.heard(question, ledger_.title(slot), store_, now)) {
    answer(ticket, *known, out);
  } else if (const auto before = std::exchange(move.ticket, ticket)) {
    answer(*before, later, out);
  }
  advance(move, now, out);
}

void Incoming::heard(Member from, Slot slot, Message fate, Now now, Actions& out) {
  if (in_startup_grace_ || unready_[slot] || !is_of(from, slot, fate)) return;
  Move& move = moves_.at(slot);
  if (fate.kind == Kind::abandoned && move.known_as_its) {
    fate.kind = Kind::committed;
    fate.number = move.target.bytes();
  }
  (void)move.target.heard(fate, ledger_.title(slot), store_, now);
  advance(move, now, out);
}

void Incoming::written(Slot slot, Now now, Actions& out) {
  Move& move = moves_.at(slot);
  move.writing = false;
  Message said = move.target.written();
  if (said.kind == Kind::prepared) said.digest = static_cast<std::uint64_t>(sync_time_.expected_ms());
  if (const auto ticket = std::exchange(move.ticket, std::nullopt)) answer(*ticket, said, out);
  advance(move, now, out);
}

// What it has of the slot was put into the journal before.
void Incoming::settled(Slot slot, Now now, Actions& out) {
  const auto found = moves_.find(slot);
  if (found == moves_.end()) return;
  Move& move = found->second;
  const auto since_ms = std::exchange(move.settles_ms, std::nullopt);
  if (!since_ms || !move.target.settles()) return;
  sync_time_.took(now.steady_ms - *since_ms);
  const Message said = move.target.settled(sync_time_.expected_ms());
  if (const auto ticket = std::exchange(move.ticket, std::nullopt)) answer(*ticket, said, out);
}

void Incoming::ask_again(Slot slot, Actions& out) {
  Move& move = moves_.at(slot);
  const auto ticket = std::exchange(move.ticket, std::nullopt);
  if (!ticket) return;
  answer(*ticket, {.kind = Kind::pending, .migration = move.target.migration(), .term = move.target.term()},
         out);
}

void Incoming::give_up(Slot slot, const std::string& why, Now now, Actions& out) {
  const auto found = moves_.find(slot);
  if (found == moves_.end()) return;
  found->second.target.give_up(why);
  advance(found->second, now, out);
}

void Incoming::forget(Slot slot, const std::string& why, Actions& out) {
  const auto found = moves_.find(slot);
  if (found == moves_.end()) return;
  end_waiting(found->second, why, out);
  moves_.erase(found);
}

// What its giver has served since then it may have lost again, and it may end that hand-over after all: that
// is for him to say.
void Incoming::overtaken(Slot slot, Term term, Now now, Actions& out) {
  const Target& target = moves_.at(slot).target;
  if (target.state() != Target::State::promised || target.term().cessions >= term.cessions) return;
  give_up(slot, "another node holds the slot by now", now, out);
}

void Incoming::is_known_as_its(Slot slot, Term term) {
  if (!is_in(slot, Target::State::promised)) return;
  Move& move = moves_.at(slot);
  if (after_cession(move.target.term()).cessions == term.cessions) move.known_as_its = true;
}

void Incoming::goes_on(Member giver, Slot slot, Term term, Now now, Actions& out) {
  if (unready_[slot] || !is_in(slot, Target::State::promised)) return;
  const Target& target = moves_.at(slot).target;
  if (target.from() == giver && target.term() < term)
    give_up(slot, "the other node serves the slot itself", now, out);
}

void Incoming::tick(Now now, Actions& out) {
  for (auto at = moves_.begin(); at != moves_.end();) {
    Move& move = (at++)->second;
    move.target.tick(now);
    advance(move, now, out);
  }
}

// ---- What becomes of it ----

void Incoming::answer(std::uint64_t ticket, const Message& message, Actions& out) const {
  reached(Step::answers, message.kind);
  out.answer(ticket, message);
}

// Has done what a target wants, after anything has happened to it.
void Incoming::advance(Move& move, Now now, Actions& out) {
  Target& target = move.target;
  const Slot slot = target.slot();
  if (const auto message = target.next(now)) {
    reached(Step::asks, message->kind);
    out.ask(target.from(), slot, *message);
  }
  if (target.settles() && !move.settles_ms) {
    move.settles_ms = now.steady_ms;
    out.syncs.push_back(slot);
  }
  if (target.title() && !std::exchange(move.writing, true)) {
    const bool promises = target.state() == Target::State::preparing;
    hold(move, out);
    if (promises) note_copied(move);
    out.titles.push_back({.slot = slot,
                          .title = *target.title(),
                          .after_data = promises,
                          .unblocks = promises ? Kind::prepared : Kind::owned});
  }
  if (target.state() == Target::State::done) return on_done(move, now, out);
  if (target.state() == Target::State::failed) on_failed(move, out);
}

// The copy is of the history that the other node says, and has all of it.
bool Incoming::has_all(const Move& move) const {
  return move.history && numbers_.last(move.target.slot()) == move.history->last;
}

// Before the promise, which is written behind it.
void Incoming::note_copied(const Move& move) {
  if (!numbers_.counts()) return;
  const Slot slot = move.target.slot();
  if (move.onto_copy) return numbers_.goes_on(slot, after_cession(move.target.term()));
  // A source that does not count says nothing. What it had is of its term.
  numbers_.copied(slot, move.history.value_or(History{{move.target.term(), numbers_.last(slot).number}, {}}));
}

// Nobody and nothing is to wait for this try any more.
void Incoming::end_waiting(Move& move, const std::string& why, Actions& out) {
  const Target& target = move.target;
  if (const auto ticket = std::exchange(move.ticket, std::nullopt)) {
    Message refused{.kind = Kind::refused, .migration = target.migration(), .term = target.term()};
    refused.rest = why;
    answer(*ticket, refused, out);
  }
  if (!std::exchange(move.holding, false)) return;
  out.modes.push_back({.kind = SlotMode::moved, .slot = target.slot(), .to = target.from()});
}

// From the promise on the other may commit at any moment, and send commands here.
void Incoming::hold(Move& move, Actions& out) {
  if (std::exchange(move.holding, true)) return;
  out.modes.push_back({.kind = SlotMode::frozen, .slot = move.target.slot()});
}

void Incoming::on_done(Move& move, Now now, Actions& out) {
  const Target& target = move.target;
  const Slot slot = target.slot();
  ++moved_total_;
  store_.resume_reclaim(slot);
  out.modes.push_back({.kind = SlotMode::serving, .slot = slot, .to = target.from()});
  const Moved moved{.with = view_.name_of(target.from()),
                    .sessions = store_.sessions_in(slot),
                    .bytes = target.bytes(),
                    .took_ms = now.steady_ms - move.began_ms};
  out.notes.push_back({.went_well = true,
                       .text = "slot " + std::to_string(slot) + " was received from " + moved.with + ": " +
                               std::to_string(moved.sessions) + " sessions, " + std::to_string(moved.bytes) +
                               " bytes in " + std::to_string(moved.took_ms) + " ms",
                       .moved = moved});
  moves_.erase(slot);
}

void Incoming::on_failed(Move& move, Actions& out) {
  const Slot slot = move.target.slot();
  const bool stays_copy = move.onto_copy;
  out.failures.push_back(move.target.why());
  end_waiting(move, move.target.why(), out);
  moves_.erase(slot);
  if (!stays_copy) {
    store_.clear(slot);
    store_.resume_reclaim(slot);
  }
  // Not before anything else: the promise is dead, whether the disk says so or not.
  const SlotTitle& title = ledger_.title(slot);
  if (title.promise && !ledger_.is_writing(slot) && ledger_.may_write()) {
    out.titles.push_back({.slot = slot, .title = forgotten(title)});
  }
}

}  // namespace limpet::handoff
