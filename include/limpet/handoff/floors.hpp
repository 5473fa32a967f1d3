// Floors: at how many cessions what a node is to serve of each slot was begun at the least. What its journal
// has that was begun at fewer is of a life that is over (journal/version.hpp).
#pragma once

#include <cstdint>
#include <limpet/handoff/title.hpp>
#include <vector>

namespace limpet::handoff {

// By slot, as `titles`; 0: nothing is known against what is there.
[[nodiscard]] inline std::vector<std::uint64_t> floors_of(const std::vector<SlotTitle>& titles) {
  std::vector<std::uint64_t> floors;
  floors.reserve(titles.size());
  for (const SlotTitle& slot : titles) {
    floors.push_back(slot.promise ? after_cession(slot.promise->term).cessions
                     : owns(slot) ? slot.title.term.cessions
                                  : 0);
  }
  return floors;
}

}  // namespace limpet::handoff
