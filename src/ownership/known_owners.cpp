#include <limpet/ownership/known_owners.hpp>

namespace limpet::ownership {

bool KnownOwners::learn(Slot slot, const Owner& owner) {
  if (owner.term <= heard_[slot].term) return false;
  put(slot, owner);
  return true;
}

void KnownOwners::put(Slot slot, const Owner& owner) {
  const Owner before = shown(slot);
  heard_counts_.move(heard_[slot], owner);
  heard_[slot] = owner;
  shown_counts_.move(before, shown(slot));
}

void KnownOwners::told(Slot slot, const Owner& owner) {
  if (told_.empty()) told_.resize(kSlots);
  if (owner.term <= told_[slot].term) return;
  const Owner before = shown(slot);
  told_[slot] = owner;
  shown_counts_.move(before, shown(slot));
}

const Owner& KnownOwners::latest(Slot slot) const {
  const Owner* const told = find_told(slot);
  return told != nullptr && told->term > heard_[slot].term ? *told : heard_[slot];
}

const Owner& KnownOwners::shown(Slot slot) const {
  const Owner* const told = find_told(slot);
  return told != nullptr && told->term.cessions > heard_[slot].term.cessions ? *told : heard_[slot];
}

void KnownOwners::Counts::move(const Owner& from, const Owner& to) {
  if (from.known()) --of_[from.node];
  if (!to.known()) return;
  if (of_.size() <= to.node) of_.resize(to.node + std::size_t{1});
  ++of_[to.node];
}

}  // namespace limpet::ownership
