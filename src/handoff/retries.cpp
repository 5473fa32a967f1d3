#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/retries.hpp>

namespace limpet::handoff {

bool Retries::may(Member to, Slot slot, Now now) const {
  const auto node = nodes_.find(to);
  if (node != nodes_.end() && now.steady_ms < node->second.until_ms) return false;
  const auto own = slots_.find(slot);
  return own == slots_.end() || now.steady_ms >= own->second.until_ms;
}

bool Retries::charge(Wait& wait, Now now) {
  if (now.steady_ms < wait.until_ms) return false;
  wait.backoff_ms = std::clamp(wait.backoff_ms * 2, kHandoffRetryMinMs, kHandoffRetryMaxMs);
  wait.until_ms = now.steady_ms + wait.backoff_ms;
  return true;
}

// Others may go there before this one does: a node that takes what it is offered next is not at fault.
bool Retries::node_failed(Member to, Slot slot, Now now) {
  (void)charge(slots_[slot], now);
  return charge(nodes_[to], now);
}

void Retries::went_well(Member to, Slot slot) {
  nodes_.erase(to);
  slots_.erase(slot);
  notes_ = {};
}

}  // namespace limpet::handoff
