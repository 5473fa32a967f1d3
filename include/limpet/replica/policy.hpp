// Policy: how many nodes follow each slot, and for how many of them replies wait. The same for the whole
// cluster.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limpet::replica {

// How many of the followers of a slot a reply waits for.
enum class Acks : std::uint8_t { none, one, majority, all };

struct Policy {
  unsigned followers = 0;
  Acks acks = Acks::one;
  unsigned min_followers = 0;  // with fewer than these no write is taken
};
// How many are waited for of a slot's followers, of which so many can be counted on.
[[nodiscard]] unsigned wanted(const Policy& policy, std::size_t counted);

}  // namespace limpet::replica
