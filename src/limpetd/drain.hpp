// Drain: a node gives all its sessions to others before it stops.
#pragma once

#include <cstdint>
#include <limpet/node/node.hpp>

namespace limpet::limpetd {

struct DrainSettings {
  bool on_stop = false;
  std::int64_t timeout_ms = 60'000;
  std::int64_t linger_ms = 5'000;  // it goes on for so long at least
};

// Returns when nothing is left that another node could take, or the time is over; the log says what is left.
// Blocks; for a thread of its own.
void drain(node::Node& node, const DrainSettings& settings);

}  // namespace limpet::limpetd
