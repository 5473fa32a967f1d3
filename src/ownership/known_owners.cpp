#include <limpet/ownership/known_owners.hpp>

namespace limpet::ownership {

bool KnownOwners::learn(Slot slot, const Owner& owner) {
  if (owner.term <= heard_[slot].term) return false;
  put(slot, owner);
  return true;
}

void KnownOwners::put(Slot slot, const Owner& owner) {
  Owner& now = heard_[slot];
  if (now.known()) --counts_[now.node];
  now = owner;
  if (!now.known()) return;
  if (counts_.size() <= owner.node) counts_.resize(owner.node + std::size_t{1});
  ++counts_[owner.node];
}

void KnownOwners::told(Slot slot, const Owner& owner) {
  if (told_.empty()) told_.resize(kSlots);
  Owner& told = told_[slot];
  if (owner.term > told.term) told = owner;
}

const Owner& KnownOwners::latest(Slot slot) const {
  const Owner* const told = find_told(slot);
  return told != nullptr && told->term > heard_[slot].term ? *told : heard_[slot];
}

const Owner& KnownOwners::shown(Slot slot) const {
  const Owner* const told = find_told(slot);
  return told != nullptr && told->term.cessions > heard_[slot].term.cessions ? *told : heard_[slot];
}

std::vector<std::size_t> KnownOwners::count(std::size_t nodes) const {
  std::vector<std::size_t> count(nodes);
  for (std::size_t node = 0; node < nodes; ++node)
    count[node] = heard_of(static_cast<cluster::NodeIndex>(node));
  for (std::size_t slot = 0; slot < told_.size(); ++slot) {
    const Owner& heard = heard_[slot];
    const Owner& owner = shown(static_cast<Slot>(slot));
    if (&owner == &heard) continue;
    ++count[owner.node];
    if (heard.known()) --count[heard.node];
  }
  return count;
}

}  // namespace limpet::ownership
