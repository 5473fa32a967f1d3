#include <limpet/cluster/line.hpp>

#include "finish.hpp"

namespace limpet::cluster {

void each_line(const View& view, Slot first, unsigned step,
               const std::function<void(Slot, const std::vector<NodeIndex>&)>& visit) {
  std::vector<NodeIndex> line;
  ring::each_followers(ring_members(view.nodes), view.home, view.nodes.size(), first, step,
                       [&](Slot slot, const std::vector<NodeIndex>& behind) {
                         line.clear();
                         if (view.home[slot] != ring::kNobody) line.push_back(view.home[slot]);
                         line.insert(line.end(), behind.begin(), behind.end());
                         visit(slot, line);
                       });
}

}  // namespace limpet::cluster
