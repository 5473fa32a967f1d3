#include "shard_set.hpp"

#include <condition_variable>
#include <mutex>

namespace limpet::node {

namespace {

// Figures that shards hand in one by one; whoever asked may have gone before the last one comes.
struct Collection {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<reports::ShardStats> stats;
};

}  // namespace

void ShardSet::start() {
  for (const std::unique_ptr<ShardThread>& shard : shards_) shard->start();
}

void ShardSet::stop() {
  for (const std::unique_ptr<ShardThread>& shard : shards_) shard->stop();
}

std::vector<reports::ShardStats> ShardSet::figures(std::chrono::milliseconds patience) {
  auto collection = std::make_shared<Collection>();
  each([collection](shard::Shard& shard) {
    reports::ShardStats stats = shard.stats();
    const std::lock_guard lock(collection->mutex);
    collection->stats.push_back(std::move(stats));
    collection->changed.notify_all();
  });
  std::unique_lock lock(collection->mutex);
  collection->changed.wait_for(lock, patience, [&] { return collection->stats.size() == size(); });
  return collection->stats;
}

}  // namespace limpet::node
