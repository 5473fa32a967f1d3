// Line: the nodes that are to have a slot, in order: its home, which would own it if all were well, then
// those that the ring has behind it. One more than are to follow, as one of them owns it; those that the file
// calls down or draining stand in no line, and one that is silent or leaves for a while is not replaced.
#pragma once

#include <functional>
#include <limpet/base/slot.hpp>
#include <limpet/cluster/view.hpp>
#include <string>
#include <vector>

namespace limpet::cluster {

// The lines of slots first, first + step ..., one after the other: empty where nobody is to follow.
void each_line(const View& view, Slot first, unsigned step,
               const std::function<void(Slot, const std::vector<NodeIndex>&)>& visit);

// Of a line the ones that are to follow the slot while `owner` has it.
[[nodiscard]] std::vector<NodeIndex> followers_in(const View& view, const std::vector<NodeIndex>& line,
                                                  NodeIndex owner);
// With spaces between.
[[nodiscard]] std::string names_of(const View& view, const std::vector<NodeIndex>& nodes);
// Of those that are to follow the slot.
[[nodiscard]] std::string follower_names(const View& view, Slot slot, NodeIndex owner);

}  // namespace limpet::cluster
