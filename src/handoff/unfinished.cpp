#include <limits>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/unfinished.hpp>

namespace limpet::handoff {

void Unfinished::hears(Slot slot, const Offer& offer, Now now) {
  const auto [at, fresh] = heard_.try_emplace({slot, offer.by});
  if (fresh) at->second.until_ms = now.steady_ms + kUnfinishedWaitMs;
  at->second.offer = offer;
}

void Unfinished::ends(Slot slot) {
  mine_.erase(slot);
  heard_.erase(heard_.lower_bound({slot, Member{0}}),
               heard_.upper_bound({slot, std::numeric_limits<Member>::max()}));
}

bool Unfinished::has(Slot slot) const {
  const auto first = heard_.lower_bound({slot, Member{0}});
  return first != heard_.end() && first->first.first == slot;
}

bool Unfinished::waits(Slot slot, const std::function<bool(Member)>& reaches, Now now) const {
  for (auto at = heard_.lower_bound({slot, Member{0}}); at != heard_.end() && at->first.first == slot; ++at) {
    const auto& [offer, until_ms] = at->second;
    if (!offer.last && now.steady_ms < until_ms && reaches(offer.by)) return true;
  }
  return false;
}

std::optional<Unfinished::Offer> Unfinished::more(Slot slot) const {
  const auto known = mine_.find(slot);
  LastChange most = known == mine_.end() ? LastChange{} : known->second;
  std::optional<Offer> by;
  for (auto at = heard_.lower_bound({slot, Member{0}}); at != heard_.end() && at->first.first == slot; ++at) {
    const Offer& offer = at->second.offer;
    if (!offer.last || *offer.last <= most) continue;
    most = *offer.last;
    by = offer;
  }
  return by;
}

}  // namespace limpet::handoff
