// Reload: what SIGHUP may change, and what it must leave. Pure: two launches in, a plan out.
#pragma once

#include <limpet/base/result.hpp>
#include <string>
#include <vector>

#include "load.hpp"

namespace limpet::limpetd {

struct ReloadPlan {
  std::vector<std::string> applied;  // in words, for the log
  std::vector<std::string> kept;     // changed, but a restart is needed
  bool new_cluster_file = false;     // which the node is to take over
};

// Error: nothing may be changed. Of the cluster part all or nothing is taken over.
[[nodiscard]] Result<ReloadPlan> plan_reload(const Launch& now, const Launch& next);

// A plan that was carried out, in one line.
[[nodiscard]] std::string in_words(const ReloadPlan& plan);

// Makes `now` the record of what is in force: the reloadable part of `next`, everything else as it was.
void take_over(Launch& now, Launch next);

}  // namespace limpet::limpetd
