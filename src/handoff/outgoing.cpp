#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/outgoing.hpp>
#include <utility>

namespace limpet::handoff {

Outgoing::Outgoing(Member self, std::uint64_t boot, const TitleLedger& ledger, const HandOverView& view,
                   store::Store& store)
    : self_(self), boot_(boot), ledger_(ledger), view_(view), store_(store), held_back_(kSlots) {}

// ---- To see ----

const Source* Outgoing::source_of(Slot slot) const {
  const auto found = moves_.find(slot);
  return found == moves_.end() ? nullptr : &found->second.source;
}

bool Outgoing::is_frozen(Slot slot) const {
  const Source* const source = source_of(slot);
  return source != nullptr && source->frozen();
}

bool Outgoing::is_ceding(Slot slot) const {
  const auto found = moves_.find(slot);
  return found != moves_.end() && found->second.writing;
}

bool Outgoing::is_granting(Slot slot, std::optional<Member> to) const {
  const Source* const source = source_of(slot);
  return source != nullptr && source->state() == Source::State::granting && (!to || source->to() == *to);
}

bool Outgoing::is_under_way(Slot slot, const Message& message) const {
  const Source* const source = source_of(slot);
  return source != nullptr && source->is_of(source->to(), message);
}

bool Outgoing::can_copy() const {
  if (pace_.room() == 0) return false;
  return std::any_of(moves_.begin(), moves_.end(),
                     [](const auto& each) { return each.second.source.can_copy(); });
}

// Those whose commit has not been heard of for a while take nothing but a message now and then: the other
// node may be gone, and is not to be waited for by slots that go elsewhere.
std::size_t Outgoing::under_way(Now now) const {
  std::size_t count = 0;
  for (const auto& [slot, move] : moves_) {
    const Source& source = move.source;
    const bool unheard =
        source.state() == Source::State::granting && now.steady_ms - source.granting_ms() >= kGrantEveryMs;
    count += unheard ? 0 : 1;
  }
  return count;
}

std::size_t Outgoing::to_move() const {
  std::size_t count = waiting_.size();
  for (const auto& [slot, move] : moves_) count += owns(ledger_.title(slot));
  return count;
}

std::uint64_t Outgoing::sessions_to_move() const {
  std::uint64_t sessions = 0;
  for (const Slot slot : waiting_) sessions += store_.sessions_in(slot);
  for (const auto& [slot, move] : moves_) {
    if (owns(ledger_.title(slot))) sessions += store_.sessions_in(slot);
  }
  return sessions;
}

// ---- Which of them now ----

void Outgoing::view_changed(Now now, Actions& out) {
  retries_.forget_slots();
  for (auto at = moves_.begin(); at != moves_.end();) {
    Move& move = (at++)->second;
    if (move.source.to() == view_.owners[move.source.slot()]) continue;
    move.source.give_up("the cluster file has changed");
    advance(move, now, out);
  }
  waiting_.clear();
  ledger_.each_slot([&](Slot slot) {
    if (owns(ledger_.title(slot)) && view_.wants_elsewhere(slot, self_) && !is_moving(slot))
      waiting_.push_back(slot);
  });
}

void Outgoing::has_come(Slot slot) {
  if (view_.wants_elsewhere(slot, self_)) waiting_.push_back(slot);
}

// A node that could not take one will not take the next either, for a while. A slot that failed by itself
// waits by itself.
void Outgoing::start_more(const std::function<bool(Slot)>& may_leave, Now now, Actions& out) {
  std::size_t room = window_.size() - std::min(window_.size(), under_way(now));
  for (std::size_t i = 0; i < waiting_.size() && room > 0;) {
    const Slot slot = waiting_[i];
    const Member to = view_.owners[slot];
    // What came a moment ago may have its title under way still.
    const bool gone = !owns(ledger_.title(slot));
    const bool may = retries_.may(to, slot, now) && !held_back_[slot] && may_leave(slot);
    const TargetCopy copy = gone || !may ? TargetCopy::none : copy_at_(slot, to);
    if (!gone && (!may || copy == TargetCopy::coming)) {
      ++i;
      continue;
    }
    waiting_[i] = waiting_.back();
    waiting_.pop_back();
    if (gone) continue;
    --room;
    start_move(slot, to, copy == TargetCopy::there, now, out);
  }
}

void Outgoing::start_move(Slot slot, Member to, bool onto_copy, Now now, Actions& out) {
  const Migration migration{.boot = boot_, .attempt = ++attempts_};
  const auto known = sync_times_.find(to);
  const auto sync_ms = known == sync_times_.end() ? std::nullopt : std::optional(known->second);
  const Term term = ledger_.title(slot).title.term;
  const auto [at, fresh] =
      moves_.try_emplace(slot, Source(slot, to, migration, term, view_.epoch, now, sync_ms, onto_copy),
                         store_, view_.why_to(to), now);
  advance(at->second, now, out);
}

// ---- What happens to one ----

void Outgoing::changed(Slot slot, std::string_view effects) {
  Source& source = moves_.at(slot).source;
  const std::uint64_t before = source.bytes();
  source.changed(effects);
  // Before the copy has begun nothing is sent of it, and a try that has just failed sends nothing more.
  pace_.changed(source.bytes() - std::min(before, source.bytes()));
}

void Outgoing::copy_on(Now now, Actions& out) {
  pace_.go_on(now);
  std::uint64_t copied = 0;
  std::optional<Slot> stopped_at;
  auto at = moves_.lower_bound(next_copy_);
  for (std::size_t i = moves_.size(); i > 0 && copied < kTurnReplyBytes && pace_.room() > 0; --i) {
    if (at == moves_.end()) at = moves_.begin();
    Move& move = (at++)->second;
    if (!move.source.can_copy()) continue;
    const std::uint64_t before = move.source.bytes();
    move.source.copy_on(store_, now, pace_.room());
    pace_.copied(move.source.bytes() - before);
    copied += move.source.bytes() - before;
    if (pace_.room() == 0 && move.source.copies()) stopped_at = move.source.slot();
    advance(move, now, out);
    if (moves_.empty()) break;
  }
  // Where a rate has stopped it, what was begun is ended first: less of it is changed meanwhile.
  if (stopped_at && moves_.contains(*stopped_at)) at = moves_.find(*stopped_at);
  next_copy_ = at == moves_.end() ? Slot{0} : at->first;
}

bool Outgoing::heard(Member from, Slot slot, const Message& answer, Now now, Actions& out) {
  const auto found = moves_.find(slot);
  if (found == moves_.end() || !found->second.source.is_of(from, answer)) return false;
  if (answer.kind == Kind::settled || answer.kind == Kind::prepared) sync_times_[from] = answer.digest;
  const std::uint64_t moved_before = sum_.given_total;
  found->second.source.heard(answer, now);
  advance(found->second, now, out);
  return sum_.given_total != moved_before;
}

void Outgoing::unheard(Slot slot, const Message& question, const std::string& why, Now now, Actions& out) {
  if (!is_under_way(slot, question)) return;
  Move& move = moves_.at(slot);
  move.source.unheard(question.kind, why, now);
  advance(move, now, out);
}

void Outgoing::written(Slot slot, Now now, Actions& out) {
  Move& move = moves_.at(slot);
  move.writing = false;
  move.source.written(now);
  out.modes.push_back({.kind = SlotMode::moved, .slot = slot, .to = move.source.to()});
  advance(move, now, out);
}

void Outgoing::withdrawn(Slot slot, const std::string& why, Now now, Actions& out) {
  Move& move = moves_.at(slot);
  move.writing = false;
  move.source.withdrawn(why);
  advance(move, now, out);
}

void Outgoing::give_up(Slot slot, const std::string& why, Now now, Actions& out) {
  const auto found = moves_.find(slot);
  if (found == moves_.end()) return;
  found->second.source.give_up(why);
  advance(found->second, now, out);
}

// What is not decided stays where it is.
void Outgoing::give_up_all(const std::string& why, Now now, Actions& out) {
  for (auto at = moves_.begin(); at != moves_.end();) {
    Move& move = (at++)->second;
    move.source.give_up(why);
    advance(move, now, out);
  }
}

// Somebody holds it at a later term than it was given at: whoever got it has given it away since, or it was
// claimed.
void Outgoing::ended_elsewhere(Slot slot, Actions& out) {
  out.notes.push_back({.went_well = true,
                       .text = "slot " + std::to_string(slot) + ", which was handed over to " +
                               moves_.at(slot).why + ", is held by another node by now: the copy here goes"});
  moves_.erase(slot);
  part_with(slot);
}

void Outgoing::part_with(Slot slot) {
  if (keeps_copies_) return;
  store_.clear(slot);
  store_.resume_reclaim(slot);
}

void Outgoing::tick(Now now, bool serving, Actions& out) {
  window_.set_serving(serving);
  pace_.go_on(now);
  for (auto at = moves_.begin(); at != moves_.end();) {
    Move& move = (at++)->second;
    move.source.tick(now);
    advance(move, now, out);
  }
}

// ---- What becomes of it ----

void Outgoing::ask(Member to, Slot slot, const Message& message, Actions& out) {
  reached(Step::asks, message.kind);
  out.ask(to, slot, message);
  if (message.kind != Kind::finish || !numbers_.counts()) return;
  const History history = numbers_.history(slot);
  Bytes& body = out.questions.back().body;
  moves_.at(slot).source.takes_ends() ? append_history(body, history) : append_last(body, history.last);
}

// Has done what a source wants, after anything has happened to it.
void Outgoing::advance(Move& move, Now now, Actions& out) {
  Source& source = move.source;
  const Slot slot = source.slot();
  while (const auto message = source.next(now)) {
    if (message->kind == Kind::piece) sum_.sent_total += message->rest.size();
    ask(source.to(), slot, *message, out);
  }
  if (source.state() > Source::State::copying || source.copied()) move.copying.reset();
  hold(move, out);
  switch (source.state()) {
    case Source::State::ceding:
      if (!std::exchange(move.writing, true)) {
        out.titles.push_back({.slot = slot, .title = source.title(), .unblocks = Kind::grant});
      }
      return;
    case Source::State::done:
      return on_done(move, now, out);
    case Source::State::granting:
      if (now.steady_ms - source.granting_ms() < kGrantNoteMs || std::exchange(move.unheard, true)) return;
      out.notes.push_back({.went_well = false,
                           .text = "slot " + std::to_string(slot) + " was handed over to " + move.why +
                                   ", which has not said that it has it for " + std::to_string(kGrantNoteMs) +
                                   " ms: is it running?"});
      return;
    case Source::State::failed:
      return on_failed(move, now, out);
    default:
      return;
  }
}

// Commands wait while it is frozen, and while too much of what they have changed waits to be sent.
void Outgoing::hold(Move& move, Actions& out) {
  const Source& source = move.source;
  const Slot slot = source.slot();
  if (source.frozen() && !std::exchange(move.frozen, true)) {
    reached(Step::freezes, Kind::finish);
    // Neither time-outs nor eviction may change it any more.
    store_.suspend_reclaim(slot);
  }
  const bool wait = source.frozen() || source.behind();
  if (source.state() > Source::State::ceding || std::exchange(move.holding, wait) == wait) return;
  out.modes.push_back({.kind = wait ? SlotMode::frozen : SlotMode::serving, .slot = slot});
}

void Outgoing::on_done(Move& move, Now now, Actions& out) {
  const Slot slot = move.source.slot();
  const std::uint64_t sessions = store_.sessions_in(slot);
  const std::int64_t took_ms = now.steady_ms - move.began_ms;
  ++sum_.given_total;
  sum_.sessions_total += sessions;
  sum_.bytes_total += move.source.bytes();
  sum_.took_ms_total += static_cast<std::uint64_t>(took_ms);
  const auto held = static_cast<std::uint64_t>(move.source.held_ms());
  sum_.held_ms_total += held;
  sum_.held_ms_max = std::max(sum_.held_ms_max, held);
  window_.given(held);
  retries_.went_well(move.source.to(), slot);
  out.notes.push_back({.went_well = true,
                       .text = "slot " + std::to_string(slot) + " was handed over to " + move.why + ": " +
                               std::to_string(sessions) + " sessions, " +
                               std::to_string(move.source.bytes()) + " bytes in " + std::to_string(took_ms) +
                               " ms, " + std::to_string(move.source.held_ms()) + " of them frozen",
                       .moved = Moved{.given = true,
                                      .with = move.why,
                                      .sessions = sessions,
                                      .bytes = move.source.bytes(),
                                      .took_ms = took_ms,
                                      .frozen_ms = move.source.held_ms()}});
  moves_.erase(slot);
  // Only now: until it is served elsewhere this is the only other copy.
  part_with(slot);
  reached(Step::drops, Kind::owned);
}

void Outgoing::on_failed(Move& move, Now now, Actions& out) {
  const Slot slot = move.source.slot();
  const Member to = move.source.to();
  ask(to, slot, move.source.abort(), out);
  out.failures.push_back(view_.name_of(to) + ": " + move.source.why());
  // What its cluster file has made pointless is not the other's fault.
  const Member owner = view_.owners[slot];
  const bool worth_a_note = owner != to                 ? true
                            : move.source.of_the_slot() ? retries_.slot_failed(slot, now)
                                                        : retries_.node_failed(to, slot, now);
  if (worth_a_note) {
    out.notes.push_back({.went_well = false,
                         .text = "slot " + std::to_string(slot) + " was not handed over to " + move.why +
                                 ", and stays: " + move.source.why()});
  }
  if (move.frozen) store_.resume_reclaim(slot);
  if (move.holding) out.modes.push_back({.kind = SlotMode::serving, .slot = slot});
  moves_.erase(slot);
  has_come(slot);
}

}  // namespace limpet::handoff
