// Orders: what operators want of the node as a whole: that its files are read again, that it leaves, or
// stays. Each is answered to the shard that it came from.
//
// serve() and then begin to use it; any thread.
#pragma once

#include <atomic>
#include <limpet/base/result.hpp>
#include <limpet/node/node.hpp>
#include <limpet/shard/shard.hpp>
#include <string>
#include <utility>
#include <vector>

#include "membership.hpp"
#include "shard_set.hpp"

namespace limpet::node {

class Orders {
 public:
  Orders(NodeHooks hooks, ShardSet& shards) : hooks_(std::move(hooks)), shards_(shards) {}

  // Of a node of a cluster, which can leave it. It outlives this.
  void serve(Membership& membership) { membership_ = &membership; }
  void carry_out(unsigned shard, const std::vector<shard::Order>& orders);
  // For good, as the node stops. False: it is in no cluster.
  bool leave();

 private:
  void carry_out(unsigned shard, const shard::Order& order);
  // That it leaves, or no longer; what to say of it.
  [[nodiscard]] Result<std::string> declare(bool leaving);

  NodeHooks hooks_;
  ShardSet& shards_;
  Membership* membership_ = nullptr;
  std::atomic<bool> stops_{false};  // it leaves for good
};

}  // namespace limpet::node
