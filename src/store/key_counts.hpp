// KeyCounts: how many keys and sessions a store has, in all and in each slot, and what became of those that
// are gone.
#pragma once

#include <algorithm>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/store/store.hpp>
#include <vector>

namespace limpet::store {

class KeyCounts {
 public:
  KeyCounts() : in_slot_(kSlots) {}

  [[nodiscard]] const StoreStats& totals() const { return totals_; }
  [[nodiscard]] std::uint32_t keys_in(Slot slot) const { return in_slot_[slot]; }

  // ---- One key. `expiry`: its time-out, or kNoExpiry. ----
  void key_added(Slot slot, std::int64_t expiry) {
    ++totals_.keys;
    ++in_slot_[slot];
    expiry_changed(kNoExpiry, expiry);
  }
  void key_gone(Slot slot, std::int64_t expiry) {
    --totals_.keys;
    --in_slot_[slot];
    expiry_changed(expiry, kNoExpiry);
  }
  void expiry_changed(std::int64_t before, std::int64_t after) {
    if (before != kNoExpiry) --totals_.expiring_keys;
    if (after != kNoExpiry) ++totals_.expiring_keys;
  }
  void session_added() { ++totals_.sessions; }
  void session_gone() { --totals_.sessions; }
  void expired() { ++totals_.expired_total; }

  // ---- Many at once ----
  void keys_gone(Slot slot, std::uint32_t keys, std::uint32_t expiring) {
    totals_.keys -= keys;
    totals_.expiring_keys -= expiring;
    in_slot_[slot] -= keys;
  }
  void sessions_gone(std::uint32_t sessions) { totals_.sessions -= sessions; }
  void evicted(std::uint64_t keys) { totals_.evicted_total += keys; }
  void all_gone() {
    std::fill(in_slot_.begin(), in_slot_.end(), 0);
    totals_.sessions = totals_.keys = totals_.expiring_keys = 0;
  }

  void set_bytes(std::uint64_t bytes) { totals_.bytes = bytes; }

 private:
  std::vector<std::uint32_t> in_slot_;
  StoreStats totals_;
};

}  // namespace limpet::store
