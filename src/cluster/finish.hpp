// What follows from the rest of a view: who owns what, and the digests.
#pragma once

#include <limpet/cluster/view.hpp>

namespace limpet::cluster {

// As ring sees them.
[[nodiscard]] std::vector<ring::Member> ring_members(const std::vector<Node>& nodes);

// `home`, but for the nodes that are down or leaving. REQUIRES: home is set.
[[nodiscard]] ring::Placement place_present(const View& view);

// Fills in home, placement, content_digest and placement_digest. REQUIRES: all else is set and valid.
void finish(View& view);

}  // namespace limpet::cluster
