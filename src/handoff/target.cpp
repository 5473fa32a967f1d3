#include <limpet/base/assert.hpp>
#include <limpet/base/hash.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/target.hpp>
#include <limpet/store/change.hpp>
#include <utility>

#include "stream.hpp"

namespace limpet::handoff {

Target::Target(Slot slot, Member from, const Migration& migration, Term term, Now now)
    : slot_(slot), from_(from), migration_(migration), term_(term), heard_ms_(now.steady_ms) {}

Target::Target(Slot slot, const Promise& promise, Now now)
    : Target(slot, promise.from, promise.migration, promise.term, now) {
  state_ = State::promised;
  received_ = promise.bytes;
  heard_ms_ -= kAskEveryMs;
}

Message Target::message(Kind kind) const {
  return {.kind = kind, .migration = migration_, .term = term_, .number = received_};
}

Message Target::ready() const {
  Message ready = message(Kind::ready);
  ready.digest = kTakesEnds;
  return ready;
}

Message Target::refuse(std::string why) {
  state_ = State::failed;
  why_ = std::move(why);
  run_.release();
  title_.reset();
  Message refused = message(Kind::refused);
  refused.number = kOfTheSlot;
  refused.rest = why_;
  return refused;
}

std::optional<Message> Target::heard(const Message& message, const SlotTitle& title, store::Store& store,
                                     Now now) {
  heard_ms_ = now.steady_ms;
  // Whoever has not heard of it hears it again, whatever was asked.
  if (state_ == State::failed) return refuse(std::move(why_));
  switch (message.kind) {
    case Kind::begin:
      return ready();
    case Kind::piece:
      return piece(message, store, now);
    case Kind::settle:
      settles_ = state_ == State::receiving;
      return settles_ ? std::nullopt : std::optional(this->message(Kind::pending));
    case Kind::finish:
      return finish(message, title);
    case Kind::grant:
    case Kind::committed:
      return grant(message, title);
    case Kind::abort:
    case Kind::abandoned:
      // While the promise is being written it is too late. It will be asked about, and forgotten then.
      if (state_ == State::preparing) return std::nullopt;
      if (state_ < State::owning) refuse("the other node has given it up");
      return this->message(Kind::aborted);
    default:
      return std::nullopt;
  }
}

// ---- The stream ----

std::optional<Message> Target::piece(const Message& piece, store::Store& store, Now now) {
  if (state_ != State::receiving) return message(Kind::taken);
  // One that came twice.
  if (piece.number + piece.rest.size() <= received_) return message(Kind::taken);
  if (piece.number != received_) return refuse("bytes are missing in the stream");
  received_ += piece.rest.size();
  digest_ = hash64(piece.rest, digest_);
  if (const Result<void> done = take_runs(piece.rest, store, now); !done) return refuse(done.error().text);
  return message(Kind::taken);
}

Result<void> Target::take_runs(std::string_view bytes, store::Store& store, Now now) {
  run_.append(bytes);
  while (run_.size() >= kRunHeadBytes) {
    const auto length = load_le<std::uint32_t>(run_.data());
    if (length > kRecordBytesMax) return limpet::fail(Code::bad_input, "a run is too long");
    if (run_.size() - kRunHeadBytes < length) break;
    const std::string_view effects = run_.view().substr(kRunHeadBytes, length);
    if (Result<void> done = store::apply(store, slot_, effects, now.unix_ms); !done) return done;
    run_.consume(kRunHeadBytes + length);
  }
  if (run_.empty() && run_.capacity() > kHandoffPieceBytes) run_.release();
  return {};
}

std::optional<Message> Target::finish(const Message& finish, const SlotTitle& title) {
  switch (state_) {
    case State::receiving:
      break;
    case State::preparing:
      return std::nullopt;  // it was asked before
    default:
      return message(Kind::prepared);
  }
  if (finish.number != received_ || finish.digest != digest_ || !run_.empty()) {
    return refuse("what arrived is not what was sent");
  }
  if (!may_receive(title, term_, migration_)) return refuse("this node holds a later title");
  state_ = State::preparing;
  title_ = promised(title, {.from = from_, .term = term_, .migration = migration_, .bytes = received_});
  return std::nullopt;
}

// ---- Whose it is ----

std::optional<Message> Target::grant(const Message& grant, const SlotTitle& title) {
  if (state_ == State::done) return message(Kind::owned);
  if (state_ != State::promised) return std::nullopt;  // being written, or of a promise that is not
  title_ = granted(title, from_, grant.term, grant.migration, grant.number);
  if (!title_) {
    // Whatever that is, it is no reason to forget what was promised.
    Message refused = message(Kind::refused);
    refused.rest = "this node was not promised that";
    return refused;
  }
  state_ = State::owning;
  return std::nullopt;
}

Message Target::written() {
  LIMPET_ASSERT(state_ == State::preparing || state_ == State::owning);
  title_.reset();
  state_ = state_ == State::preparing ? State::promised : State::done;
  return message(state_ == State::promised ? Kind::prepared : Kind::owned);
}

std::optional<Message> Target::next(Now now) {
  if (state_ != State::promised || now.steady_ms - std::max(asked_ms_, heard_ms_) < kAskEveryMs) {
    return std::nullopt;
  }
  asked_ms_ = now.steady_ms;
  return message(Kind::ask);
}

Message Target::settled(std::int64_t sync_ms) {
  settles_ = false;
  Message said = message(Kind::settled);
  said.digest = static_cast<std::uint64_t>(sync_ms);
  return said;
}

void Target::give_up(const std::string& why) {
  LIMPET_ASSERT(state_ < State::owning);
  refuse(why);
}

void Target::tick(Now now) {
  if (state_ == State::receiving && now.steady_ms - heard_ms_ >= kHandoffSilenceMs) {
    refuse("nothing has come for " + std::to_string(kHandoffSilenceMs) + " ms");
  }
}

Message answer_alone(const Message& question, const SlotTitle& title, Fate fate) {
  Message answer{.kind = Kind::refused, .migration = question.migration, .term = question.term};
  answer.rest = "this node knows of no such try";
  switch (question.kind) {
    case Kind::grant:
      // It was heard before, and the answer was lost.
      if (title.title.kind != Title::Kind::none && title.title.term > question.term) {
        answer.kind = Kind::owned;
      }
      break;
    case Kind::abort:
      answer.kind = Kind::aborted;
      break;
    case Kind::ask:
      answer.kind = fate == Fate::ceded     ? Kind::committed
                    : fate == Fate::pending ? Kind::pending
                                            : Kind::abandoned;
      if (fate == Fate::ceded) answer.number = title.title.bytes;
      break;
    default:
      break;
  }
  if (answer.kind != Kind::refused) answer.rest = {};
  return answer;
}

}  // namespace limpet::handoff
