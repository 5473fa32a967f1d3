// What a journal says of a copy of a slot beside its sessions: which changes of the slot are in it.
//
// Changes of a slot are numbered over all nodes that hold it, one after the other: whoever receives a copy is
// told (term, number) of the last change in it, and goes on from there. That is written, by a record of kind
// `term`, wherever it does not follow from the change before.
//
// Two copies that had the same owner at a term, in the same boot, have the same changes of that term, as far
// as both go. So whether one has all that another has is seen by where each of its terms ended: has(). Of a
// term at which two boots made changes each is a term of its own here.
#pragma once

#include <cstdint>
#include <limpet/base/last_change.hpp>
#include <limpet/base/term.hpp>
#include <vector>

namespace limpet::journal {

struct SlotVersion {
  LastChange last{};  // of term (0, 0) before journals said so
  // What is there was begun at so many cessions or later: at those of its owner, or, of a copy that was
  // received, at those that its receiver was to own it at. A copy that becomes its keeper's own goes on at
  // more. 0: nobody has said.
  std::uint64_t cessions = 0;
  // Of the terms before at which something was changed, the oldest first: kTermsRemembered at most.
  std::vector<LastChange> ends{};
  friend bool operator==(const SlotVersion&, const SlotVersion&) = default;
};

// A record of kind `term` was written, or read. What goes on from the last change, at a later term or in
// another boot, and at no more cessions than it was begun at, has the history of before. Anything else is
// another copy, which brings its own, or begins empty.
void advance(SlotVersion& version, const LastChange& last);

// What is there goes on at so many cessions: it is no life that is over (recovery.hpp).
void go_on_at(SlotVersion& version, std::uint64_t cessions);

// What records of kind `term` say, one after the other, to give a slot these ends and that last change,
// whatever stood before them: nothing goes on from the first.
[[nodiscard]] std::vector<LastChange> history_anew(std::uint64_t cessions,
                                                   const std::vector<LastChange>& ends,
                                                   const LastChange& last);

// The same, so that what is there goes on behind that last change, at more cessions than it was begun at.
[[nodiscard]] std::vector<LastChange> history_gone_on(SlotVersion version, const LastChange& last);

// Is that change in it, and with it all that were before? Not known of a term that was forgotten: no.
[[nodiscard]] bool has(const SlotVersion& version, const LastChange& change);

}  // namespace limpet::journal
