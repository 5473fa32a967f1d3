// The slots that a shard receives.
#include <limpet/base/limits.hpp>
#include <limpet/handoff/hand_overs.hpp>
#include <utility>

namespace limpet::handoff {

// Why nothing can be received that is given by this view; empty: it can.
std::string HandOvers::why_none(Slot slot, const Message& message) const {
  if (!trouble_.empty()) return trouble_;
  if (!has_room()) return no_room_why_;
  if (listens_) return "it has just started, and asks the others first";
  if (message.number > view_.epoch) {
    return "it has read epoch " + std::to_string(view_.epoch) + " of the cluster file, not " +
           std::to_string(message.number) + " yet";
  }
  const bool room = receiving_.size() < kReceivingMax || receiving_.contains(slot);
  return room ? "" : "it receives as many slots as it can already";
}

// Why the slot cannot be received in this try; empty: it can.
std::string HandOvers::why_not(Slot slot, const Message& message) const {
  if (view_.owners[slot] != self_) return "by its cluster file the slot is not its own";
  if (unready_[slot]) return "it has not loaded the slot from its own disk yet";
  if (giving_.contains(slot) || writes_.contains(slot))
    return "it is still busy with the slot's last hand-over";
  if (!may_receive(title(slot), message.term, message.migration)) return "it holds a later title";
  const auto found = receiving_.find(slot);
  if (found == receiving_.end()) return {};
  const Target& target = found->second.target;
  const bool newer =
      std::pair(message.term, message.migration) > std::pair(target.term(), target.migration());
  return newer ? "" : "it knows of a later try";
}

void HandOvers::begin(Member from, Slot slot, const Message& message, std::uint64_t ticket, Now now) {
  Message refused{.kind = Kind::refused, .migration = message.migration, .term = message.term};
  std::string why = why_none(slot, message);
  if (why.empty()) {
    why = why_not(slot, message);
    refused.number = kOfTheSlot;
  }
  if (!why.empty()) {
    refused.rest = why;
    return answer(ticket, refused);
  }
  if (const auto before = receiving_.find(slot); before != receiving_.end()) {
    // What was promised in it is dead, and a later promise will take its place.
    end_waiting(before->second, "a later try has begun");
    receiving_.erase(before);
  }
  if (numbers_.counts()) numbers_.begin(slot, after_cession(message.term));
  store_.clear(slot);
  store_.set_aside(slot, true);
  const auto [at, fresh] =
      receiving_.emplace(slot, Receiving{.target = Target(slot, from, message.migration, message.term, now),
                                         .began_ms = now.steady_ms,
                                         .ticket = std::nullopt});
  answer(ticket, at->second.target.ready());
}

// Has done what a target wants, after anything has happened to it.
void HandOvers::look_after(Receiving& receiving, Now now) {
  Target& target = receiving.target;
  const Slot slot = target.slot();
  if (const auto message = target.next(now)) ask(target.from(), slot, *message);
  if (target.settles() && !receiving.settles_ms) {
    receiving.settles_ms = now.steady_ms;
    wishes_.syncs.push_back(slot);
  }
  if (target.title() && !std::exchange(receiving.writing, true)) {
    hold(receiving);
    if (target.state() == Target::State::preparing) note_copied(receiving);
    write(slot, *target.title(), target.state() == Target::State::preparing ? Kind::prepared : Kind::owned);
  }
  if (target.state() == Target::State::done) return received(receiving, now);
  if (target.state() != Target::State::failed) return;
  ++sum_.failed_total;
  sum_.last_failure = target.why();
  end_waiting(receiving, target.why());
  receiving_.erase(slot);
  store_.clear(slot);
  store_.set_aside(slot, false);
  // Not before anything else: the promise is dead, whether the disk says so or not.
  if (title(slot).promise && !writes_.contains(slot) && trouble_.empty()) {
    write(slot, forgotten(title(slot)));
  }
}

// Before the promise, which is written behind it.
void HandOvers::note_copied(const Receiving& receiving) {
  if (!numbers_.counts()) return;
  const Slot slot = receiving.target.slot();
  // A source that does not count says nothing. What it had is of its term.
  numbers_.copied(slot,
                  receiving.last.value_or(LastChange{receiving.target.term(), numbers_.last(slot).number}));
}

// Nobody and nothing is to wait for this try any more.
void HandOvers::end_waiting(Receiving& receiving, const std::string& why) {
  const Target& target = receiving.target;
  if (const auto ticket = std::exchange(receiving.ticket, std::nullopt)) {
    Message refused{.kind = Kind::refused, .migration = target.migration(), .term = target.term()};
    refused.rest = why;
    answer(*ticket, refused);
  }
  if (!std::exchange(receiving.holding, false)) return;
  wishes_.turns.push_back({.kind = SlotMode::moved, .slot = target.slot(), .to = target.from()});
}

// From the promise on the other may commit at any moment, and send commands here.
void HandOvers::hold(Receiving& receiving) {
  if (std::exchange(receiving.holding, true)) return;
  wishes_.turns.push_back({.kind = SlotMode::frozen, .slot = receiving.target.slot()});
}

void HandOvers::received(Receiving& receiving, Now now) {
  const Slot slot = receiving.target.slot();
  ++sum_.received_total;
  store_.set_aside(slot, false);
  wishes_.turns.push_back({.kind = SlotMode::serving, .slot = slot, .to = receiving.target.from()});
  wishes_.notes.push_back({.went_well = true,
                           .text = "slot " + std::to_string(slot) + " was received from " +
                                   name_of(receiving.target.from()) + ": " +
                                   std::to_string(store_.sessions_in(slot)) + " sessions, " +
                                   std::to_string(receiving.target.bytes()) + " bytes in " +
                                   std::to_string(now.steady_ms - receiving.began_ms) + " ms",
                           .moved = Moved{.with = name_of(receiving.target.from()),
                                          .sessions = store_.sessions_in(slot),
                                          .bytes = receiving.target.bytes(),
                                          .took_ms = now.steady_ms - receiving.began_ms}});
  receiving_.erase(slot);
  const Member owner = view_.owners[slot];
  if (owner != self_ && owner != kNobody) to_give_.push_back(slot);
}

}  // namespace limpet::handoff
