// What a journal says of a copy of a slot beside its sessions: which changes of the slot are in it.
//
// Changes of a slot are numbered over all nodes that hold it, one after the other: whoever receives a copy is
// told (term, number) of the last change in it, and goes on from there. That is written, by a record of kind
// `term`, wherever it does not follow from the change before.
#pragma once

#include <cstdint>
#include <limpet/base/term.hpp>

namespace limpet::journal {

struct SlotVersion {
  Term term{};               // at which the last change was made; (0, 0) before journals said so
  std::uint64_t number = 0;  // of that change
  // What is there was begun at so many cessions or later: at those of its owner, or, of a copy that was
  // received, at those that its receiver was to own it at. 0: nobody has said.
  std::uint64_t cessions = 0;
  friend bool operator==(const SlotVersion&, const SlotVersion&) = default;
};

// A record of kind `term` was written, or read.
inline void advance(SlotVersion& version, Term term, std::uint64_t number) {
  version.term = term;
  version.number = number;
  if (term.cessions > version.cessions) version.cessions = term.cessions;
}

}  // namespace limpet::journal
