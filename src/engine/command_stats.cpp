#include <algorithm>
#include <limpet/engine/command_stats.hpp>

namespace limpet::engine {

void Latencies::note(std::uint64_t ns, std::uint64_t commands) {
  const auto at = std::lower_bound(kUpTo.begin(), kUpTo.end(), ns) - kUpTo.begin();
  counts[static_cast<std::size_t>(at)] += commands;
  total_ns += ns * commands;
}

void Latencies::add(const Latencies& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  total_ns += other.total_ns;
}

void CommandStats::took(const command::Spec& spec, std::uint64_t ns) {
  count_of(spec).usec += ns * kSampleEvery / 1000;
  latencies_.note(ns, kSampleEvery);
}

void CommandStats::reset() {
  counts_.assign(counts_.size(), {});
  lookups_ = {};
  errors_ = 0;
}

std::uint64_t CommandStats::operations() const {
  using command::Scope;
  std::uint64_t sum = 0;
  const auto specs = command::all();
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const Scope scope = specs[i].scope;
    if (scope == Scope::session || scope == Scope::pair || scope == Scope::split) sum += counts_[i].calls;
  }
  return sum;
}

}  // namespace limpet::engine
