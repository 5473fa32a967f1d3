// Boots: what shards tell of the boots that nodes run under, and what they are told (node/boots.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace limpet::ownership {

// Called from the threads of all shards.
struct Boots {
  // Another node runs under this boot. Returns what is to be said of that, to one of the shards.
  std::function<std::string(const std::string& node, std::uint64_t boot)> runs;
  // The node `by` knows that a node, this one maybe, has run under it. As above.
  std::function<std::string(const std::string& node, std::uint64_t boot, const std::string& by)> has_run;
  // Has anybody said of this node that it has run under a boot which its disk knows nothing of?
  std::function<bool()> ran_elsewhere;
  // The highest of each node.
  std::function<std::vector<std::pair<std::string, std::uint64_t>>()> all;
};

}  // namespace limpet::ownership
