#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/pace.hpp>

namespace limpet::handoff {

namespace {

constexpr std::int64_t kThousandths = 1'000;

}  // namespace

void Pace::set_rate(std::uint64_t rate, Now now) {
  if (rate_ != 0) go_on(now);
  at_ms_ = now.steady_ms;
  rate_ = static_cast<std::int64_t>(std::min(rate, kHandoverRateMax));
  // What was copied without a limit is not paid for later.
  if (rate_ == 0) room_ = changes_ = 0;
  room_ = std::min(room_, rate_ * kPaceBurstMs);
}

void Pace::go_on(Now now) {
  const std::int64_t passed_ms = std::max<std::int64_t>(now.steady_ms - at_ms_, 0);
  at_ms_ = now.steady_ms;
  if (rate_ == 0) return;
  // Bytes per second and thousandths per millisecond are the same.
  const std::int64_t earned = rate_ * std::min(passed_ms, kPaceGapMs);
  const std::int64_t paid = std::min(changes_, earned / 2);
  changes_ -= paid;
  room_ = std::min(room_ + earned - paid, rate_ * kPaceBurstMs);
}

std::uint64_t Pace::room() const {
  if (rate_ == 0) return kUnlimited;
  return room_ <= 0 ? 0 : static_cast<std::uint64_t>((room_ + kThousandths - 1) / kThousandths);
}

void Pace::copied(std::uint64_t bytes) {
  if (rate_ != 0) room_ -= static_cast<std::int64_t>(bytes) * kThousandths;
}

// They slow the copying down for a second at most once they are over.
void Pace::changed(std::uint64_t bytes) {
  if (rate_ == 0) return;
  changes_ = std::min(changes_ + static_cast<std::int64_t>(bytes) * kThousandths, rate_ * kThousandths / 2);
}

}  // namespace limpet::handoff
