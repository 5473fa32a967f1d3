#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/forward/waiters.hpp>
#include <utility>

namespace limpet::forward {

bool Waiters::has_room(std::size_t body_bytes) const {
  const std::size_t bytes = size_of(body_bytes);
  return bytes > kParkedLargeBytes ? large_bytes_ + bytes <= kParkedLargeBytesMax
                                   : small_bytes_ + bytes <= kParkedBytesMax;
}

void Waiters::park(Slot slot, Parked request) {
  LIMPET_ASSERT(has_room(request.body.size()));
  const std::size_t bytes = size_of(request.body.size());
  (bytes > kParkedLargeBytes ? large_bytes_ : small_bytes_) += bytes;
  waiting_[slot].requests.push_back(std::move(request));
}

void Waiters::leave(const Parked& request) {
  const std::size_t bytes = size_of(request.body.size());
  (bytes > kParkedLargeBytes ? large_bytes_ : small_bytes_) -= bytes;
}

Waiters::Waiting Waiters::take(Slot slot) {
  auto found = waiting_.extract(slot);
  if (found.empty()) return {};
  for (const Parked& request : found.mapped().requests) leave(request);
  return std::move(found.mapped());
}

std::vector<Parked> Waiters::take_some(Slot slot, const std::function<bool(const Parked&)>& is_one) {
  std::vector<Parked> some;
  const auto found = waiting_.find(slot);
  if (found == waiting_.end()) return some;
  for (Parked& request : std::exchange(found->second.requests, {})) {
    if (is_one(request)) leave(request);
    is_one(request) ? some.push_back(std::move(request))
                    : found->second.requests.push_back(std::move(request));
  }
  return some;
}

std::vector<Waiters::Expired> Waiters::expire(
    const std::function<std::optional<std::int64_t>(StreamId)>& until, Now now) {
  std::vector<Expired> expired;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    auto& [slot, waiting] = *at;
    std::erase_if(waiting.clients, [&, of = slot](StreamId client) {
      const auto until_ms = until(client);
      if (until_ms && now.steady_ms < *until_ms) return false;
      if (until_ms) expired.push_back({.slot = of, .client = client});
      return true;
    });
    std::deque<Parked>& requests = waiting.requests;
    for (; !requests.empty() && now.steady_ms >= requests.front().until_ms; requests.pop_front()) {
      leave(requests.front());
      expired.push_back({.slot = slot, .client = {}, .request = std::move(requests.front())});
    }
    at = waiting.clients.empty() && requests.empty() ? waiting_.erase(at) : std::next(at);
  }
  return expired;
}

}  // namespace limpet::forward
