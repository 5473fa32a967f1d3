// LastChange: how far the changes of a slot go in some copy of it, or went at some term. Changes are numbered
// over all nodes that hold the slot (journal/version.hpp).
#pragma once

#include <compare>
#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/term.hpp>
#include <string_view>

namespace limpet {

struct LastChange {
  Term term{};  // at which it was made
  std::uint64_t number = 0;
  // Names the boot in which it was made, as one shard has it (no boot id, which may come again). A volume
  // that went back to an earlier state lets its node make changes again under a term and number that other
  // copies have for different ones: these are of another boot. 0: it is not known.
  std::uint32_t boot = 0;

  friend bool operator==(const LastChange&, const LastChange&) = default;
  // The later one is the greater. Neither is where only the boots differ.
  friend std::weak_ordering operator<=>(const LastChange& a, const LastChange& b) {
    if (const auto by_term = a.term <=> b.term; by_term != 0) return by_term;
    return a.number <=> b.number;
  }
};

[[nodiscard]] inline bool same_term_and_boot(const LastChange& a, const LastChange& b) {
  return a.term == b.term && a.boot == b.boot;
}
// May it be made where the changes of a term and boot end so?
[[nodiscard]] inline bool may_follow(const LastChange& change, const LastChange& end) {
  return change.term >= end.term && !same_term_and_boot(change, end);
}

// Term (12 bytes), number (8 bytes, little-endian). The boot stands elsewhere, or is not told.
inline void append_last(Bytes& out, const LastChange& last) {
  append_term(out, last.term);
  append_le(out, last.number);
}
// Takes one off the front; false if it is cut off.
[[nodiscard]] inline bool take_last(std::string_view& from, LastChange& last) {
  return take_term(from, last.term) && take_le(from, last.number);
}
// The same with the boot (4 bytes) behind.
inline void append_with_boot(Bytes& out, const LastChange& last) {
  append_last(out, last);
  append_le(out, last.boot);
}
[[nodiscard]] inline bool take_with_boot(std::string_view& from, LastChange& last) {
  return take_last(from, last) && take_le(from, last.boot);
}

}  // namespace limpet
