// Sweeper: looks for time-outs that have passed and were not met by a reader.
//
// A pass goes over the slots in turn and into those tables, segments and sessions alone whose bound has come.
// Within a segment the words tell which records may be due. The pass stops anywhere when its steps are used
// up, and the next call goes on there: a bound is raised only once everything under it has been looked at.
#pragma once

#include "keyspace.hpp"

namespace limpet::store {

class Sweeper {
 public:
  explicit Sweeper(Keyspace& keys) : keys_(keys) {}

  // As Store::reclaim().
  std::size_t reclaim(std::int64_t unix_ms, std::size_t steps_max);
  // All keys are gone, and with them what the pass had behind it.
  void restart();

 private:
  struct Sweep {
    static constexpr std::uint64_t kRecordCost = 16;  // in words read

    std::int64_t unix_ms;
    Coarse now;
    std::uint64_t budget;  // in words read
    std::uint64_t keys_gone = 0;
    std::uint64_t spent = 0;
    Slot slot = 0;

    [[nodiscard]] bool used_up() const { return spent >= budget; }
  };

  void sweep_slots(Sweep& sweep);
  bool sweep_table(Sweep& sweep, Table& table, std::uint64_t& position, bool inner);
  bool sweep_segment(Sweep& sweep, Table& table, std::uint64_t position, bool inner);
  bool sweep_word(Sweep& sweep, Table& table, std::uint64_t position, Word* word, bool inner, Coarse& bound);
  bool sweep_wide(Sweep& sweep, Table& table, std::uint64_t position, Word* word, Coarse& bound);

  Keyspace& keys_;

  // The pass that is under way.
  Slot slot_ = 0;
  std::uint64_t position_ = 0;  // in the slot's table
};

}  // namespace limpet::store
