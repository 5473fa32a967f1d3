// Figures from shard to shard: within one process, so as they lie in memory. What is not asked for by INFO or
// CLUSTER STATUS stays behind: latencies and peers.
#pragma once

#include <limpet/base/bytes.hpp>
#include <limpet/reports/stats.hpp>
#include <string_view>

namespace limpet::reports {

// Never begins like an error.
void append_figures(Bytes& out, const ShardStats& stats);
// REQUIRES: append_figures() wrote it.
[[nodiscard]] ShardStats read_figures(std::string_view bytes);

}  // namespace limpet::reports
