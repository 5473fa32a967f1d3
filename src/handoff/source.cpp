#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/hash.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/base/text.hpp>
#include <limpet/handoff/source.hpp>
#include <limpet/handoff/sync_time.hpp>
#include <utility>

#include "stream.hpp"

namespace limpet::handoff {

namespace {

// What takes until a disk has synced is asked again, so that each question has its answer soon.
bool due_again(std::int64_t asked_ms, Now now) {
  return asked_ms == 0 || now.steady_ms - asked_ms >= kAskEveryMs;
}

}  // namespace

Source::Source(Slot slot, Member to, const Migration& migration, Term term, std::uint64_t epoch, Now now,
               std::optional<std::uint64_t> sync_ms, bool onto_copy)
    : slot_(slot),
      to_(to),
      migration_(migration),
      term_(term),
      epoch_(epoch),
      onto_copy_(onto_copy),
      sync_ms_(sync_ms),
      since_ms_(now.steady_ms),
      stream_(slot, onto_copy) {}

SlotTitle Source::title() const {
  return ceded({.title = {.kind = Title::Kind::own, .term = term_}, .promise = std::nullopt}, to_, migration_,
               stream_.sent());
}

void Source::fail(std::string why, bool of_the_slot) {
  state_ = State::failed;
  of_the_slot_ = of_the_slot;
  why_ = std::move(why);
  stream_.drop();
}

// ---- The stream ----

void Source::changed(std::string_view effects) {
  if (state_ == State::frozen) return fail("the slot has changed while it was frozen", true);
  if (state_ != State::copying) return;
  stream_.changed(effects);
  if (stream_.waiting() > kHandoffBehindBytes) {
    fail("the other node takes less than is changed meanwhile", true);
  }
}

void Source::copy_on(store::Store& store, Now now, std::uint64_t most) {
  if (!copies()) return;
  stream_.copy_on(store, most);
  freeze_if_little_is_left(now);
}

// Where the disk takes its time, or gets much to do: what it need not do within the freeze it does before.
bool Source::must_settle() const {
  if (settled_) return false;
  return !sync_ms_ || *sync_ms_ > kHandoffFreezeGoalMs || stream_.copy_bytes() > kHandoffSettleBytes;
}

// Commands wait for what was changed meanwhile to go over, and not for the copy.
void Source::freeze_if_little_is_left(Now now) {
  if (!copy_is_there() || must_settle()) return;
  if (stream_.waiting() + stream_.under_way() > kHandoffFreezeBytes) return;
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
      begin.digest = onto_copy_ ? kOntoCopy : 0;
      return begin;
    }
    case State::copying:
    case State::frozen: {
      if (copy_is_there() && must_settle() && due_again(settle_asked_ms_, now)) {
        if (settle_ms_ == 0) settle_ms_ = now.steady_ms;
        settle_asked_ms_ = now.steady_ms;
        return message(Kind::settle);
      }
      const auto piece = next_piece(now);
      return piece ? piece : sign_of_life(now);
    }
    case State::granting: {
      if (now.steady_ms - granted_ms_ < kGrantEveryMs) return std::nullopt;
      granted_ms_ = now.steady_ms;
      Message grant = message(Kind::grant);
      grant.number = stream_.sent();
      return grant;
    }
    case State::ceding:
    case State::done:
    case State::failed:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Message> Source::next_piece(Now now) {
  const std::uint64_t at = stream_.sent();
  if (const std::string_view bytes = stream_.next_piece(); !bytes.empty()) {
    Message piece = message(Kind::piece);
    piece.number = at;
    piece.rest = bytes;
    return piece;
  }
  if (state_ != State::frozen || stream_.waiting() != 0 || !due_again(finish_asked_ms_, now))
    return std::nullopt;
  finish_asked_ms_ = now.steady_ms;
  finished_ = true;
  Message finish = message(Kind::finish);
  finish.number = stream_.sent();
  finish.digest = stream_.digest();
  return finish;
}

// While the copying waits for its turn there is nothing to send, and the other side has to know that this one
// lives: a piece without bytes. Its answer says the same of the other.
std::optional<Message> Source::sign_of_life(Now now) {
  const bool idle = state_ == State::copying && stream_.waiting() == 0 && stream_.under_way() == 0;
  if (!idle || now.steady_ms - since_ms_ < kHandoffKeepaliveMs || std::exchange(signed_, true)) {
    return std::nullopt;
  }
  Message sign = message(Kind::piece);
  sign.number = stream_.sent();
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
      takes_ends_ = answer.digest == kTakesEnds;
      return freeze_if_little_is_left(now);
    case Kind::taken:
      stream_.taken_up_to(answer.number);
      freeze_if_little_is_left(now);
      return;
    case Kind::settled:
      if (settle_ms_ == 0) return;
      sync_ms_ = answer.digest;
      settled_ = true;
      freeze_if_little_is_left(now);
      return;
    case Kind::prepared:
      // Of all that was sent, and not of an earlier state of it.
      if (state_ == State::frozen && finished_ && answer.number == stream_.sent()) {
        sync_ms_ = answer.digest;
        state_ = State::ceding;
      }
      return;
    case Kind::owned:
      if (state_ != State::granting) return;
      state_ = State::done;
      done_ms_ = now.steady_ms;
      return;
    case Kind::refused:
    case Kind::aborted:
      // What another node says may stand in the log.
      if (state_ < State::ceding) fail(printable(answer.rest, kErrorTextMax), answer.number == kOfTheSlot);
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
  if (state_ < State::frozen && now.steady_ms - since_ms_ >= kHandoffSilenceMs) {
    fail("no sign of progress for " + std::to_string(kHandoffSilenceMs) + " ms");
  }
  if (state_ == State::copying && settle_ms_ != 0 && !settled_ &&
      now.steady_ms - settle_ms_ >= kHandoffSettleMs) {
    fail("the other node's disk has taken longer than " + std::to_string(kHandoffSettleMs) + " ms");
  }
  const std::int64_t most = frozen_limit_ms(sync_ms_.value_or(0));
  if (state_ == State::frozen && now.steady_ms - frozen_ms_ >= most) {
    fail("it was not on the other node's disk within " + std::to_string(most) + " ms");
  }
}

}  // namespace limpet::handoff
