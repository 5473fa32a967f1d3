// Receiver: a node that receives one slot, and hears of its source whatever an input says.
//
// The source keeps to the try and to the order of the stream where the input lets it, so that all states are
// reached; else it says anything. The title changes in the right states alone, and nothing is promised that
// did not arrive.
#pragma once

#include <limpet/base/hash.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/target.hpp>
#include <optional>
#include <string>

#include "fuzz.hpp"

namespace limpet::fuzz {

class Receiver {
 public:
  using Target = handoff::Target;
  using State = Target::State;
  using Kind = handoff::Kind;
  using Message = handoff::Message;

  // `promised`: it was, before a restart.
  Receiver(Reader& reader, bool promised);
  void go();

 private:
  static constexpr handoff::Member kFrom = 7;
  static constexpr Term kTerm{5, 2};
  static constexpr handoff::Migration kTry{.boot = 3, .attempt = 2};
  // A few bytes can ask for a long string.
  static constexpr std::uint64_t kStoreBytesMax = 64_MiB;

  [[nodiscard]] static Message message(Kind kind, std::uint64_t number = 0) {
    return {.kind = kind, .migration = kTry, .term = kTerm, .number = number};
  }
  void step(unsigned what);
  [[nodiscard]] std::string run();
  void piece(std::uint64_t number, std::string_view bytes);
  void any_message();
  void finish(std::uint64_t number, std::uint64_t digest);
  void grant(Kind kind, std::uint64_t number);
  void hear(const Message& message);
  void written();
  void check_answer(const Message& to, const Message& answer) const;
  void check_state();

