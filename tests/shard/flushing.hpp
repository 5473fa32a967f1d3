// Flushing: a client of a simulated cluster that sets keys, each once, and deletes everything now and then.
// What was set before a FLUSHALL that has been answered with OK is gone, and stays so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recording.hpp"

namespace limpet::shard {

class Flushing {
 public:
  // What others record is deleted, too.
  Flushing(SimCluster& cluster, std::vector<std::string_view> refusals, Recording& others);

  void send_some();
  void check(unsigned node);

  Crowd crowd;
  std::uint64_t flushes = 0;  // that were answered with OK

 private:
  enum class State : std::uint8_t { unknown, set, gone };

  void flush();
  void look();
  void expect_gone(const resp::Value& keys) const;

  SimCluster& cluster_;
  Recording& others_;
  std::vector<State> keys_;  // by number
};

}  // namespace limpet::shard
