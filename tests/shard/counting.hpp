// Counting: clients that increment counters in a simulated cluster, and know what must be there in the end.
//
// A counter is never below what was acknowledged and never above that plus what is in doubt, and what one
// client is told of it rises with each reply: nothing acknowledged is lost, nothing is executed twice,
// commands run in their order, and an error that says "it did not happen" is true.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crowd.hpp"

namespace limpet::shard {

class Counting {
 public:
  // `refusals`: how errors may begin that say that nothing has happened.
  Counting(SimCluster& cluster, unsigned counters, std::vector<std::string_view> refusals);
  Counting(SimCluster& cluster, const std::vector<std::string>& keys, std::vector<std::string_view> refusals);

  void add_client(unsigned node);
  void send_some();  // each client a few commands
  // Asked of this node.
  void check(unsigned node);

  Crowd crowd;

 private:
  struct Counter {
    std::string key;
    std::int64_t acknowledged = 0;
    std::int64_t in_doubt = 0;
    std::int64_t highest = 0;
  };

  void count(std::size_t client, std::size_t which);
  void told(std::size_t client, std::size_t which, Fate fate, const resp::Value* reply);

  SimCluster& cluster_;
  std::vector<Counter> counters_;
  std::vector<std::vector<std::int64_t>> last_;  // what each client was told last, by counter
};

}  // namespace limpet::shard
