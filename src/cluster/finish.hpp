// What follows from the rest of a view: who owns what, and the digests.
#pragma once

#include <limpet/cluster/view.hpp>

namespace limpet::cluster {

// Fills in placement, content_digest and placement_digest. REQUIRES: all else is set and valid.
void finish(View& view);

}  // namespace limpet::cluster
