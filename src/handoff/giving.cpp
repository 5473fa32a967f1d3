// The slots that a shard gives away: which of them now, and what becomes of them.
#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/hand_overs.hpp>
#include <optional>
#include <utility>

namespace limpet::handoff {

// Those whose commit has not been heard of for a while take nothing but a message now and then: the other
// node may be gone, and is not to be waited for by slots that go elsewhere.
std::size_t HandOvers::under_way(Now now) const {
  std::size_t count = 0;
  for (const auto& [slot, giving] : giving_) {
    const Source& source = giving.source;
    const bool unheard =
        source.state() == Source::State::granting && now.steady_ms - source.granting_ms() >= kGrantEveryMs;
    count += unheard ? 0 : 1;
  }
  return count;
}

// A node that could not take one will not take the next either, for a while. A slot that failed by itself
// waits by itself.
void HandOvers::give_more(Now now) {
  if (!trouble_.empty() || !has_room()) return;
  std::size_t room = window_.size() - std::min(window_.size(), under_way(now));
  for (std::size_t i = 0; i < to_give_.size() && room > 0;) {
    const Slot slot = to_give_[i];
    const Member to = view_.owners[slot];
    // What came a moment ago may have its title under way still.
    if (!owns(title(slot))) {
      to_give_[i] = to_give_.back();
      to_give_.pop_back();
      continue;
    }
    const bool free = retries_.may(to, slot, now) && !receiving_.contains(slot) && !writes_.contains(slot) &&
                      !unready_[slot] && !held_back_[slot];
    if (!free) {
      ++i;
      continue;
    }
    to_give_[i] = to_give_.back();
    to_give_.pop_back();
    --room;
    give(slot, to, now);
  }
}

void HandOvers::give(Slot slot, Member to, Now now) {
  const Migration migration{.boot = boot_, .attempt = ++attempts_};
  store_.copying(true);
  const auto known = sync_times_.find(to);
  const auto sync_ms = known == sync_times_.end() ? std::nullopt : std::optional(known->second);
  const auto [at, fresh] = giving_.try_emplace(slot, slot, to, migration, title(slot).title.term, view_.epoch,
                                               why_to(to), now, sync_ms);
  look_after(at->second, now);
}

// For the log: "n2 (epoch 4 of the cluster file)".
std::string HandOvers::why_to(Member member) const {
  const auto cause = view_.causes.find(member);
  return name_of(member) + (cause == view_.causes.end() ? "" : " (" + cause->second + ")");
}

std::string HandOvers::name_of(Member member) const {
  return member < view_.names.size() ? view_.names[member] : "node number " + std::to_string(member);
}

void HandOvers::changed(Slot slot, std::string_view effects) {
  Source& source = giving_.at(slot).source;
  const std::uint64_t before = source.bytes();
  source.changed(effects);
  // Before the copy has begun nothing is sent of it, and a try that has just failed sends nothing more.
  pace_.changed(source.bytes() - std::min(before, source.bytes()));
}

bool HandOvers::can_copy() const {
  if (pace_.room() == 0) return false;
  for (const auto& [slot, giving] : giving_) {
    if (giving.source.can_copy()) return true;
  }
  return false;
}

void HandOvers::go_on(Now now) {
  pace_.go_on(now);
  std::uint64_t copied = 0;
  std::optional<Slot> stopped_at;
  auto at = giving_.lower_bound(next_copy_);
  for (std::size_t i = giving_.size(); i > 0 && copied < kTurnReplyBytes && pace_.room() > 0; --i) {
    if (at == giving_.end()) at = giving_.begin();
    Giving& giving = (at++)->second;
    if (!giving.source.can_copy()) continue;
    const std::uint64_t before = giving.source.bytes();
    giving.source.copy_on(store_, now, pace_.room());
    pace_.copied(giving.source.bytes() - before);
    copied += giving.source.bytes() - before;
    if (pace_.room() == 0 && giving.source.copies()) stopped_at = giving.source.slot();
    look_after(giving, now);
    if (giving_.empty()) break;
  }
  // Where a rate has stopped it, what was begun is ended first: less of it is changed meanwhile.
  if (stopped_at && giving_.contains(*stopped_at)) at = giving_.find(*stopped_at);
  next_copy_ = at == giving_.end() ? Slot{0} : at->first;
}

void HandOvers::stop_copying(Giving& giving) {
  if (!std::exchange(giving.copying, false)) return;
  store_.copying(false);
}

// Has done what a source wants, after anything has happened to it.
void HandOvers::look_after(Giving& giving, Now now) {
  Source& source = giving.source;
  const Slot slot = source.slot();
  while (const auto message = source.next(now)) {
    if (message->kind == Kind::piece) sum_.sent_total += message->rest.size();
    ask(source.to(), slot, *message);
  }
  if (source.state() > Source::State::copying || source.copied()) stop_copying(giving);
  hold(giving);
  switch (source.state()) {
    case Source::State::ceding:
      if (!std::exchange(giving.writing, true)) write(slot, source.title(), Kind::grant);
      return;
    case Source::State::done:
      return given(giving, now);
    case Source::State::granting:
      if (now.steady_ms - source.granting_ms() < kGrantNoteMs || std::exchange(giving.unheard, true)) return;
      wishes_.notes.push_back({.went_well = false,
                               .text = "slot " + std::to_string(slot) + " was handed over to " + giving.why +
                                       ", which has not said that it has it for " +
                                       std::to_string(kGrantNoteMs) + " ms: is it running?"});
      return;
    case Source::State::failed:
      return given_up(giving, now);
    default:
      return;
  }
}

// Commands wait while it is frozen, and while too much of what they have changed waits to be sent.
void HandOvers::hold(Giving& giving) {
  const Source& source = giving.source;
  const Slot slot = source.slot();
  if (source.frozen() && !std::exchange(giving.frozen, true)) {
    pass(Step::freezes, Kind::finish);
    // Neither time-outs nor eviction may change it any more.
    store_.set_aside(slot, true);
  }
  const bool wait = source.frozen() || source.behind();
  if (source.state() > Source::State::ceding || std::exchange(giving.holding, wait) == wait) return;
  wishes_.turns.push_back({.kind = wait ? SlotMode::frozen : SlotMode::serving, .slot = slot});
}

void HandOvers::given(Giving& giving, Now now) {
  const Slot slot = giving.source.slot();
  const std::uint64_t sessions = store_.sessions_in(slot);
  const std::int64_t took_ms = now.steady_ms - giving.began_ms;
  if (trouble_.empty()) sum_.last_failure.clear();
  ++sum_.given_total;
  sum_.sessions_total += sessions;
  sum_.bytes_total += giving.source.bytes();
  sum_.took_ms_total += static_cast<std::uint64_t>(took_ms);
  const auto held = static_cast<std::uint64_t>(giving.source.held_ms());
  sum_.held_ms_total += held;
  sum_.held_ms_max = std::max(sum_.held_ms_max, held);
  window_.given(held);
  retries_.went_well(giving.source.to(), slot);
  wishes_.notes.push_back({.went_well = true,
                           .text = "slot " + std::to_string(slot) + " was handed over to " + giving.why +
                                   ": " + std::to_string(sessions) + " sessions, " +
                                   std::to_string(giving.source.bytes()) + " bytes in " +
                                   std::to_string(took_ms) + " ms, " +
                                   std::to_string(giving.source.held_ms()) + " of them frozen",
                           .moved = Moved{.given = true,
                                          .with = giving.why,
                                          .sessions = sessions,
                                          .bytes = giving.source.bytes(),
                                          .took_ms = took_ms,
                                          .frozen_ms = giving.source.held_ms()}});
  giving_.erase(slot);
  // Only now: until it is served elsewhere this is the only other copy.
  store_.clear(slot);
  store_.set_aside(slot, false);
  pass(Step::drops, Kind::owned);
  // Several at once, so that their titles are written with one sync.
  if (under_way(now) <= window_.size() / 2) give_more(now);
}

void HandOvers::given_up(Giving& giving, Now now) {
  const Slot slot = giving.source.slot();
  const Member to = giving.source.to();
  ask(to, slot, giving.source.abort());
  ++sum_.failed_total;
  sum_.last_failure = name_of(to) + ": " + giving.source.why();
  // What its cluster file has made pointless is not the other's fault.
  const Member owner = view_.owners[slot];
  const bool worth_a_note = owner != to                   ? true
                            : giving.source.of_the_slot() ? retries_.slot_failed(slot, now)
                                                          : retries_.node_failed(to, slot, now);
  if (worth_a_note) {
    wishes_.notes.push_back({.went_well = false,
                             .text = "slot " + std::to_string(slot) + " was not handed over to " +
                                     giving.why + ", and stays: " + giving.source.why()});
  }
  if (giving.frozen) store_.set_aside(slot, false);
  if (giving.holding) wishes_.turns.push_back({.kind = SlotMode::serving, .slot = slot});
  stop_copying(giving);
  giving_.erase(slot);
  if (owner != self_ && owner != kNobody) to_give_.push_back(slot);
}

}  // namespace limpet::handoff
