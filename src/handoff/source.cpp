#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/hash.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <limpet/handoff/source.hpp>
#include <utility>

#include "stream.hpp"

namespace limpet::handoff {

Source::Source(Slot slot, Member to, const Migration& migration, Term term, std::uint64_t epoch, Now now)
    : slot_(slot),
      to_(to),
      migration_(migration),
      term_(term),
      epoch_(epoch),
      since_ms_(now.steady_ms),
      copy_(slot) {}

SlotTitle Source::title() const {
  return ceded({.title = {.kind = Title::Kind::own, .term = term_}, .promise = std::nullopt}, to_, migration_,
               sent_);
}

void Source::fail(std::string why) {
  state_ = State::failed;
  why_ = std::move(why);
  waiting_.release();
}

// ---- The stream ----

void Source::begin_run() {
  run_at_ = waiting_.size();
  waiting_.extend(kRunHeadBytes);
  effects_.begin(waiting_);
}

void Source::end_run() {
  const std::size_t length = waiting_.size() - run_at_ - kRunHeadBytes;
  if (length == 0) return waiting_.truncate(run_at_);
  store_le(waiting_.data() + run_at_, static_cast<std::uint32_t>(length));
}

store::EffectWriter& Source::change_of(Slot) { return effects_; }

void Source::changed(std::string_view effects) {
  if (state_ == State::frozen) return fail("the slot has changed while it was frozen");
  // Before the copy has begun, they are in it.
  if (state_ != State::copying || !begun_) return;
  begin_run();
  waiting_.append(effects);
  end_run();
  if (waiting_.size() > kHandoffBehindBytes) fail("the other node takes less than is changed meanwhile");
}

void Source::copy_on(store::Store& store, Now now, std::uint64_t most) {
  if (!copies()) return;
  begun_ = true;
  const std::uint64_t before = bytes();
  const std::size_t keys = most == Pace::kUnlimited ? kCopySliceKeys : kPacedSliceKeys;
  while (!copied_ && waiting_.size() < kHandoffAheadBytes && bytes() - before < most) {
    begin_run();
    copied_ = copy_.go_on(store, *this, keys);
    end_run();
  }
  if (copied_) copy_end_ = bytes();
  freeze_if_little_is_left(now);
}

// Commands wait for what was changed meanwhile to go over, and not for the copy.
void Source::freeze_if_little_is_left(Now now) {
  if (state_ != State::copying || !copied_ || taken_ < copy_end_) return;
  if (waiting_.size() + (sent_ - taken_) > kHandoffFreezeBytes) return;
  state_ = State::frozen;
  frozen_ms_ = now.steady_ms;
}

// ---- Messages ----

Message Source::message(Kind kind) const { return {.kind = kind, .migration = migration_, .term = term_}; }

std::optional<Message> Source::next(Now now) {
  switch (state_) {
    case State::asking: {
      if (std::exchange(asked_, true)) return std::nullopt;
      Message begin = message(Kind::begin);
      begin.number = epoch_;
      return begin;
    }
    case State::copying:
    case State::frozen: {
      const auto piece = next_piece();
      return piece ? piece : sign_of_life(now);
    }
    case State::granting: {
      if (now.steady_ms - granted_ms_ < kGrantEveryMs) return std::nullopt;
      granted_ms_ = now.steady_ms;
      Message grant = message(Kind::grant);
      grant.number = sent_;
      return grant;
    }
    case State::ceding:
    case State::done:
    case State::failed:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Message> Source::next_piece() {
  if (!waiting_.empty() && sent_ - taken_ < kHandoffWindowBytes) {
    const std::size_t length = std::min(waiting_.size(), kHandoffPieceBytes);
    piece_.clear();
    piece_.append(waiting_.view().substr(0, length));
    waiting_.consume(length);
    Message piece = message(Kind::piece);
    piece.number = sent_;
    piece.rest = piece_.view();
    sent_ += length;
    digest_ = hash64(piece.rest, digest_);
    return piece;
  }
  if (state_ != State::frozen || !waiting_.empty() || std::exchange(finished_, true)) return std::nullopt;
  Message finish = message(Kind::finish);
  finish.number = sent_;
  finish.digest = digest_;
  return finish;
}

// While the copying waits for its turn there is nothing to send, and the other side has to know that this one
// lives: a piece without bytes. Its answer says the same of the other.
std::optional<Message> Source::sign_of_life(Now now) {
  const bool idle = state_ == State::copying && waiting_.empty() && sent_ == taken_;
  if (!idle || now.steady_ms - since_ms_ < kHandoffSignMs || std::exchange(signed_, true)) {
    return std::nullopt;
  }
  Message sign = message(Kind::piece);
  sign.number = sent_;
  return sign;
}

void Source::heard(const Message& answer, Now now) {
  if (answer.migration != migration_ || answer.term != term_) return;
  if (state_ == State::failed || state_ == State::done) return;
  since_ms_ = now.steady_ms;
  signed_ = false;
  switch (answer.kind) {
    case Kind::ready:
      if (state_ == State::asking) state_ = State::copying;
      return;
    case Kind::taken:
      if (answer.number > taken_ && answer.number <= sent_) taken_ = answer.number;
      freeze_if_little_is_left(now);
      return;
    case Kind::prepared:
      // Of all that was sent, and not of an earlier state of it.
      if (state_ == State::frozen && finished_ && answer.number == sent_) state_ = State::ceding;
      return;
    case Kind::owned:
      if (state_ != State::granting) return;
      state_ = State::done;
      done_ms_ = now.steady_ms;
      return;
    case Kind::refused:
    case Kind::aborted:
      // What another node says may stand in the log.
      if (state_ < State::ceding) fail(printable(answer.rest, kErrorTextMax));
      return;
    default:
      return;
  }
}

void Source::unheard(Kind question, const std::string& why, Now) {
  // A grant is repeated anyway, and by then nothing can fail.
  if (question != Kind::grant) give_up(why);
}

void Source::give_up(const std::string& why) {
  if (state_ < State::ceding) fail(why);
}

void Source::written(Now now) {
  LIMPET_ASSERT(state_ == State::ceding);
  state_ = State::granting;
  granting_ms_ = now.steady_ms;
  granted_ms_ = now.steady_ms - kGrantEveryMs;
}

void Source::tick(Now now) {
  if (state_ < State::ceding && now.steady_ms - since_ms_ >= kHandoffSilenceMs) {
    fail("no sign of progress for " + std::to_string(kHandoffSilenceMs) + " ms");
  }
  if (state_ == State::frozen && now.steady_ms - frozen_ms_ >= kHandoffFrozenMs) {
    fail("it was not on the other node's disk within " + std::to_string(kHandoffFrozenMs) + " ms");
  }
}

}  // namespace limpet::handoff
