// Evictor: makes room. Sessions that nobody has used for long are taken out whole, if each of their keys has
// a time-out, so that none of them was meant to be kept for ever.
//
// Which one has been idle for the longest is not kept; it is the one that has among a few taken at random, as
// Redis does it. A session is as idle as the key of it that was used last.
#pragma once

#include "keyspace.hpp"

namespace limpet::store {

class Evictor {
 public:
  Evictor(Keyspace& keys, std::uint64_t seed);

  // As Store::evict().
  bool evict(std::uint64_t bytes_max, std::size_t sessions_max, std::int64_t unix_ms);

 private:
  struct Candidate {
    std::uint32_t clock;  // now
    unsigned seen = 0;    // candidates so far
    std::uint32_t idle = 0;
    Slot slot = 0;
    Handle session = 0;  // 0: none yet
  };

  void look_for_idle(Candidate& best);
  void look_at_slot(Candidate& best, Slot slot);
  void consider(Candidate& best, Slot slot, const Word* word);
  [[nodiscard]] bool evictable(Handle session, std::uint32_t& idle) const;
  std::uint64_t random();

  Keyspace& keys_;
  std::uint64_t random_state_;
  Slot slot_ = 0;  // where the last search in turn ended
};

}  // namespace limpet::store
