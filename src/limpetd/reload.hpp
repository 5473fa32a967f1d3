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
};

// Error: nothing may be changed. The cluster part differs from the one in force; all of it or none is taken
// over, and a running node cannot take over another cluster part.
[[nodiscard]] Result<ReloadPlan> plan_reload(const Launch& now, const Launch& next);

// Makes `now` the record of what is in force: the reloadable part of `next`, everything else as it was.
void take_over(Launch& now, Launch next);

}  // namespace limpet::limpetd
