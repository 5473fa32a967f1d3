// ShardSet: the shards of a node, each on its thread, and the way of a task to one or to all of them.
//
// A task is a function of a shard::Shard& or of a net::Driver&; it is run on that shard's thread, in a turn
// of its own, behind what was sent before. Those that find a shard stopped are never run.
//
// add(), start() and stop() are for the node's owner; at(), each() and figures() may be called from any
// thread once all are added.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/reports/stats.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "shard_thread.hpp"

namespace limpet::node {

class ShardSet {
 public:
  // They have the numbers 0, 1, ... in the order in which they are added.
  void add(std::unique_ptr<ShardThread> shard) { shards_.push_back(std::move(shard)); }
  void start();
  // Closes every connection at once and joins the threads.
  void stop();
  [[nodiscard]] std::size_t size() const { return shards_.size(); }

  template <class Task>
  void at(unsigned index, Task task) {
    ShardThread& target = *shards_[index];
    target.mailbox().send_task([&target, task = std::move(task)]() mutable {
      if constexpr (std::is_invocable_v<Task&, net::Driver&>) {
        task(target.driver());
      } else {
        task(target.shard());
      }
    });
  }
  template <class Task>
  void each(const Task& task) {
    for (unsigned index = 0; index < shards_.size(); ++index) at(index, task);
  }
  void send_batch(unsigned from, unsigned to, Bytes batch) {
    shards_[to]->mailbox().send_batch(from, std::move(batch));
  }
  // Of those that hand them in in that time.
  [[nodiscard]] std::vector<reports::ShardStats> figures(std::chrono::milliseconds patience);

  // REQUIRES: stopped, or never started.
  [[nodiscard]] shard::Shard& stopped(unsigned index) { return shards_[index]->shard(); }

 private:
  std::vector<std::unique_ptr<ShardThread>> shards_;
};

}  // namespace limpet::node
