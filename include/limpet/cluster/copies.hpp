// CopiesPolicy: how many nodes have copies of each slot, and for how many of them replies wait. The same for
// the whole cluster; the file says it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace limpet::cluster {

// How many of the followers of a slot a reply waits for.
enum class Acks : std::uint8_t { none, one, majority, all };
[[nodiscard]] std::string_view name_of(Acks acks);

struct CopiesPolicy {
  unsigned followers = 0;  // of each slot
  Acks acks = Acks::one;
  unsigned min_followers = 0;  // while a slot has fewer that can be counted on, writes to it are refused

  friend bool operator==(const CopiesPolicy&, const CopiesPolicy&) = default;
};

// As many of so many followers as are more than a half of them and their owner.
[[nodiscard]] constexpr unsigned majority_of(unsigned followers) { return (followers + 1) / 2; }

// How many are waited for of a slot's followers, of which so many can be counted on.
[[nodiscard]] unsigned wanted(const CopiesPolicy& policy, std::size_t counted);

}  // namespace limpet::cluster
