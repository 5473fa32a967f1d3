// Word: what a table holds for each entry, in eight bytes, so that a search or a sweep for time-outs reads a
// run of words and touches almost no record.
//
//     63      50 49      35 34                  0
//     [ tag 14 ][ due 15  ][ handle of a cell 35 ]
//
// The tag is the 14 bits of the entry's hash behind those that chose its segment, so words in order of their
// tags are in order of their hashes. `due` is the time-out in coarse time, modulo 32767, plus 1; 0 is none.
//
// Coarse time counts units of 1024 ms. A time-out lies in the unit after the one in which it passes: where
// the coarse clock has reached it, it has surely passed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limpet/base/time.hpp>

#include "heap.hpp"

namespace limpet::store {

using Word = std::uint64_t;
using Coarse = std::uint32_t;

inline constexpr unsigned kTagBits = 14;
inline constexpr unsigned kTagShift = 64 - kTagBits;
inline constexpr unsigned kDueBits = 15;
inline constexpr Word kHandleMask = (Word{1} << kHandleBits) - 1;
inline constexpr Word kDueMask = ((Word{1} << kDueBits) - 1) << kHandleBits;
inline constexpr Coarse kDueCycle = (1u << kDueBits) - 1;
inline constexpr Coarse kNever = UINT32_MAX;
static_assert(kTagBits + kDueBits + kHandleBits == 64);

[[nodiscard]] inline Coarse coarse_now(std::int64_t unix_ms) {
  return static_cast<Coarse>(std::clamp<std::int64_t>(unix_ms >> 10, 0, kNever - 2));
}
[[nodiscard]] inline Coarse coarse_due(std::int64_t expires_unix_ms) {
  if (expires_unix_ms == kNoExpiry) return kNever;
  return static_cast<Coarse>(std::clamp<std::int64_t>((expires_unix_ms >> 10) + 1, 0, kNever - 1));
}

[[nodiscard]] inline Handle handle_of(Word word) { return word & kHandleMask; }
[[nodiscard]] inline unsigned tag_of(Word word) { return static_cast<unsigned>(word >> kTagShift); }
[[nodiscard]] inline Word due_bits(Coarse due) {
  return due == kNever ? 0 : Word{due % kDueCycle + 1} << kHandleBits;
}
[[nodiscard]] inline bool has_due(Word word) { return (word & kDueMask) != 0; }
[[nodiscard]] inline Word with_due(Word word, Coarse due) { return (word & ~kDueMask) | due_bits(due); }
[[nodiscard]] inline Word with_handle(Word word, Handle handle) { return (word & ~kHandleMask) | handle; }
// The tag of a hash in a segment that `depth` bits have chosen, where a word has it.
[[nodiscard]] inline Word tag_word(std::uint64_t hash, unsigned depth) {
  return (hash << depth) >> kTagShift << kTagShift;
}

// The earliest time that the word's due bits can stand for, given that it is not before `bound`.
[[nodiscard]] inline Coarse earliest_due(Word word, Coarse bound) {
  const auto rest = static_cast<Coarse>(((word & kDueMask) >> kHandleBits) - 1);
  const Coarse ahead = (rest + kDueCycle - bound % kDueCycle) % kDueCycle;
  return bound > kNever - 1 - ahead ? kNever - 1 : bound + ahead;
}

}  // namespace limpet::store
