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
  // The later one is the greater.
  friend auto operator<=>(const LastChange&, const LastChange&) = default;
};

// Term (12 bytes), number (8 bytes, little-endian).
inline void append_last(Bytes& out, const LastChange& last) {
  append_term(out, last.term);
  append_le(out, last.number);
}
// Takes one off the front; false if it is cut off.
[[nodiscard]] inline bool take_last(std::string_view& from, LastChange& last) {
  return take_term(from, last.term) && take_le(from, last.number);
}

}  // namespace limpet
