// Numbering: what hand-overs have to tell whoever counts the changes of slots, and to ask.
//
// A copy of a slot is worth nothing to others without knowing which changes are in it. So the source says at
// the end of its stream which was the last, and to a target that takes that, how far it went at terms before;
// the target notes it behind the copy, before it promises anything. Who keeps no count has none of these, and
// then what it sends says nothing.
#pragma once

#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/last_change.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace limpet::handoff {

// Of a copy of a slot: its last change, and the last ones of earlier terms, the oldest first.
struct History {
  LastChange last{};
  std::vector<LastChange> ends{};
  friend bool operator==(const History&, const History&) = default;
};

struct Numbering {
  // What changes of the slot from here on is at this term.
  std::function<void(Slot, Term)> begin;
  // What is there of the slot now is a copy with all these changes.
  std::function<void(Slot, const History&)> copied;
  // What is there of the slot now is to be this node's own, and what changes of it is at this term.
  std::function<void(Slot, Term)> goes_on;
  std::function<History(Slot)> history;

  [[nodiscard]] bool counts() const { return history != nullptr; }
  // REQUIRES: counts().
  [[nodiscard]] LastChange last(Slot slot) const { return history(slot).last; }
};

// As it stands in a message: the last change, and the last ones of earlier terms, if there are any, each with
// its boot; nothing where nobody counts, the last change alone, without its boot, from an earlier release.
void append_history(Bytes& out, const History& history);
// Nothing: these bytes are none.
[[nodiscard]] std::optional<History> read_history(std::string_view bytes);

}  // namespace limpet::handoff
