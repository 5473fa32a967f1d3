#include <algorithm>
#include <limpet/handoff/window.hpp>

namespace limpet::handoff {

namespace {

constexpr std::uint64_t kForgets = 512;  // slots, roughly, until two thirds of a least are forgotten
constexpr std::uint64_t kJitter = 3;     // times the least: what disks and networks do by themselves
constexpr std::uint64_t kMicroseconds = 1'000;

}  // namespace

std::size_t Window::size() const {
  if (!serving_) return size_;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(least_us_ / kMicroseconds, 1, size_));
}

void Window::given(std::uint64_t held_ms) {
  learn_least(held_ms);
  if (stale_samples_ > 0) {
    --stale_samples_;
    return;
  }
  if (too_long(held_ms)) {
    stale_samples_ = size_;
    well_ = 0;
    size_ = std::max(size_ / 2, kHandoversMin);
  } else if (++well_ >= kHandoversGrow) {
    well_ = 0;
    size_ = std::min(size_ + 1, kHandoversMax);
  }
}

void Window::learn_least(std::uint64_t held_ms) {
  const std::uint64_t held_us = held_ms * kMicroseconds;
  if (held_us <= least_us_) {
    least_us_ = held_us;
  } else {
    least_us_ += (held_us - least_us_) / kForgets;
  }
}

bool Window::too_long(std::uint64_t held_ms) const {
  return held_ms > kHandoffFreezeGoalMs && held_ms * kMicroseconds > kJitter * least_us_;
}

}  // namespace limpet::handoff
