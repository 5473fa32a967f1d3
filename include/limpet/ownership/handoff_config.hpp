// HandoffConfig: what a shard needs to give slots to other nodes, and to take some.
//
// Members of hand-overs are the numbers of the view's nodes, so these never change: a node that leaves the
// file stays in the view (cluster/members.hpp).
#pragma once

#include <cstdint>
#include <limpet/handoff/crash_point.hpp>
#include <limpet/handoff/title.hpp>
#include <limpet/ownership/boots.hpp>
#include <limpet/ownership/founding.hpp>
#include <memory>
#include <vector>

namespace limpet::ownership {

struct HandoffConfig {
  std::uint64_t boot = 0;  // of this start of the node, never used before
  std::shared_ptr<const std::vector<handoff::SlotTitle>> titles;  // by slot, as they stood at the start
  std::shared_ptr<Founding> founding;                             // one for all shards of the node
  bool new_cluster = false;  // a file of any epoch may be the first of its cluster, not only one of epoch 1
  // The node did not stop cleanly before this start: what it owns has had a restart added.
  bool raised = false;
  std::shared_ptr<const Boots> boots = nullptr;  // one for all shards of the node; null: nobody looks
  handoff::CrashHook crash_hook = nullptr;       // for tests; null: none
};

}  // namespace limpet::ownership
