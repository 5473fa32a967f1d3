// What can be seen of a link.
#pragma once

#include <cstdint>
#include <string>

namespace limpet::links {

enum class LinkState : std::uint8_t { idle, dialing, greeting, up, quiet, backing_off };
[[nodiscard]] const char* name_of(LinkState state);

struct PeerStats {
  LinkState state = LinkState::idle;
  std::uint64_t requests_in_flight = 0;
  std::uint64_t requests_total = 0;
  std::uint64_t failures_total = 0;  // dials that failed and links that died
  std::int64_t round_trip_us = -1;   // of the last ping; -1: none yet
  std::uint64_t slots = 0;           // that it is known to hold, or was when it was last heard of
  std::int64_t sessions = -1;        // the same; -1: it has not said
  std::string last_error;            // why it is not up; empty if it is
};

}  // namespace limpet::links
