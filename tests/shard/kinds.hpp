// Kinds: what a world of the random faults is made of, beside what every world has. Which kinds a world has
// follows from its seed.
//
// LIMPET_MOVING_KINDS="NAME NAME ..." has only these, each in every world; "all": each of them as often as it
// says here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace limpet::shard {

enum class WorldKind : std::uint8_t {
  spanning,
  listing,
  late_links,
  large_values,
  full_disks,
  kill_points,
  flushing,
  claims,
  old_disks,
  no_journal,
  hasty,
  followed,
};

struct KindRow {
  WorldKind kind;
  std::string_view name;
  unsigned one_in;  // so many worlds
  bool on;
  // Some of what was acknowledged may be gone for good reason, so that worlds like it have no clients who
  // cannot bear that.
  bool loses;
};

inline constexpr std::array kWorldKinds = {
    // Clients send commands over several slots, and one after the other without waiting.
    KindRow{WorldKind::spanning, "spanning", 1, true, false},
    // Others walk over all keys.
    KindRow{WorldKind::listing, "listing", 2, true, false},
    KindRow{WorldKind::late_links, "late_links", 2, true, false},
    // A client has values as large as any may be.
    KindRow{WorldKind::large_values, "large_values", 8, true, false},
    // A disk has no room for a while.
    KindRow{WorldKind::full_disks, "full_disks", 4, true, false},
    // A node is killed at one of the moments of a hand-over.
    KindRow{WorldKind::kill_points, "kill_points", 2, true, false},
    KindRow{WorldKind::flushing, "flushing", 8, true, true},
    // A node is gone with its disk, and what it held is claimed.
    KindRow{WorldKind::claims, "claims", 6, true, true},
    // A node comes back with its disk of some time ago.
    KindRow{WorldKind::old_disks, "old_disks", 6, true, true},
    // Nodes are restarted without a journal, and with one again.
    KindRow{WorldKind::no_journal, "no_journal", 12, true, true},
    // Clients leave while their commands are under way.
    KindRow{WorldKind::hasty, "hasty", 3, true, false},
    // Slots have followers, and replies wait for these.
    KindRow{WorldKind::followed, "followed", 4, true, false},
};

class Kinds {
 public:
  explicit Kinds(std::uint64_t seed);

  [[nodiscard]] bool has(WorldKind kind) const { return (set_ & bit(kind)) != 0; }
  [[nodiscard]] bool lose() const { return loses_; }

 private:
  [[nodiscard]] static std::uint32_t bit(WorldKind kind) { return 1U << static_cast<unsigned>(kind); }

  std::uint32_t set_ = 0;
  bool loses_ = false;
};

}  // namespace limpet::shard
