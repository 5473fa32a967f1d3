// From a key to whose it is: key -> uid -> slot.
//
// The uid is what stands in the first {...} of the key, if that is not empty, or else the whole key: Redis
// Cluster's hash-tag rule. The slot is CRC16/XMODEM(uid) mod 16384, also as in Redis Cluster, so that
// cluster-aware clients compute the same one.
#pragma once

#include <cstdint>
#include <string_view>

namespace limpet {

using Slot = std::uint16_t;
// Fewer make the simulated clusters of scripts/simulate fast; nothing else is ever built with another number.
#ifndef LIMPET_SLOTS
#define LIMPET_SLOTS 16384
#endif
inline constexpr unsigned kSlots = LIMPET_SLOTS;
static_assert(kSlots > 0 && kSlots <= 16384 && (kSlots & (kSlots - 1)) == 0, "a power of two");

[[nodiscard]] std::string_view uid_of(std::string_view key);
[[nodiscard]] std::uint16_t crc16(std::string_view bytes);
[[nodiscard]] inline Slot slot_of_uid(std::string_view uid) {
  return static_cast<Slot>(crc16(uid) & (kSlots - 1));
}
[[nodiscard]] inline Slot slot_of(std::string_view key) { return slot_of_uid(uid_of(key)); }

// What a store has noted for itself when it fetched a key's memory ahead of use (Store::prefetch()).
struct Prefetched {
  std::uint64_t hash = 0;               // of the uid; 0: not worked out
  const std::uint64_t* word = nullptr;  // where the table has the key, maybe; null: nowhere
  std::uint64_t as_of = 0;              // how often words had moved by then
};

// A key with what was worked out from it once, on the way in. The views point into whatever the key points
// into.
struct KeyRef {
  std::string_view key;
  std::string_view uid;
  Slot slot = 0;
  Prefetched prefetched = {};

  [[nodiscard]] static KeyRef of(std::string_view key) {
    KeyRef ref;
    ref.set(key);
    return ref;
  }
  void set(std::string_view of_key) {
    key = of_key;
    uid = uid_of(of_key);
    slot = slot_of_uid(uid);
    prefetched.hash = 0;
    prefetched.word = nullptr;
  }
};

}  // namespace limpet
