// Counting: clients that increment counters in a simulated cluster, and know what must be there in the end.
//
// A counter is never below what was acknowledged and never above that plus what is in doubt, and what one
// client is told of it rises with each reply: nothing acknowledged is lost, nothing is executed twice,
// commands run in their order, and an error that says "it did not happen" is true.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim_cluster.hpp"

namespace limpet::shard {

class Counting {
 public:
  // `refusals`: how errors may begin that say that nothing has happened.
  Counting(SimCluster& cluster, unsigned counters, std::vector<std::string_view> refusals);

  void add_client(unsigned node);
  void send_some();  // each client a few commands
  void collect();    // the replies that have come
  // Clients whose connection is gone go on at the next node that runs; what they were not told is in doubt.
  void reconnect(unsigned nodes);
  void expect_all_answered() const;
  // Asked of this node.
  void check(unsigned node);

  std::int64_t acknowledged = 0;
  std::int64_t in_doubt = 0;
  std::int64_t refused = 0;

 private:
  struct Client {
    SimCluster::ClientIndex client = 0;
    unsigned node = 0;
    std::vector<std::size_t> sent = {};             // indexes of counters, in the order of the commands
    std::map<std::size_t, std::int64_t> last = {};  // by counter: what it was told last
    std::size_t answered = 0;
  };
  struct Counter {
    std::string key;
    std::int64_t acknowledged = 0;
    std::int64_t in_doubt = 0;
    std::int64_t highest = 0;
  };

  void take(Client& client, const resp::Value& reply);

  SimCluster& cluster_;
  const std::vector<std::string_view> refusals_;
  std::vector<Counter> counters_;
  std::vector<Client> clients_;
};

}  // namespace limpet::shard
