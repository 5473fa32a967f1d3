// Recent: how fast a count has grown in the last seconds.
//
// It is told the count from time to time, and keeps what it was once a second. Owned by whoever counts, on
// its thread. Times are steady, in milliseconds.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limpet/handoff/progress.hpp>
#include <limpet/reports/stats.hpp>

namespace limpet::reports {

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

// How fast a shard executes commands and gives slots away.
class RecentCounts {
 public:
  // It is time to be told again.
  [[nodiscard]] bool due(std::int64_t steady_ms) const { return operations_.due(steady_ms); }
  // The counts as they are now; where it is not due, nothing is kept of them.
  void note(std::int64_t steady_ms, std::uint64_t operations, const handoff::Progress& moves) {
    if (!due(steady_ms)) return;
    operations_.note(steady_ms, operations);
    slots_given_.note(steady_ms, moves.given_total);
    sessions_given_.note(steady_ms, moves.sessions_total);
    bytes_sent_.note(steady_ms, moves.sent_total);
  }
  [[nodiscard]] Rates rates(std::int64_t steady_ms, std::uint64_t operations,
                            const handoff::Progress& moves) const {
    return {.operations = operations_.per_second(steady_ms, operations),
            .slots_given = slots_given_.per_second_of_work(steady_ms, moves.given_total),
            .sessions_given = sessions_given_.per_second_of_work(steady_ms, moves.sessions_total),
            .bytes_sent = bytes_sent_.per_second_of_work(steady_ms, moves.sent_total)};
  }

 private:
  Recent operations_;
  Recent slots_given_;
  Recent sessions_given_;
  Recent bytes_sent_;
};

}  // namespace limpet::reports
