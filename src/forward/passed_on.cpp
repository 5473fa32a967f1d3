#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/forward/passed_on.hpp>

namespace limpet::forward {

std::size_t PassedOn::Ways::most_hops() const {
  std::size_t hops = under_way.size() - 1;
  while (hops > 0 && under_way[hops] == 0) --hops;
  return hops;
}

bool PassedOn::Ways::none() const {
  return bounced == 0 &&
         std::all_of(under_way.begin(), under_way.end(), [](std::size_t n) { return n == 0; });
}

void PassedOn::began(Slot slot, std::uint8_t hops, NodeIndex to) {
  LIMPET_ASSERT(hops <= kFollowHopsMax);
  const auto [found, fresh] = slots_.try_emplace(slot);
  Ways& ways = found->second;
  if (ways.none()) ways.to = to;
  ways.several = ways.several || ways.to != to;
  ++ways.under_way[hops];
}

void PassedOn::ended(Slot slot, std::uint8_t hops) {
  const auto found = slots_.find(slot);
  LIMPET_ASSERT(found != slots_.end() && found->second.under_way[hops] > 0);
  if (--found->second.under_way[hops] > 0) return;
  if (found->second.none()) slots_.erase(found);
  eased_.push_back(slot);
}

void PassedOn::unbounced(Slot slot) {
  const auto found = slots_.find(slot);
  LIMPET_ASSERT(found != slots_.end() && found->second.bounced > 0);
  if (--found->second.bounced > 0) return;
  if (found->second.none()) slots_.erase(found);
  eased_.push_back(slot);
}

bool PassedOn::lets_pass(Slot slot, ownership::Route way) const {
  const auto found = slots_.find(slot);
  if (found == slots_.end()) return true;
  const Ways& ways = found->second;
  return way.kind == ownership::Route::Kind::peer && way.target == ways.to && !ways.several && ways.bounced == 0;
}

bool PassedOn::came_back(Slot slot, std::uint8_t hops) const {
  const auto found = slots_.find(slot);
  return found != slots_.end() && hops > found->second.most_hops();
}

}  // namespace limpet::forward
