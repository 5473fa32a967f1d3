#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/replica/entry.hpp>
#include <limpet/replica/feed.hpp>

namespace limpet::replica {

using Kind = Entry::Kind;

namespace {

// What is not in this history is not overwritten, if it may be of changes that were acknowledged: of a term
// that is known here, and gone on to somewhere else.
bool may_be_overwritten(const journal::SlotVersion& own, const LastChange& last) {
  const Term oldest = own.ends.empty() ? own.last.term : own.ends.front().term;
  return last.number == 0 || last.term == Term{} || last.term < oldest;
}

}  // namespace

Feed::Feed(const ChangeLog& log, const OwnSlots& own, unsigned shard, unsigned shards)
    : log_(log), own_(own), shard_(shard), shards_(shards), slots_((kSlots + shards - 1) / shards) {}

// ---- Which slots ----

void Feed::follow(Slot slot) {
  if (at(slot).state != State::none) return;
  at(slot) = {.state = State::left};
  if (open_) ask(slot);
}

void Feed::unfollow(Slot slot) {
  if (at(slot).state == State::none) return;
  // Replies may wait for what it has not been sent yet.
  if (open_ && at(slot).counts && !is_lost()) send_changes(kEndOfAll);
  leave(slot, State::none);
  mark();
  if (open_) append_entry(out_, {.kind = Kind::drop, .slot = slot});
}

void Feed::spare(Slot slot) {
  if (open_) append_entry(out_, {.kind = Kind::spare, .slot = slot, .term = own_.term(slot)});
}

// ---- Streams ----

void Feed::begin(std::uint64_t stream) {
  end();
  open_ = true;
  stream_ = stream;
  next_ = log_.end();
  next_lsn_ = log_.end_lsn();
  mark();
  each_followed([this](Slot slot) { ask(slot); });
}

void Feed::end() {
  if (!open_) return;
  away_since_ = log_.end() - std::min(log_.end(), behind());
  open_ = false;
  copy_.reset();
  troubles_ = {};
  waiting_.clear();
  joins_.clear();
  marks_.clear();
  replay_.reset();
  each_followed([this](Slot slot) { leave(slot, State::left); });
  out_.release();
  given_ = 0;
  sent_ = taken_ = confirmed_ = 0;
}

void Feed::ask(Slot slot) {
  at(slot).state = State::asked;
  append_entry(out_, {.kind = Kind::ask, .slot = slot, .term = own_.term(slot)});
  at(slot).asked_at = made();
}

void Feed::ask_again() {
  if (!open_) return;
  each_followed([this](Slot slot) {
    if (at(slot).state == State::left || at(slot).state == State::parted) ask(slot);
  });
}

// What comes of the slot meanwhile is not sent, and nobody counts on it.
void Feed::leave(Slot slot, State state) {
  if (at(slot).counts) left_.push_back(slot);
  std::erase_if(joins_, [slot](const Join& join) { return join.slot == slot; });
  if (!waiting_.empty() && waiting_.front() == slot) copy_.reset();
  std::erase(waiting_, slot);
  at(slot) = {.state = state};
}

// ---- What the follower says ----

bool Feed::heard(const Followed& followed) {
  if (!open_ || followed.stream != stream_) return true;  // of one that has ended
  const bool fits = std::all_of(followed.states.begin(), followed.states.end(),
                                [this](const CopyState& state) { return state.slot % shards_ == shard_; });
  if (followed.taken > sent_ || !fits) return false;
  // What is wrong with a copy is looked at before what is confirmed of the others, and of those that may be
  // whole there ends it all.
  for (const CopyState& state : followed.states) {
    // What was said before it was asked is the answer to an earlier question, and may be true no more.
    const bool is_late = at(state.slot).state == State::asked && followed.taken < at(state.slot).asked_at;
    if (!is_late) hears(state);
    if (!open_) return true;
  }
  taken_ = std::max(taken_, followed.taken);
  confirmed_ = std::max(confirmed_, followed.confirmed);
  while (!marks_.empty() && marks_.front().at <= confirmed_) {
    covered_ = marks_.front().lsn;
    marks_.pop_front();
  }
  join();
  return true;
}

// What a slot had when it began to follow is confirmed: that may be so at once.
void Feed::join() {
  while (!joins_.empty() && joins_.front().at <= confirmed_) {
    at(joins_.front().slot).counts = true;
    joined_.push_back(joins_.front().slot);
    joins_.pop_front();
  }
}

void Feed::hears(const CopyState& state) {
  if (state.kind != CopyState::Kind::has) return hears_what_is_wrong(state);
  if (at(state.slot).state == State::asked) hears_of(state.slot, state.last);
}

// Of a copy that may be whole there nothing more is confirmed.
void Feed::hears_what_is_wrong(const CopyState& state) {
  const State before = at(state.slot).state;
  if (before == State::none) return;
  if (!at(state.slot).counts && before != State::replayed && before != State::following)
    return leave(state.slot, State::left);
  end();
  at(state.slot).was_full = before == State::replayed && state.kind == CopyState::Kind::full;
  troubles_.wrong = state.kind;
}

void Feed::hears_of(Slot slot, const LastChange& last) {
  const journal::SlotVersion own = own_.version(slot);
  if (last == own.last) {
    append_entry(out_, {.kind = Kind::from, .slot = slot, .last = last});
    return follows(slot, last.number);
  }
  const bool is_known = journal::has(own, last);
  if (!is_known && !may_be_overwritten(own, last)) {
    troubles_.parted = true;
    return leave(slot, State::parted);
  }
  // Others may have changed it since, under the same numbers.
  const bool replays = is_known && !at(slot).was_full && log_.newest(slot) == own.last;
  const auto found = replays ? log_.find(slot, last.number, own.last.number) : std::nullopt;
  if (!found) {
    at(slot).state = State::waiting;
    waiting_.push_back(slot);
    return;
  }
  // What is replayed is all of one term and boot.
  const LastChange before{own.last.term, last.number, own.last.boot};
  append_entry(out_, {.kind = Kind::from, .slot = slot, .last = before});
  at(slot) = {.state = State::replayed, .number = last.number, .from = *found};
  replay_ = std::min(replay_.value_or(*found), *found);
}

// What it has of what stands behind next_ is not sent again.
void Feed::follows(Slot slot, std::uint64_t number) {
  at(slot) = {.state = State::following, .number = number};
  joins_.push_back({.at = made(), .slot = slot});
}

// ---- From the log ----

void Feed::go_on(std::size_t most) {
  if (!open_ || is_lost()) return;
  const std::uint64_t until = std::min(made() + most, taken_ + kFollowCreditBytes);
  // New changes first: replies wait for them.
  send_changes(until);
  if (replay_) replay(until);
  mark();
  join();
}

// Of the first of these, so many at most, and as far as the stream goes: those that are wanted go into it.
// Returns how many bytes were looked at.
template <class Wanted>
std::size_t Feed::pass_on(std::string_view entries, std::uint64_t until, std::size_t most, Wanted is_wanted) {
  std::size_t at = 0;
  std::size_t first = 0;  // of those that are wanted, and have not been copied yet
  for (; most > 0 && at < entries.size() && made() + at - first < until; --most) {
    const Glance entry = glance_at(entries.data() + at);
    const std::size_t behind = at + entry.bytes;
    if (!is_wanted(entry, at)) {
      out_.append(entries.substr(first, at - first));
      first = behind;
    }
    at = behind;
  }
  out_.append(entries.substr(first, at - first));
  return at;
}

// What it has is not sent again.
bool Feed::is_new(SlotFeed& slot, const Glance& entry) {
  if (!entry.is_change) return entry.number >= slot.number;
  if (entry.number <= slot.number) return false;
  slot.number = entry.number;
  return true;
}

void Feed::send_changes(std::uint64_t until) {
  const auto is_wanted = [this](const Glance& entry, std::size_t) {
    SlotFeed& slot = at(entry.slot);
    return (slot.state == State::following || slot.state == State::copied) && is_new(slot, entry);
  };
  while (made() < until && next_ < log_.end()) {
    const ChangeLog::Entries more = log_.entries_from(next_);
    const std::size_t passed = pass_on(more.bytes, until, more.bytes.size(), is_wanted);
    next_ += passed;
    if (passed == more.bytes.size()) next_lsn_ = more.end;
  }
}

void Feed::replay(std::uint64_t until) {
  if (*replay_ < log_.begin()) return end_replay(State::waiting);
  const auto is_wanted = [this](const Glance& entry, std::size_t behind) {
    SlotFeed& slot = at(entry.slot);
    return slot.state == State::replayed && *replay_ + behind >= slot.from && is_new(slot, entry);
  };
  if (*replay_ < next_) {
    const std::string_view entries = log_.entries_from(*replay_).bytes.substr(0, next_ - *replay_);
    *replay_ += pass_on(entries, until, kFollowReplaySteps, is_wanted);
  }
  if (*replay_ == next_) end_replay(State::following);
}

// Those that were replayed have all that stands before next_, or are copied instead.
void Feed::end_replay(State then) {
  replay_.reset();
  each_followed([&](Slot slot) {
    if (at(slot).state != State::replayed) return;
    if (then == State::following) return follows(slot, at(slot).number);
    at(slot) = {.state = then};
    waiting_.push_back(slot);
  });
}

// What has been made so far covers so much.
void Feed::mark() {
  if (confirmed_ == made()) {
    covered_ = next_lsn_;
  } else if (!marks_.empty() && marks_.back().at == made()) {
    marks_.back().lsn = next_lsn_;
  } else {
    marks_.push_back({.at = made(), .lsn = next_lsn_});
  }
}

// ---- Copies ----

std::uint64_t Feed::copy_on(store::Store& store, std::size_t most) {
  if (!can_copy()) return 0;
  const Slot slot = waiting_.front();
  const std::uint64_t before = made();
  const std::uint64_t until = before + most;
  if (!copy_) {
    copy_.emplace(slot);
    at(slot) = {.state = State::copied};
    append_entry(out_, {.kind = Kind::begin, .slot = slot, .term = own_.term(slot)});
  }
  bool whole = false;
  while (!whole && made() < until) {
    run_at_ = begin_run(out_, slot);
    effects_.begin(out_);
    whole = copy_->go_on(store, *this);
    end_run(out_, run_at_);
  }
  if (whole) end_copy(slot);
  mark();
  return made() - before;
}

// A run is applied as a whole, so it is cut by bytes, as records of the journal are.
store::EffectWriter& Feed::change_of(Slot slot) {
  if (out_.size() - run_at_ > kRecordSplitBytes) {
    end_run(out_, run_at_);
    run_at_ = begin_run(out_, slot);
    effects_.begin(out_);
  }
  return effects_;
}

void Feed::end_copy(Slot slot) {
  const journal::SlotVersion own = own_.version(slot);
  append_entry(out_, {.kind = Kind::whole, .slot = slot, .last = own.last, .ends = own.ends});
  copy_.reset();
  waiting_.pop_front();
  follows(slot, own.last.number);
}

// ---- To see ----

std::optional<Feed::Piece> Feed::next_piece() {
  if (given_ > 0) {
    out_.consume(given_);
    sent_ += std::exchange(given_, 0);
    trim(out_);
  }
  if (out_.empty()) return std::nullopt;
  given_ = std::min(out_.size(), kFollowPieceBytes);
  return Piece{.at = sent_, .bytes = out_.view().substr(0, given_)};
}

}  // namespace limpet::replica
