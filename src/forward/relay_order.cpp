#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/forward/relay_order.hpp>

namespace limpet::forward {

std::size_t RelayOrder::Ways::most_hops() const {
  std::size_t hops = under_way.size() - 1;
  while (hops > 0 && under_way[hops] == 0) --hops;
  return hops;
}

bool RelayOrder::Ways::none() const {
  return bounced == 0 &&
         std::all_of(under_way.begin(), under_way.end(), [](std::size_t n) { return n == 0; });
}

void RelayOrder::began(Slot slot, std::uint8_t hops, NodeIndex to) {
  LIMPET_ASSERT(hops <= kFollowHopsMax);
  const auto [found, fresh] = slots_.try_emplace(slot);
  Ways& ways = found->second;
  if (ways.none()) ways.to = to;
  ways.several = ways.several || ways.to != to;
  ++ways.under_way[hops];
}

void RelayOrder::ended(Slot slot, std::uint8_t hops) {
  const auto found = slots_.find(slot);
  LIMPET_ASSERT(found != slots_.end() && found->second.under_way[hops] > 0);
  if (--found->second.under_way[hops] > 0) return;
  if (found->second.none()) slots_.erase(found);
  drained_.push_back(slot);
}

void RelayOrder::unbounced(Slot slot) {
  const auto found = slots_.find(slot);
  LIMPET_ASSERT(found != slots_.end() && found->second.bounced > 0);
  if (--found->second.bounced > 0) return;
  if (found->second.none()) slots_.erase(found);
  drained_.push_back(slot);
}

bool RelayOrder::lets_pass(Slot slot, ownership::Route way) const {
  const auto found = slots_.find(slot);
  if (found == slots_.end()) return true;
  const Ways& ways = found->second;
  return way.kind == ownership::Route::Kind::peer && way.target == ways.to && !ways.several &&
         ways.bounced == 0;
}

bool RelayOrder::came_back(Slot slot, std::uint8_t hops) const {
  const auto found = slots_.find(slot);
  return found != slots_.end() && hops > found->second.most_hops();
}

}  // namespace limpet::forward
