// Whereabouts: who is to be asked for which slots, as one shard knows it at one moment. A value.
#pragma once

#include <limpet/base/slot_set.hpp>
#include <limpet/ring/ring.hpp>
#include <map>

namespace limpet::gather {

struct Whereabouts {
  // With slots that are on their way to the node, or were when they were last heard of.
  std::map<ring::NodeIndex, SlotSet> of_node;
  // Nobody is known to hold these, and nobody may take them: whoever is asked will not answer for them.
  SlotSet nobodys;
};

}  // namespace limpet::gather
