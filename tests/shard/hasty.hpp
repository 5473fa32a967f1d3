// Hasty: clients of a simulated cluster that ask for much and are gone before they have it. Nothing may be
// kept for them in the end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim_cluster.hpp"

namespace limpet::shard {

class Hasty {
 public:
  explicit Hasty(SimCluster& cluster) : cluster_(cluster) {}

  // One comes to a node that runs, and those whose time is up go.
  void come_and_go(unsigned nodes);
  void all_go();
  // After all else has had its end: of this node's account.
  void check(unsigned node) const;

 private:
  struct Guest {
    SimCluster::ClientIndex client = 0;
    std::int64_t goes_ms = 0;
  };

  [[nodiscard]] std::string request();

  SimCluster& cluster_;
  std::vector<Guest> guests_;
};

}  // namespace limpet::shard
