// Terms: which of two that say that they hold a slot came later.
//
// The first part counts how often the slot has changed hands, the second how often its owner has started
// since without having stopped cleanly. The first is compared first: a restart never outranks a cession,
// however often it happens.
//
//   term = cessions (8 bytes), restarts (4 bytes); little-endian, on the wire and on the disk
#pragma once

#include <compare>
#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <string>
#include <string_view>

namespace limpet {

struct Term {
  std::uint64_t cessions = 0;  // 0: nobody has ever held the slot, as far as is known
  std::uint32_t restarts = 0;

  friend constexpr auto operator<=>(const Term&, const Term&) = default;
};

inline constexpr std::size_t kTermBytes = 12;

// Of whoever gets the slot from an owner at `term`.
[[nodiscard]] constexpr Term after_cession(Term term) { return {term.cessions + 1, 0}; }
// Of its owner, at a start after an unclean stop. It ends rather than begin anew.
[[nodiscard]] constexpr Term after_restart(Term term) {
  return {term.cessions, term.restarts == ~std::uint32_t{0} ? term.restarts : term.restarts + 1};
}

// Can there be such a term by this clock? A hand-over adds one cession, and a claim takes the time, as 2^20
// for each millisecond, so nobody gets far ahead of it. More is forged, or of a clock that was wrong by
// years; believed once, it would outrank everybody for good. Clocks may differ, and one that has not been set
// counts from this release on.
inline constexpr unsigned kClaimTimeShift = 20;
[[nodiscard]] constexpr bool can_be(Term term, std::int64_t unix_ms) {
  constexpr std::int64_t kReleaseMs = 1'767'225'600'000;  // 2026-01-01
  constexpr std::int64_t kAheadMs = 315'360'000'000;      // ten years
  constexpr std::int64_t kLastMs = std::int64_t{1} << 43U;
  const std::int64_t now = unix_ms < kReleaseMs ? kReleaseMs : unix_ms > kLastMs ? kLastMs : unix_ms;
  return term.cessions <= static_cast<std::uint64_t>(now + kAheadMs) << kClaimTimeShift;
}

inline void append_term(Bytes& out, Term term) {
  append_le(out, term.cessions);
  append_le(out, term.restarts);
}
// Takes one off the front; false if it is cut off.
[[nodiscard]] inline bool take_term(std::string_view& from, Term& term) {
  return take_le(from, term.cessions) && take_le(from, term.restarts);
}

// For people: "5", or "5 (2 restarts)".
[[nodiscard]] inline std::string text_of(Term term) {
  std::string text = std::to_string(term.cessions);
  if (term.restarts == 0) return text;
  return text + (term.restarts == 1 ? " (1 restart)" : " (" + std::to_string(term.restarts) + " restarts)");
}

}  // namespace limpet
