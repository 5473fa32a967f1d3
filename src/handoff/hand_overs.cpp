#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/hand_overs.hpp>
#include <utility>

namespace limpet::handoff {

namespace {

SlotTitle own_at(Term term) {
  return {.title = {.kind = Title::Kind::own, .term = term}, .promise = std::nullopt};
}

template <class T>
void append(std::vector<T>&& from, std::vector<T>& to) {
  for (T& each : from) to.push_back(std::move(each));
}

}  // namespace

HandOvers::HandOvers(Member self, std::uint64_t boot, unsigned shards, unsigned shard,
                     const std::vector<SlotTitle>& titles, store::Store& store, Now now)
    : self_(self),
      store_(store),
      now_(now),
      view_{.owners = std::vector<Member>(kSlots, kNobody)},
      ledger_(shards, shard, titles),
      outgoing_(self, boot, ledger_, view_, store),
      incoming_(self, ledger_, view_, store) {
  ledger_.each_slot([&](Slot slot) {
    if (title(slot).promise) incoming_.resume(slot, *title(slot).promise, now, actions_);
  });
  hand_on();
}

void HandOvers::set_crash_hook(CrashHook hook) {
  outgoing_.set_crash_hook(hook);
  incoming_.set_crash_hook(hook);
  crash_hook_ = std::move(hook);
}

void HandOvers::set_numbering(Numbering numbers, bool keeps_copies) {
  keeps_copies_ = keeps_copies;
  outgoing_.set_numbering(numbers, keeps_copies);
  incoming_.set_numbering(numbers);
  numbers_ = std::move(numbers);
}

void HandOvers::set_view(HandOverView view, Now now) {
  now_ = now;
  LIMPET_ASSERT(view.owners.size() == kSlots);
  view_ = std::move(view);
  outgoing_.view_changed(now, actions_);
  give_more(now);
  hand_on();
}

void HandOvers::set_ready(Slot slot, bool ready) {
  LIMPET_ASSERT(ledger_.is_of_this_shard(slot) && !outgoing_.is_moving(slot));
  incoming_.set_ready(slot, ready);
}

void HandOvers::give_more(Now now) {
  if (!ledger_.may_write() || !ledger_.has_room(now)) return;
  const auto may_leave = [this](Slot slot) {
    return !incoming_.is_moving(slot) && incoming_.is_ready(slot) && !ledger_.is_writing(slot);
  };
  outgoing_.start_more(may_leave, now, actions_);
}

void HandOvers::hand_on() {
  for (WantedTitle& wanted : actions_.titles) ledger_.write(std::move(wanted), now_);
  append(ledger_.take(), wishes_.writes);
  append(std::move(actions_.questions), wishes_.questions);
  append(std::move(actions_.answers), wishes_.answers);
  append(std::move(actions_.syncs), wishes_.syncs);
  append(std::move(actions_.modes), wishes_.modes);
  for (const MoveNote& note : actions_.notes) {
    if (note.moved && note.moved->given && ledger_.may_write()) last_failure_.clear();
  }
  append(std::move(actions_.notes), wishes_.notes);
  wishes_.any = !wishes_.questions.empty() || !wishes_.answers.empty() || !wishes_.writes.empty() ||
                !wishes_.syncs.empty() || !wishes_.modes.empty() || !wishes_.notes.empty();
  failed_total_ += actions_.failures.size();
  if (!actions_.failures.empty()) last_failure_ = std::move(actions_.failures.back());
  actions_ = {};
}

// ---- Slots that are taken otherwise than by a hand-over ----

bool HandOvers::claim(Slot slot) {
  const bool free = ledger_.may_write() && title(slot) == SlotTitle{} && !incoming_.is_moving(slot) &&
                    !ledger_.is_writing(slot);
  if (!free) return false;
  actions_.titles.push_back({.slot = slot, .title = own_at({1})});
  hand_on();
  return true;
}

// A promise of an earlier term has been overtaken by another hand-over.
bool HandOvers::promised_by(Slot slot, Member by, Term term) const {
  const auto known = incoming_.promise(slot);
  return known && title(slot).promise && known->from == by && known->term.cessions >= term.cessions;
}

HandOvers::Heritage HandOvers::inherit(Slot slot, Term term, bool whole) {
  const bool grants = outgoing_.is_granting(slot);
  const bool free = ledger_.may_write() && !owns(title(slot)) && title(slot).title.term < term &&
                    incoming_.is_ready(slot) && (grants || !outgoing_.is_moving(slot)) &&
                    !ledger_.is_writing(slot);
  if (!free) return Heritage::not_now;
  // What was on its way is not whole, nor is what this node had of it long ago.
  if (grants) outgoing_.forget(slot);
  incoming_.forget(slot, "this node has claimed the slot", actions_);
  if (numbers_.counts()) whole ? numbers_.goes_on(slot, term) : numbers_.begin(slot, term);
  store_.resume_reclaim(slot);
  if (!whole) store_.clear(slot);
  // Until it is on the disk that it is this node's again.
  if (grants) actions_.modes.push_back({.kind = SlotMode::frozen, .slot = slot});
  actions_.titles.push_back({.slot = slot, .title = own_at(term), .after_data = whole && numbers_.counts()});
  hand_on();
  return whole ? Heritage::whole : Heritage::empty;
}

void HandOvers::overtaken(Slot slot, Term term, Now now) {
  if (!incoming_.is_ready(slot)) return;
  if (outgoing_.is_granting(slot) && title(slot).title.term < term) {
    outgoing_.ended_elsewhere(slot, actions_);
  } else if (incoming_.is_moving(slot)) {
    incoming_.overtaken(slot, term, now, actions_);
  } else if (!keeps_copies_ && title(slot) == SlotTitle{} && !ledger_.is_writing(slot) &&
             store_.keys_in(slot) > 0) {
    store_.clear(slot);
  }
  hand_on();
}

void HandOvers::goes_on(Member giver, Slot slot, Term term, Now now) {
  incoming_.goes_on(giver, slot, term, now, actions_);
  hand_on();
}

bool HandOvers::may_part_with(Slot slot) const {
  return ledger_.may_write() && owns(title(slot)) && !outgoing_.is_moving(slot) && !ledger_.is_writing(slot);
}

bool HandOvers::superseded(Slot slot, Member by, Term term, Now now) {
  now_ = now;
  outgoing_.give_up(slot, "another node holds it", now, actions_);
  hand_on();
  if (!may_part_with(slot)) return false;
  store_.suspend_reclaim(slot);
  SlotTitle given_way;
  if (by != self_) given_way.title = {.kind = Title::Kind::ceded, .term = term, .to = by};
  actions_.titles.push_back({.slot = slot, .title = given_way});
  hand_on();
  return true;
}

bool HandOvers::complete(Slot slot, const Unfinished::Offer& offer) {
  if (!may_part_with(slot)) return false;
  store_.suspend_reclaim(slot);
  SlotTitle given;
  given.title = {.kind = Title::Kind::ceded,
                 .term = after_cession(offer.term),
                 .to = offer.by,
                 .migration = offer.migration,
                 .bytes = offer.bytes};
  actions_.titles.push_back({.slot = slot, .title = given});
  hand_on();
  return true;
}

// ---- Messages ----

void HandOvers::asked(Member from, Slot slot, std::string_view body, std::uint64_t ticket, Now now) {
  now_ = now;
  const auto say = [&](const Message& said) {
    if (crash_hook_) crash_hook_(Step::answers, said.kind);
    actions_.answer(ticket, said);
  };
  Message message;
  const bool read =
      ledger_.is_of_this_shard(slot) && read_message(body, message) && message.kind <= kLastQuestion;
  if (read && crash_hook_) crash_hook_(Step::hears, message.kind);
  const bool ours = read && incoming_.is_of(from, slot, message);
  if (!read) {
    Message refused{.kind = Kind::refused, .migration = message.migration, .term = message.term};
    refused.rest = "this is no question for this shard";
    say(refused);
  } else if (incoming_.in_startup_grace() && (ours || message.kind == Kind::ask)) {
    // What it knows may be old. Everything is asked again.
    say({.kind = Kind::pending, .migration = message.migration, .term = message.term});
  } else if (message.kind == Kind::begin && !ours) {
    const bool busy = outgoing_.is_moving(slot) || ledger_.is_writing(slot);
    incoming_.begin(from, slot, message, ticket, busy, now, actions_);
  } else if (message.kind == Kind::ask || !ours) {
    say(answer_of_the_title(from, slot, message));
  } else {
    incoming_.asked(slot, message, ticket, now, actions_);
  }
  hand_on();
}

// To a question of no try that is being received: what the disk says became of it.
Message HandOvers::answer_of_the_title(Member from, Slot slot, const Message& question) const {
  if (question.kind == Kind::ask && was_ceded_once(title(slot), from, question.term)) {
    return {.kind = Kind::committed,
            .migration = question.migration,
            .term = question.term,
            .number = question.number};
  }
  const bool open = outgoing_.is_under_way(slot, question) || ledger_.is_undecided(slot);
  return answer_alone(question, title(slot), fate_of(title(slot), question.term, question.migration, open));
}

void HandOvers::answered(Member from, Slot slot, std::string_view body, Now now) {
  now_ = now;
  Message message;
  if (!ledger_.is_of_this_shard(slot) || !read_message(body, message) || message.kind <= kLastQuestion)
    return;
  if (crash_hook_) crash_hook_(Step::hears, message.kind);
  const bool of_a_fate =
      message.kind == Kind::committed || message.kind == Kind::abandoned || message.kind == Kind::pending;
  if (of_a_fate) {
    incoming_.heard(from, slot, message, now, actions_);
  } else if (outgoing_.heard(from, slot, message, now, actions_) && outgoing_.has_gap(now)) {
    give_more(now);
  }
  hand_on();
}

void HandOvers::unanswered(Slot slot, std::string_view question, const std::string& why, Now now) {
  now_ = now;
  Message message;
  if (!read_message(question, message)) return;
  outgoing_.unheard(slot, message, why, now, actions_);
  hand_on();
}

void HandOvers::settled(Slot slot, Now now) {
  incoming_.settled(slot, now, actions_);
  hand_on();
}

void HandOvers::go_on(Now now) {
  outgoing_.copy_on(now, actions_);
  hand_on();
}

// ---- Titles ----

void HandOvers::written(Slot slot, Now now) {
  now_ = now;
  incoming_.disk_took(ledger_.written(slot, now));
  if (outgoing_.is_ceding(slot)) {
    outgoing_.written(slot, now, actions_);
  } else if (incoming_.is_writing(slot)) {
    incoming_.written(slot, now, actions_);
    if (!incoming_.is_moving(slot)) outgoing_.has_come(slot);
  } else if (!incoming_.is_moving(slot)) {
    on_written_alone(slot);
  }
  hand_on();
}

// A title of no hand-over. The view may have changed meanwhile.
void HandOvers::on_written_alone(Slot slot) {
  if (owns(title(slot))) {
    actions_.modes.push_back({.kind = SlotMode::serving, .slot = slot});
    outgoing_.has_come(slot);
  } else if (title(slot).title.kind == Title::Kind::ceded) {
    // It is another's, who has it or has more. Not before that is on the disk: what clears it counts as a
    // change.
    store_.clear(slot);
    store_.resume_reclaim(slot);
  }
}

// Nothing that needs a title can go on. What was to be ceded may be ceded, and what was to be owned may be:
// the next start will tell.
void HandOvers::not_written(Slot slot, const std::string& why, Now now) {
  now_ = now;
  ledger_.not_written(slot, why);
  last_failure_ = ledger_.why_closed();
  const bool owning = incoming_.is_owning(slot);
  if (outgoing_.is_ceding(slot) || owning) {
    actions_.modes.push_back({.kind = SlotMode::unknown, .slot = slot});
    if (owning) incoming_.ask_again(slot, actions_);
    actions_.notes.push_back(
        {.went_well = false,
         .text = "slot " + std::to_string(slot) +
                 " is not served until the next start, which will tell whose it is: " + why});
  } else if (incoming_.is_writing(slot)) {
    // The source has heard of no promise, so it never commits.
    incoming_.give_up(slot, ledger_.why_closed(), now, actions_);
  }
  outgoing_.give_up_all(ledger_.why_closed(), now, actions_);
  hand_on();
}

// It is certain that it is not on the disk, and there may be room again. What is not decided is given up, so
// that nobody waits for that; what is has to be written.
void HandOvers::no_room(Slot slot, const std::string& why, Now now) {
  now_ = now;
  ledger_.no_room(slot, why, now);
  if (outgoing_.is_ceding(slot)) {
    ledger_.withdraw(slot);
    outgoing_.withdrawn(slot, ledger_.why_no_room(now), now, actions_);
  } else if (incoming_.is_preparing(slot)) {
    ledger_.withdraw(slot);
    incoming_.give_up(slot, ledger_.why_no_room(now), now, actions_);
  }
  hand_on();
}

// What is not decided stays where it is.
void HandOvers::stop(Now now) {
  ledger_.close("this node is stopping");
  outgoing_.give_up_all(ledger_.why_closed(), now, actions_);
  hand_on();
}

// ---- Time ----

void HandOvers::tick(Now now, bool serving) {
  now_ = now;
  outgoing_.tick(now, serving, actions_);
  incoming_.tick(now, actions_);
  hand_on();
  ledger_.retry(now);
  give_more(now);
  hand_on();
}

Progress HandOvers::progress() const {
  Progress progress = outgoing_.progress();
  progress.to_give = outgoing_.to_move();
  progress.giving = outgoing_.moving();
  progress.receiving = incoming_.moving();
  progress.received_total = incoming_.moved_total();
  progress.failed_total = failed_total_;
  last_failure_.copy(progress.last_failure.data(), progress.last_failure.size() - 1);
  return progress;
}

}  // namespace limpet::handoff
