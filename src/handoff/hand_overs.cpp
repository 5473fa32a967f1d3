#include <deque>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/hand_overs.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/slot_copy.hpp>
#include <utility>

namespace limpet::handoff {

namespace {

// What there is of a slot, in runs.
class Copied final : public store::ChangeSink {
 public:
  Copied(store::Store& store, Slot slot) {
    store::SlotCopy copy(slot);
    store.copying(true);
    for (bool all = false; !all;) {
      begin();
      all = copy.go_on(store, *this);
    }
    store.copying(false);
  }
  store::EffectWriter& change_of(Slot) override {
    if (runs_.back().size() > kRecordSplitBytes) begin();
    return effects_;
  }
  [[nodiscard]] const std::deque<Bytes>& runs() const { return runs_; }

 private:
  void begin() { effects_.begin(runs_.emplace_back()); }

  std::deque<Bytes> runs_;
  store::EffectWriter effects_;
};

// All of it is put there anew: whoever reads of it later finds it behind the beginning of this life of the
// slot.
void put_anew(store::Store& store, Slot slot) {
  const Copied copied(store, slot);
  store.clear(slot);
  for (const Bytes& run : copied.runs()) LIMPET_ASSERT(store::apply(store, slot, run.view(), 0));
}

}  // namespace

HandOvers::HandOvers(Member self, std::uint64_t boot, unsigned shards, unsigned shard,
                     const std::vector<SlotTitle>& titles, store::Store& store, Now now)
    : self_(self), boot_(boot), shards_(shards), shard_(shard), store_(store), now_ms_(now.steady_ms) {
  LIMPET_ASSERT(titles.size() == kSlots && shard < shards);
  view_.owners.assign(kSlots, kNobody);
  titles_.resize(kSlots / shards + 1);
  unready_.resize(kSlots);
  held_back_.resize(kSlots);
  undecided_.resize(kSlots);
  for (unsigned at = shard; at < kSlots; at += shards) {
    const auto slot = static_cast<Slot>(at);
    set_title(slot, titles[slot]);
    const auto& promise = titles[slot].promise;
    if (!promise) continue;
    // It is asked about until its fate is known.
    store_.set_aside(slot, true);
    const auto [promised, fresh] = receiving_.emplace(
        slot,
        Receiving{.target = Target(slot, *promise, now), .began_ms = now.steady_ms, .ticket = std::nullopt});
    hold(promised->second);
  }
}

bool HandOvers::serves(Slot slot) const {
  if (!owns(title(slot))) return false;
  const auto given = giving_.find(slot);
  return given == giving_.end() || !given->second.source.frozen();
}

void HandOvers::set_view(HandOverView view, Now now) {
  now_ms_ = now.steady_ms;
  LIMPET_ASSERT(view.owners.size() == kSlots);
  view_ = std::move(view);
  retries_.forget_slots();
  // What is on its way to somebody who is not to have it any more is not worth going on with.
  for (auto at = giving_.begin(); at != giving_.end();) {
    Giving& giving = (at++)->second;
    const Slot slot = giving.source.slot();
    if (giving.source.to() == view_.owners[slot]) continue;
    giving.source.give_up("the cluster file has changed");
    look_after(giving, now);
  }
  to_give_.clear();
  for (unsigned at = shard_; at < kSlots; at += shards_) {
    const auto slot = static_cast<Slot>(at);
    const Member owner = view_.owners[slot];
    if (owns(title(slot)) && owner != self_ && owner != kNobody && !giving_.contains(slot)) {
      to_give_.push_back(slot);
    }
  }
  give_more(now);
}

void HandOvers::set_ready(Slot slot, bool ready) {
  LIMPET_ASSERT(mine(slot) && !giving_.contains(slot));
  unready_[slot] = !ready;
  // What a promise waits for is set aside until its fate is known, loaded or not.
  if (ready && receiving_.contains(slot)) store_.set_aside(slot, true);
}

bool HandOvers::claim(Slot slot) {
  const bool free =
      trouble_.empty() && title(slot) == SlotTitle{} && !receiving_.contains(slot) && !writes_.contains(slot);
  if (!free) return false;
  write(slot, {.title = {.kind = Title::Kind::own, .term = {1}}, .promise = std::nullopt});
  return true;
}

bool HandOvers::grants_to(Slot slot, Member to) const {
  const auto given = giving_.find(slot);
  return given != giving_.end() && given->second.source.to() == to &&
         given->second.source.state() == Source::State::granting;
}

// A promise of an earlier term has been overtaken by another hand-over.
bool HandOvers::promised_by(Slot slot, Member by, Term term) const {
  const auto known = promise(slot);
  return known && title(slot).promise && known->from == by && known->term.cessions >= term.cessions;
}

// Of a promise whose title the disk has although it said that it could not write it, the sessions have gone:
// they were cleared, and that is numbered as what is received is, at the term that the slot would have had
// here.
std::optional<Promise> HandOvers::promise(Slot slot) const {
  if (const auto& promise = title(slot).promise) {
    const bool gone = numbers_.counts() && !unready_[slot] && numbers_.last(slot).term > promise->term;
    return gone ? std::nullopt : promise;
  }
  const auto found = receiving_.find(slot);
  const bool writing = found != receiving_.end() && found->second.target.state() == Target::State::preparing;
  return writing ? found->second.target.title()->promise : std::nullopt;
}

HandOvers::Heritage HandOvers::inherit(Slot slot, Term term, bool whole) {
  const auto given = giving_.find(slot);
  const bool grants = given != giving_.end() && given->second.source.state() == Source::State::granting;
  const bool free = trouble_.empty() && !owns(title(slot)) && title(slot).title.term < term &&
                    !unready_[slot] && (grants || given == giving_.end()) && !writes_.contains(slot);
  if (!free) return Heritage::not_now;
  // What was on its way is not whole, nor is what this node had of it long ago.
  if (grants) giving_.erase(given);
  if (const auto found = receiving_.find(slot); found != receiving_.end()) {
    end_waiting(found->second, "this node has claimed the slot");
    receiving_.erase(found);
  }
  if (numbers_.counts()) numbers_.begin(slot, term);
  store_.set_aside(slot, false);
  if (!whole) store_.clear(slot);
  if (whole && numbers_.counts()) put_anew(store_, slot);
  // Until it is on the disk that it is this node's again.
  if (grants) wishes_.turns.push_back({.kind = SlotMode::frozen, .slot = slot});
  write(slot, {.title = {.kind = Title::Kind::own, .term = term}, .promise = std::nullopt});
  wishes_.writes.back().after_data = whole && numbers_.counts();
  return whole ? Heritage::whole : Heritage::empty;
}

// ---- Messages ----

void HandOvers::ask(Member to, Slot slot, const Message& message) {
  pass(Step::asks, message.kind);
  Question& question = wishes_.questions.emplace_back();
  question.to = to;
  question.slot = slot;
  append_message(question.body, message);
  if (message.kind == Kind::finish && numbers_.counts()) append_last(question.body, numbers_.last(slot));
}

void HandOvers::answer(std::uint64_t ticket, const Message& message) {
  pass(Step::answers, message.kind);
  Answer& answer = wishes_.answers.emplace_back();
  answer.ticket = ticket;
  append_message(answer.body, message);
}

void HandOvers::asked(Member from, Slot slot, std::string_view body, std::uint64_t ticket, Now now) {
  now_ms_ = now.steady_ms;
  Message message;
  if (!mine(slot) || !read_message(body, message) || message.kind > kLastQuestion) {
    Message refused{.kind = Kind::refused, .migration = message.migration, .term = message.term};
    refused.rest = "this is no question for this shard";
    return answer(ticket, refused);
  }
  pass(Step::hears, message.kind);
  const auto found = receiving_.find(slot);
  const bool ours = found != receiving_.end() && found->second.target.is_of(from, message);
  if (listens_ && (ours || message.kind == Kind::ask)) {
    // What it knows may be old. Everything is asked again.
    Message later{.kind = Kind::pending, .migration = message.migration, .term = message.term};
    return answer(ticket, later);
  }
  if (message.kind == Kind::begin && !ours) return begin(from, slot, message, ticket, now);
  if (message.kind == Kind::ask || !ours) {
    const auto given = giving_.find(slot);
    const bool under_way =
        given != giving_.end() && given->second.source.is_of(given->second.source.to(), message);
    if (message.kind == Kind::ask && was_ceded_once(title(slot), from, message.term)) {
      return answer(ticket, {.kind = Kind::committed,
                             .migration = message.migration,
                             .term = message.term,
                             .number = message.number});
    }
    const Fate fate = fate_of(title(slot), message.term, message.migration, under_way || undecided_[slot]);
    return answer(ticket, answer_alone(message, title(slot), fate));
  }
  Receiving& receiving = found->second;
  if (unready_[slot]) {
    // What was promised is not loaded yet. Everything is asked again.
    Message later{.kind = Kind::pending, .migration = message.migration, .term = message.term};
    return answer(ticket, later);
  }
  if (message.kind == Kind::finish) receiving.last = read_last(message.rest);
  if (const auto known = receiving.target.heard(message, title(slot), store_, now)) {
    answer(ticket, *known);
  } else if (const auto before = std::exchange(receiving.ticket, ticket)) {
    Message again{.kind = Kind::pending, .migration = message.migration, .term = message.term};
    answer(*before, again);
  }
  look_after(receiving, now);
}

void HandOvers::answered(Member from, Slot slot, std::string_view body, Now now) {
  now_ms_ = now.steady_ms;
  Message message;
  if (!mine(slot) || !read_message(body, message) || message.kind <= kLastQuestion) return;
  pass(Step::hears, message.kind);
  const bool of_a_fate =
      message.kind == Kind::committed || message.kind == Kind::abandoned || message.kind == Kind::pending;
  const auto given = giving_.find(slot);
  if (!of_a_fate && given != giving_.end() && given->second.source.is_of(from, message)) {
    if (message.kind == Kind::settled || message.kind == Kind::prepared) sync_times_[from] = message.digest;
    given->second.source.heard(message, now);
    look_after(given->second, now);
  }
  const auto found = receiving_.find(slot);
  if (of_a_fate && !listens_ && !unready_[slot] && found != receiving_.end() &&
      found->second.target.is_of(from, message)) {
    if (message.kind == Kind::abandoned && found->second.known_as_its) {
      message.kind = Kind::committed;
      message.number = found->second.target.bytes();
    }
    (void)found->second.target.heard(message, title(slot), store_, now);
    look_after(found->second, now);
  }
}

void HandOvers::unanswered(Slot slot, std::string_view question, const std::string& why, Now now) {
  now_ms_ = now.steady_ms;
  Message message;
  const auto given = giving_.find(slot);
  if (given == giving_.end() || !read_message(question, message)) return;
  if (!given->second.source.is_of(given->second.source.to(), message)) return;
  given->second.source.unheard(message.kind, why, now);
  look_after(given->second, now);
}

void HandOvers::overtaken(Slot slot, Term term, Now now) {
  if (unready_[slot]) return;
  const auto given = giving_.find(slot);
  const bool grants = given != giving_.end() && given->second.source.state() == Source::State::granting;
  if (grants && title(slot).title.term < term) return ceded_long_ago(given->second);
  const auto found = receiving_.find(slot);
  if (found == receiving_.end()) {
    const bool nothing = title(slot) == SlotTitle{} && !writes_.contains(slot);
    if (nothing && store_.keys_in(slot) > 0) store_.clear(slot);
    return;
  }
  Target& target = found->second.target;
  // What its giver has served since then it may have lost again, and it may end that hand-over after all:
  // that is for him to say.
  if (target.state() != Target::State::promised || target.term().cessions >= term.cessions) return;
  target.give_up("another node holds the slot by now");
  look_after(found->second, now);
}

void HandOvers::is_known_as_its(Slot slot, Term term) {
  const auto found = receiving_.find(slot);
  if (found == receiving_.end()) return;
  const Target& target = found->second.target;
  if (target.state() != Target::State::promised) return;
  if (after_cession(target.term()).cessions == term.cessions) found->second.known_as_its = true;
}

void HandOvers::goes_on(Member giver, Slot slot, Term term, Now now) {
  const auto found = receiving_.find(slot);
  if (unready_[slot] || found == receiving_.end()) return;
  Target& target = found->second.target;
  if (target.state() != Target::State::promised || target.from() != giver || target.term() >= term) return;
  target.give_up("the other node serves the slot itself");
  look_after(found->second, now);
}

// Somebody holds it at a later term than it was given at: whoever got it has given it away since, or it was
// claimed.
void HandOvers::ceded_long_ago(Giving& giving) {
  const Slot slot = giving.source.slot();
  wishes_.notes.push_back({.went_well = true,
                           .text = "slot " + std::to_string(slot) + ", which was handed over to " +
                                   giving.why + ", is held by another node by now: the copy here goes"});
  giving_.erase(slot);
  store_.clear(slot);
  store_.set_aside(slot, false);
}

// Otherwise than by a hand-over.
bool HandOvers::may_part_with(Slot slot) const {
  return trouble_.empty() && owns(title(slot)) && !giving_.contains(slot) && !writes_.contains(slot);
}

bool HandOvers::superseded(Slot slot, Member by, Term term, Now now) {
  now_ms_ = now.steady_ms;
  if (const auto given = giving_.find(slot); given != giving_.end()) {
    given->second.source.give_up("another node holds it");
    look_after(given->second, now);
  }
  if (!may_part_with(slot)) return false;
  store_.set_aside(slot, true);
  if (by == self_) {
    write(slot, {});
  } else {
    write(slot, {.title = {.kind = Title::Kind::ceded, .term = term, .to = by}, .promise = std::nullopt});
  }
  return true;
}

bool HandOvers::complete(Slot slot, const Unfinished::Offer& offer) {
  if (!may_part_with(slot)) return false;
  store_.set_aside(slot, true);
  write(slot, {.title = {.kind = Title::Kind::ceded,
                         .term = after_cession(offer.term),
                         .to = offer.by,
                         .migration = offer.migration,
                         .bytes = offer.bytes},
               .promise = std::nullopt});
  return true;
}

// ---- Titles ----

void HandOvers::write(Slot slot, const SlotTitle& title, Kind lets) {
  writes_.insert_or_assign(slot, Writing{.title = title, .lets = lets, .began_ms = now_ms_});
  wishes_.writes.push_back(
      {.slot = slot, .title = title, .after_data = lets == Kind::prepared, .lets = lets});
}

void HandOvers::written(Slot slot, Now now) {
  now_ms_ = now.steady_ms;
  const auto write = writes_.find(slot);
  LIMPET_ASSERT(write != writes_.end());
  set_title(slot, write->second.title);
  undecided_[slot] = false;
  sync_time_.took(now.steady_ms - write->second.began_ms);
  writes_.erase(write);
  if (const auto given = giving_.find(slot); given != giving_.end() && given->second.writing) {
    given->second.writing = false;
    given->second.source.written(now);
    wishes_.turns.push_back({.kind = SlotMode::moved, .slot = slot, .to = given->second.source.to()});
    look_after(given->second, now);
    return;
  }
  const auto found = receiving_.find(slot);
  if (found == receiving_.end() && owns(title(slot))) return claimed(slot);
  if (found == receiving_.end() && title(slot).title.kind == Title::Kind::ceded) {
    // It is another's, who has it or has more. Not before that is on the disk: what clears it counts as a
    // change.
    store_.clear(slot);
    store_.set_aside(slot, false);
  }
  if (found == receiving_.end() || !found->second.writing) return;
  Receiving& receiving = found->second;
  receiving.writing = false;
  Message said = receiving.target.written();
  if (said.kind == Kind::prepared) said.digest = static_cast<std::uint64_t>(sync_time_.expected_ms());
  if (const auto ticket = std::exchange(receiving.ticket, std::nullopt)) answer(*ticket, said);
  look_after(receiving, now);
}

// The view may have changed meanwhile.
void HandOvers::claimed(Slot slot) {
  wishes_.turns.push_back({.kind = SlotMode::serving, .slot = slot});
  const Member owner = view_.owners[slot];
  if (owner != self_ && owner != kNobody) to_give_.push_back(slot);
}

// Nothing that needs a title can go on. What was to be ceded may be ceded, and what was to be owned may be:
// the next start will tell.
void HandOvers::not_written(Slot slot, const std::string& why, Now now) {
  now_ms_ = now.steady_ms;
  writes_.erase(slot);
  trouble_ = "its titles cannot be written: " + why;
  sum_.last_failure = trouble_;
  const auto given = giving_.find(slot);
  const auto found = receiving_.find(slot);
  const bool ceding = given != giving_.end() && given->second.writing;
  const bool owning = found != receiving_.end() && found->second.target.state() == Target::State::owning;
  if (ceding || owning) {
    wishes_.turns.push_back({.kind = SlotMode::unknown, .slot = slot});
    if (owning && found->second.ticket) {
      const Target& target = found->second.target;
      answer(*std::exchange(found->second.ticket, std::nullopt),
             {.kind = Kind::pending, .migration = target.migration(), .term = target.term()});
    }
    wishes_.notes.push_back(
        {.went_well = false,
         .text = "slot " + std::to_string(slot) +
                 " is not served until the next start, which will tell whose it is: " + why});
  } else if (found != receiving_.end() && found->second.writing) {
    // The source has heard of no promise, so it never commits.
    found->second.target.give_up(trouble_);
    look_after(found->second, now);
  }
  give_up_all(now);
}

// It is certain that it is not on the disk, and there may be room again. What is not decided is given up, so
// that nobody waits for that; what is has to be written.
void HandOvers::no_room(Slot slot, const std::string& why, Now now) {
  now_ms_ = now.steady_ms;
  no_room_ms_ = now.steady_ms + kDiskRetryMs;
  no_room_why_ = "its titles cannot be written for now: " + why;
  const auto given = giving_.find(slot);
  const auto found = receiving_.find(slot);
  if (given != giving_.end() && given->second.writing) {
    writes_.erase(slot);
    given->second.writing = false;
    given->second.source.withdrawn(no_room_why_);
    look_after(given->second, now);
  } else if (found != receiving_.end() && found->second.target.state() == Target::State::preparing) {
    writes_.erase(slot);
    found->second.target.give_up(no_room_why_);
    look_after(found->second, now);
  } else {
    again_.push_back(slot);
  }
}

void HandOvers::write_again() {
  if (!has_room()) return;
  for (const Slot slot : std::exchange(again_, {})) {
    if (const auto waits = writes_.find(slot); waits != writes_.end()) {
      const Writing writing = waits->second;
      write(slot, writing.title, writing.lets);
    }
  }
}

// What it has of the slot was put into the journal before.
void HandOvers::settled(Slot slot, Now now) {
  const auto found = receiving_.find(slot);
  if (found == receiving_.end()) return;
  const auto since_ms = std::exchange(found->second.settles_ms, std::nullopt);
  if (!since_ms || !found->second.target.settles()) return;
  sync_time_.took(now.steady_ms - *since_ms);
  const Message said = found->second.target.settled(sync_time_.expected_ms());
  if (const auto ticket = std::exchange(found->second.ticket, std::nullopt)) answer(*ticket, said);
}

// What is not decided stays where it is.
void HandOvers::give_up_all(Now now) {
  for (auto at = giving_.begin(); at != giving_.end();) {
    Giving& giving = (at++)->second;
    giving.source.give_up(trouble_);
    look_after(giving, now);
  }
}

void HandOvers::stop(Now now) {
  if (trouble_.empty()) trouble_ = "this node is stopping";
  give_up_all(now);
}

// ---- Time ----

void HandOvers::tick(Now now) {
  now_ms_ = now.steady_ms;
  pace_.go_on(now);
  for (auto at = giving_.begin(); at != giving_.end();) {
    Giving& giving = (at++)->second;
    giving.source.tick(now);
    look_after(giving, now);
  }
  for (auto at = receiving_.begin(); at != receiving_.end();) {
    Receiving& receiving = (at++)->second;
    receiving.target.tick(now);
    look_after(receiving, now);
  }
  write_again();
  give_more(now);
}

HandOvers::Progress HandOvers::progress() const {
  Progress progress = sum_;
  progress.giving = giving_.size();
  progress.receiving = receiving_.size();
  progress.to_give = to_give_.size();
  for (const auto& [slot, giving] : giving_) progress.to_give += owns(title(slot));
  return progress;
}

std::uint64_t HandOvers::sessions_to_give() const {
  std::uint64_t sessions = 0;
  for (const Slot slot : to_give_) sessions += store_.sessions_in(slot);
  for (const auto& [slot, giving] : giving_) {
    if (owns(title(slot))) sessions += store_.sessions_in(slot);
  }
  return sessions;
}

}  // namespace limpet::handoff
