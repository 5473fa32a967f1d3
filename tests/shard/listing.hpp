// Listing: clients that walk over the keys of a simulated cluster, and over the fields of a hash, with SCAN,
// HSCAN and KEYS, while slots move and nodes restart. Every key that is there throughout is returned.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "crowd.hpp"

namespace limpet::shard {

class Listing {
 public:
  Listing(SimCluster& cluster, std::vector<std::string_view> refusals);

  // Sets what is there throughout. REQUIRES: all slots are served.
  void begin(unsigned node);
  void add_client(unsigned node);
  void send_some();  // a call of each client that waits for none
  // All there is, by this node, while nothing moves.
  void check(unsigned node);

  Crowd crowd;
  std::uint64_t walks = 0;  // that were whole

 private:
  enum class Way : std::uint8_t { scan, fields, keys };
  struct Walk {
    Way way = Way::scan;
    std::string cursor = "0";
    std::set<std::string> seen = {};
    std::string told = {};  // its cursors
  };

  void told(Walk& walk, const resp::Value& reply);
  void end(Walk& walk);
  void expect_all(const Walk& walk) const;
  [[nodiscard]] std::string line(const Walk& walk);

  SimCluster& cluster_;
  std::vector<Walk> walks_;  // by client
  std::set<std::string> keys_;
  std::set<std::string> fields_;
};

}  // namespace limpet::shard
