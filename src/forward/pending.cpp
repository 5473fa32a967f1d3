#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/forward/pending.hpp>

namespace limpet::forward {

Pending& PendingTable::add(std::int64_t deadline_ms) {
  auto [name, pending] = slab_.emplace();
  pending.id = name.packed();
  pending.deadline_ms = latest_deadline_ms_ = std::max(latest_deadline_ms_, deadline_ms);
  if (!spare_.empty()) {
    pending.request.swap(spare_.back());
    spare_.pop_back();
  }
  pending.previous = last_;
  (last_ != nullptr ? last_->next : first_) = &pending;
  last_ = &pending;
  return pending;
}

void PendingTable::erase(Pending& pending) {
  (pending.previous != nullptr ? pending.previous->next : first_) = pending.next;
  (pending.next != nullptr ? pending.next->previous : last_) = pending.previous;
  const std::size_t kept = pending.request.capacity();
  if (kept > 0 && kept <= kSpareRequestBytesMax && spare_.size() < kSpareRequests) {
    pending.request.clear();
    spare_.push_back(std::move(pending.request));
  }
  slab_.erase(Name::unpack(pending.id));
}

}  // namespace limpet::forward
