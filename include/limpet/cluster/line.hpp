// Line: the nodes in the order in which they are to have a slot: its home, which would own it if all were
// well, then those that the ring has behind it.
#pragma once

#include <functional>
#include <limpet/base/slot.hpp>
#include <limpet/cluster/view.hpp>
#include <vector>

namespace limpet::cluster {

// The lines of slots first, first + step ..., one after the other: empty where nobody may hold anything. All
// nodes stand in them but those without weight.
void each_line(const View& view, Slot first, unsigned step,
               const std::function<void(Slot, const std::vector<NodeIndex>&)>& visit);

}  // namespace limpet::cluster
