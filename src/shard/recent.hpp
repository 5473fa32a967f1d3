// Recent: how fast a count has grown in the last seconds.
//
// It is told the count from time to time, and keeps what it was once a second. Owned by whoever counts.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limpet/reports/stats.hpp>

namespace limpet::shard {

class Recent {
 public:
  static constexpr std::size_t kSeconds = 5;

  // It is time to be told again.
  [[nodiscard]] bool due(std::int64_t steady_ms) const {
    return kept_ == 0 || steady_ms - newest().ms >= kEveryMs;
  }
  // The count as it is now. One that has gone back was begun anew, and so is this.
  void note(std::int64_t steady_ms, std::uint64_t count) {
    if (kept_ > 0 && count < newest().count) kept_ = 0;
    if (!due(steady_ms)) return;
    if (kept_ == samples_.size()) {
      std::copy(samples_.begin() + 1, samples_.end(), samples_.begin());
      --kept_;
    }
    samples_[kept_++] = {steady_ms, count};
  }
  // Over the time since the oldest count that is kept.
  [[nodiscard]] double per_second(std::int64_t steady_ms, std::uint64_t count) const {
    return since(0, steady_ms, count);
  }
  // The same, but for the time in which it stood still before: of what goes on for a while, and then is over.
  [[nodiscard]] double per_second_of_work(std::int64_t steady_ms, std::uint64_t count) const {
    std::size_t first = 0;
    while (first + 1 < kept_ && samples_[first + 1].count == samples_[first].count) ++first;
    return since(first, steady_ms, count);
  }

 private:
  static constexpr std::int64_t kEveryMs = 1'000;
  struct Sample {
    std::int64_t ms = 0;
    std::uint64_t count = 0;
  };
  [[nodiscard]] const Sample& newest() const { return samples_[kept_ - 1]; }
  [[nodiscard]] double since(std::size_t first, std::int64_t steady_ms, std::uint64_t count) const {
    if (kept_ == 0 || count < newest().count) return 0;
    const std::int64_t passed_ms = steady_ms - samples_[first].ms;
    const auto grown = static_cast<double>(count - samples_[first].count);
    return passed_ms <= 0 ? 0 : grown * 1e3 / static_cast<double>(passed_ms);
  }

  std::array<Sample, kSeconds + 1> samples_{};
  std::size_t kept_ = 0;
};

// What a shard is asked about.
struct RecentCounts {
  Recent operations;
  Recent slots_given;
  Recent sessions_given;
  Recent bytes_sent;
};

}  // namespace limpet::shard
