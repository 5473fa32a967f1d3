#include "pending.hpp"

namespace limpet::shard {

std::pair<std::uint64_t, Pending&> PendingTable::add() {
  auto [name, pending] = slab_.emplace();
  const std::uint64_t id = name.packed();
  pending.previous = last_;
  if (last_ != 0) {
    find(last_)->next = id;
  } else {
    first_ = id;
  }
  last_ = id;
  return {id, pending};
}

void PendingTable::erase(std::uint64_t id) {
  Pending& pending = *find(id);
  (pending.previous != 0 ? find(pending.previous)->next : first_) = pending.next;
  (pending.next != 0 ? find(pending.next)->previous : last_) = pending.previous;
  slab_.erase(Name::unpack(id));
}

}  // namespace limpet::shard
