// Numbering: what hand-overs have to tell whoever counts the changes of slots, and to ask.
//
// A copy of a slot is worth nothing to others without knowing which changes are in it. So the source says at
// the end of its stream which was the last, and the target notes that behind the copy, before it promises
// anything. Who keeps no count has none of these, and then what it sends says nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <optional>
#include <string_view>

namespace limpet::handoff {

struct LastChange {
  Term term{};  // at which it was made
  std::uint64_t number = 0;
  // The later one is the greater.
  friend auto operator<=>(const LastChange&, const LastChange&) = default;
};

struct Numbering {
  // What changes of the slot from here on is at this term.
  std::function<void(Slot, Term)> begin;
  // What is there of the slot now is a copy with all changes up to this one.
  std::function<void(Slot, const LastChange&)> copied;
  std::function<LastChange(Slot)> last;

  [[nodiscard]] bool counts() const { return last != nullptr; }
};

// As it stands in a message: term (12 bytes), number (8 bytes); nothing where nobody counts.
inline void append_last(Bytes& out, const LastChange& last) {
  append_term(out, last.term);
  append_le(out, last.number);
}
[[nodiscard]] inline std::optional<LastChange> read_last(std::string_view bytes) {
  LastChange last;
  if (!take_term(bytes, last.term) || !take_le(bytes, last.number) || !bytes.empty()) return std::nullopt;
  return last;
}

}  // namespace limpet::handoff
