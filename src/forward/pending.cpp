#include <algorithm>
#include <limpet/forward/pending.hpp>

namespace limpet::forward {

std::pair<std::uint64_t, Pending&> PendingTable::add(std::int64_t deadline_ms) {
  auto [name, pending] = slab_.emplace();
  pending.deadline_ms = latest_deadline_ms_ = std::max(latest_deadline_ms_, deadline_ms);
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

}  // namespace limpet::forward
