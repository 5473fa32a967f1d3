// World: a simulated cluster by seed, whose file is edited again and again and to which faults happen, with
// clients that count, read, write, list and delete, and all that has to hold of it (moving_faults_test.cpp).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "counting.hpp"
#include "faults.hpp"
#include "flushing.hpp"
#include "hasty.hpp"
#include "kinds.hpp"
#include "large_values.hpp"
#include "listing.hpp"
#include "own_keys.hpp"
#include "recording.hpp"
#include "sim_cluster.hpp"

namespace limpet::shard {

class World {
 public:
  explicit World(std::uint64_t seed);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void run(int steps);

  [[nodiscard]] std::uint64_t trace() const { return cluster_.trace(); }
  [[nodiscard]] std::int64_t virtual_ms() const { return cluster_.now_ms(); }
  [[nodiscard]] std::vector<const Crowd*> crowds() const {
    return {&counting_.crowd, &recording_.crowd, &perishing_.crowd, &own_.crowd,
            &large_.crowd,    &listing_.crowd,   &flushing_.crowd};
  }
  [[nodiscard]] std::uint64_t undecided() const { return recording_.undecided; }
  [[nodiscard]] std::uint64_t walks() const { return listing_.walks; }
  [[nodiscard]] std::uint64_t flushes() const { return flushing_.flushes; }
  [[nodiscard]] const Faults& faults() const { return faults_; }

 private:
  void add_clients();
  void work(std::int64_t ms);  // clients send, and time passes
  void pass(std::int64_t ms);  // the same for longer
  void collect();

  [[nodiscard]] unsigned owners_of(Slot slot);
  void check_owners();
  void check_copies();
  void check_copies_of(unsigned owner, const std::vector<std::map<std::string, std::string>>& disks);
  void check_all(unsigned node);
  void check_leftovers(unsigned node);
  void check_knowledge(unsigned node);
  void check_every_slot_is_served(unsigned node);
  void check_notes() const;
  [[nodiscard]] std::map<std::string, std::string> owners_of_counters() const;
  [[nodiscard]] std::string tail() const;

  const Kinds kinds_;
  const SimCluster::Options options_;
  SimCluster cluster_;
  Counting counting_;
  Recording recording_;
  Perishing perishing_;
  OwnKeys own_;
  LargeValues large_;
  Listing listing_;
  Flushing flushing_;
  Hasty hasty_;
  Faults faults_;
  std::uint64_t steps_ = 0;
};

}  // namespace limpet::shard
