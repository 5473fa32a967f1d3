// Where commands go: a slot's owner decides, and so do the commands that went another way before.
#include <limpet/base/limits.hpp>
#include <utility>

#include "core.hpp"

namespace limpet::shard {

// The way to the owner, but for a slot of which commands went another way before: those that come later wait
// for them.
Route Core::effective_route(Slot slot) const {
  const Route way = ownership_.owner_route(slot);
  const forward::RelayOrder& relays = forwarder_.relays();
  if (relays.empty() || way.kind == Route::Kind::refuse || relays.lets_pass(slot, way)) return way;
  return {Route::Kind::wait, static_cast<std::uint16_t>(config_.index)};
}

// Whoever has given the slot away knows a later holder, who has it or has given it away, too. Terms rise on
// the way, so it ends.
bool Core::may_pass_on(Slot slot, std::uint8_t hops) const {
  return hops < kHopsMax || (hops < kFollowHopsMax && was_given_away(ownership_, slot));
}

void Core::update_route(Slot slot) {
  const Route after = effective_route(slot);
  const Route before = ownership_.set_route(slot, after);
  if (after.kind == Route::Kind::wait && ownership_.owner_route(slot).kind != Route::Kind::wait)
    serve_returned(slot);
  if (before == after) return;
  if (before.kind == Route::Kind::peer || after.kind == Route::Kind::peer) {
    // An earlier command of a client may be on its way to where the slot was.
    forwarder_.rerouted(slot);
  }
  if (after.kind != Route::Kind::wait) wake_waiters(slot);
}

std::string Core::why_refused(Slot slot) const {
  const std::string name = "slot " + std::to_string(slot);
  if (cannot_know(ownership_, slot)) {
    return "CLUSTERDOWN " + name +
           " is not served: whose it is cannot be known; the log of this node says more";
  }
  return "CLUSTERDOWN no node of the cluster file holds " + name;
}

}  // namespace limpet::shard
