// Clusters to place slots on, and how to count what came out: shared by the claims and the table that is
// printed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/ring/ring.hpp>
#include <map>
#include <string>
#include <vector>

namespace limpet::ring::samples {

using Members = std::vector<Member>;

// Names as people give them; what a name hashes to must not matter.
inline const std::vector<std::string> kPrefixes = {"n", "cache-eu-west-1-", "10.0.0."};

inline Members equal(unsigned count, const std::string& prefix = "n") {
  Members members;
  for (unsigned i = 1; i <= count; ++i) members.push_back({prefix + std::to_string(i), 1000, ""});
  return members;
}

inline Members weighted(const std::vector<std::uint32_t>& thousandths, const std::string& prefix = "n") {
  Members members = equal(static_cast<unsigned>(thousandths.size()), prefix);
  for (std::size_t i = 0; i < members.size(); ++i) members[i].weight_thousandths = thousandths[i];
  return members;
}

inline Members without(Members members, std::size_t index) {
  members.erase(members.begin() + static_cast<std::ptrdiff_t>(index));
  return members;
}

inline std::vector<std::uint32_t> slots_of(const Members& members, const Placement& placement) {
  std::vector<std::uint32_t> slots(members.size(), 0);
  for (const NodeIndex owner : placement) {
    if (owner != kNobody) ++slots[owner];
  }
  return slots;
}

inline double max_over_mean(const Members& members, const Placement& placement) {
  const std::vector<std::uint32_t> slots = slots_of(members, placement);
  return static_cast<double>(*std::max_element(slots.begin(), slots.end())) *
         static_cast<double>(members.size()) / kSlots;
}

struct Movement {
  std::uint32_t moved = 0;
  std::uint32_t least = 0;  // what any placement with these numbers of slots has to move

  [[nodiscard]] double ratio() const { return least == 0 ? 1.0 : static_cast<double>(moved) / least; }
};

inline Movement movement(const Members& before, const Placement& was, const Members& after,
                         const Placement& is) {
  std::map<std::string, std::int64_t> surplus;  // slots before less slots after
  Movement movement;
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    const std::string& from = before[was[slot]].name;
    const std::string& to = after[is[slot]].name;
    ++surplus[from];
    --surplus[to];
    if (from != to) ++movement.moved;
  }
  for (const auto& [name, slots] : surplus) {
    movement.least += static_cast<std::uint32_t>(std::max<std::int64_t>(0, slots));
  }
  return movement;
}

inline Movement movement(const Members& before, const Members& after) {
  return movement(before, place(before), after, place(after));
}

}  // namespace limpet::ring::samples
