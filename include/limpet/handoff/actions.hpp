// What hand-overs want done, as values. The machines append what they want to the Actions that they are given
// with an event; who wires them (hand_overs.hpp) sees to the titles, and hands the rest on.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/handoff/message.hpp>
#include <limpet/handoff/moved.hpp>
#include <limpet/handoff/slot_mode.hpp>
#include <limpet/handoff/title.hpp>
#include <optional>
#include <string>
#include <vector>

namespace limpet::handoff {

// No member: the view places the slot nowhere.
inline constexpr Member kNobody = 0xffff;

struct Question {
  Member to = 0;
  Slot slot = 0;
  Bytes body;
};

struct Answer {
  std::uint64_t ticket = 0;  // of the question
  Bytes body;
};

// A title to be put on the disk.
struct WantedTitle {
  Slot slot = 0;
  SlotTitle title;
  bool after_data = false;  // only once all changes of the store so far are there
  Kind unblocks{};          // the message that leaves once it is written, if it is a step of a hand-over
};

struct ModeChange {
  SlotMode kind;
  Slot slot;
  Member to = kNobody;
};

// For the log: each end of a hand-over.
struct MoveNote {
  bool went_well;
  std::string text;
  std::optional<Moved> moved = {};
};

struct Actions {
  std::vector<Question> questions;
  std::vector<Answer> answers;
  std::vector<WantedTitle> titles;  // for the ledger (title_ledger.hpp)
  std::vector<Slot> syncs;          // what the store has of them by now is to be on the disk
  std::vector<ModeChange> modes;
  std::vector<MoveNote> notes;
  std::vector<std::string> failures;  // tries that came to nothing, and why

  // As bytes.
  void ask(Member to, Slot slot, const Message& message);
  void answer(std::uint64_t ticket, const Message& message);
};

}  // namespace limpet::handoff