  Reader& reader_;
  Slot slot_ = slot_of("a");
  Now now_{.steady_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  store::Store store_{1};
  handoff::SlotTitle title_;
  std::optional<Target> target_;
  State state_ = State::receiving;
  // What the source has sent.
  std::uint64_t sent_ = 0;
  std::uint64_t digest_ = 0;
};

inline Receiver::Receiver(Reader& reader, bool promised) : reader_(reader) {
  if ((reader_.byte() & 1) != 0) {
    title_.title = {.kind = handoff::Title::Kind::ceded, .term = kTerm, .to = kFrom};
  }
  if (promised) {
    title_.promise = {.from = kFrom, .term = kTerm, .migration = kTry, .bytes = sent_ = reader_.byte()};
    target_.emplace(slot_, *title_.promise, now_);
    state_ = State::promised;
  } else {
    target_.emplace(slot_, kFrom, kTry, kTerm, now_);
  }
  check_state();
}

inline void Receiver::go() {
  while (!reader_.empty() && store_.stats().bytes < kStoreBytesMax) step(reader_.byte());
}

inline void Receiver::step(unsigned what) {
  switch (what % 16) {
    case 0:
      return hear(message(Kind::begin, reader_.number()));
    case 1:
    case 2:
      return piece(sent_, run());
    case 3:
      return piece(sent_, reader_.take(reader_.byte()));
    case 4:
      return piece(reader_.number(), reader_.take(reader_.byte()));
    case 5:
      return finish(sent_, digest_);
    case 6:
      return finish(reader_.number(), digest_);
    case 7:
      return grant((what & 16) != 0 ? Kind::grant : Kind::committed, sent_);
    case 8:
      return grant((what & 16) != 0 ? Kind::grant : Kind::committed, reader_.number());
    case 9:
      return hear(message((what & 16) != 0 ? Kind::abort : Kind::abandoned));
    case 10:
      return any_message();
    case 11:
    case 12:
      return written();
    case 13:
      now_.steady_ms += static_cast<std::int64_t>(reader_.byte()) * 40;
      target_->tick(now_);
      return check_state();
    case 14: {
      const auto question = target_->next(now_);
      FUZZ_CHECK(!question || (state_ == State::promised && question->kind == Kind::ask));
      return check_state();
    }
    default:
      if (state_ < State::owning) target_->give_up("it was told to");
      return check_state();
  }
}

// Effects on keys of the slot behind their length, and sometimes a part of that.
inline std::string Receiver::run() {
  Bytes effects;
  store::EffectWriter writer;
  writer.begin(effects);
  for (unsigned count = 1 + reader_.byte() % 4; count > 0; --count) {
    const std::string key = "{a}" + std::to_string(reader_.byte() % 4);
    const unsigned what = reader_.byte();
    const std::string_view value = reader_.take(what >> 3);
    switch (what % 8) {
      case 0:
        writer.write_string(key, 40, value, (what & 8) != 0);
        break;
      case 1:
        writer.put_field(key, value, value, (what & 8) != 0);
        break;
      case 2:
        writer.erase_field(key, value);
        break;
      case 3:
        writer.set_expiry(key, 1 + static_cast<std::int64_t>(what));
        break;
      case 4:
        writer.rename(key, "{a}r");
        break;
      case 5:
        writer.erase(key);
        break;
      default:
        writer.put_string(key, value, what % 8 == 6 ? kNoExpiry : now_.unix_ms + 1);
    }
  }
  Bytes run;
  append_le(run, static_cast<std::uint32_t>(effects.size()));
  run.append(effects.view());
  return std::string(run.view());
}

inline void Receiver::piece(std::uint64_t number, std::string_view bytes) {
  const Exact copy(bytes);
  Message piece = message(Kind::piece, number);
  piece.rest = copy.view();
  const bool next = number == sent_ && state_ == State::receiving;
  if (next) {
    sent_ += bytes.size();
    digest_ = hash64(bytes, digest_);
  }
  hear(piece);
}

// Of this try: others never get here.
inline void Receiver::any_message() {
  const Exact bytes(reader_.take(reader_.byte()));
  Message message;
  if (!handoff::read_message(bytes.view(), message)) return;
  message.migration = kTry;
  message.term = kTerm;
  if (message.kind == Kind::piece) return piece(message.number, message.rest);
  hear(message);
}

inline void Receiver::finish(std::uint64_t number, std::uint64_t digest) {
  Message finish = message(Kind::finish, number);
  finish.digest = digest;
  const State before = state_;
  hear(finish);
  if (before == State::receiving && state_ == State::preparing) FUZZ_CHECK(number == sent_);
}

inline void Receiver::grant(Kind kind, std::uint64_t number) {
  const State before = state_;
  hear(message(kind, number));
  if (before == State::promised) FUZZ_CHECK((state_ == State::owning) == (number == sent_));
}

inline void Receiver::hear(const Message& message) {
  const State before = state_;
  const auto answer = target_->heard(message, title_, store_, now_);
  check_state();
  if (answer) check_answer(message, *answer);
  // Who has not heard of an answer waits for something to be written, or asks again.
  const bool waits = state_ == State::preparing || state_ == State::owning || target_->settles();
  const bool question = message.kind <= handoff::kLastQuestion;
  FUZZ_CHECK(answer || waits || !question || message.kind == Kind::grant || message.kind == Kind::ask);
  FUZZ_CHECK(before == state_ || message.kind == Kind::piece || message.kind == Kind::finish ||
             message.kind == Kind::grant || message.kind == Kind::committed || message.kind == Kind::abort ||
             message.kind == Kind::abandoned);
}

inline void Receiver::written() {
  const State before = state_;
  if (target_->settles()) {
    const Message settled = target_->settled(7);
    check_state();
    FUZZ_CHECK(settled.kind == Kind::settled && settled.digest == 7 && target_->is_of(kFrom, settled));
    FUZZ_CHECK(state_ == before && !target_->settles());
  }
  if (!target_->title()) return;
  title_ = *target_->title();
  const Message answer = target_->written();
  check_state();
  FUZZ_CHECK(answer.kind == (before == State::preparing ? Kind::prepared : Kind::owned));
  FUZZ_CHECK(target_->is_of(kFrom, answer) && answer.number == sent_);
}

inline void Receiver::check_answer(const Message& to, const Message& answer) const {
  FUZZ_CHECK(target_->is_of(kFrom, answer) && answer.kind >= Kind::ready);
  Bytes written;
  handoff::append_message(written, answer);
  Message read;
  FUZZ_CHECK(handoff::read_message(written.view(), read) && read.rest == answer.rest);
  if (state_ == State::failed) {
    const bool gone = to.kind == Kind::abort || to.kind == Kind::abandoned;
    FUZZ_CHECK(answer.kind == Kind::refused || (answer.kind == Kind::aborted && gone));
  }
  const bool promised = state_ >= State::promised && state_ <= State::done;
  switch (answer.kind) {
    case Kind::ready:
      return FUZZ_CHECK(to.kind == Kind::begin);
    case Kind::taken:
      return FUZZ_CHECK(to.kind == Kind::piece && answer.number == sent_);
    case Kind::prepared:
      return FUZZ_CHECK(to.kind == Kind::finish && promised);
    case Kind::owned:
      return FUZZ_CHECK((to.kind == Kind::grant || to.kind == Kind::committed) && state_ == State::done);
    case Kind::aborted:
      return FUZZ_CHECK(to.kind == Kind::abort || to.kind == Kind::abandoned);
    case Kind::pending:
      return FUZZ_CHECK(to.kind == Kind::settle && state_ != State::receiving);
    default:
      return FUZZ_CHECK(answer.kind == Kind::refused && !answer.rest.empty());
  }
}

// The state goes on, or to its end, and wants what belongs to it.
inline void Receiver::check_state() {
  const State now = target_->state();
  const bool failed = now == State::failed && state_ < State::owning;
  const bool next = static_cast<int>(now) == static_cast<int>(state_) + 1 && now != State::failed;
  FUZZ_CHECK(now == state_ || failed || next);
  state_ = now;
  FUZZ_CHECK((now == State::failed) == !target_->why().empty());
  const auto& title = target_->title();
  FUZZ_CHECK(title.has_value() == (now == State::preparing || now == State::owning));
  if (now == State::preparing) {
    const handoff::Promise promise{.from = kFrom, .term = kTerm, .migration = kTry, .bytes = sent_};
    FUZZ_CHECK(title->title == title_.title && title->promise == promise);
  }
  if (now == State::owning) {
    FUZZ_CHECK(handoff::owns(*title) && title->title.term == after_cession(kTerm) && !title->promise);
  }
  FUZZ_CHECK(target_->bytes() == sent_);
}

}  // namespace limpet::fuzz
