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

// A plan that was carried out, in one line. `next`: what it was made of.
[[nodiscard]] std::string in_words(const ReloadPlan& plan, const Launch& next);

// What a reload would do, a line for each field, NAME VALUE. `plan`: of `now` and `next`, or why there is
// none.
//   file              where the cluster file stands; "" without one
//   epoch, content    of that file; not there if it cannot be read
//   awaits            the nodes that it wants up, with spaces between
//   in_force          the epoch in force
//   in_force_content
//   verdict           takes | nothing (all that it says is in force) | refuses
//   says              what would change, or why not
//   kept              how many changes wait for a restart
[[nodiscard]] std::string check_text(const Launch& now, const Result<Launch>& next,
                                     const Result<ReloadPlan>& plan);

// Makes `now` the record of what is in force: the reloadable part of `next`, everything else as it was.
void take_over(Launch& now, Launch next);

// The same for the cluster file alone: `file` is in force.
void take_over_file(Launch& now, cluster::View file);

}  // namespace limpet::limpetd
