// DiskHealth: what is wrong with the disk of a node, for those who ask. Any thread may say so, and ask.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace limpet::node {

class DiskHealth {
 public:
  explicit DiskHealth(unsigned shards) : full_(shards) {}

  // A shard's changes cannot be written for now; an empty text: they can again.
  void full(unsigned shard, const std::string& why) {
    const std::lock_guard lock(mutex_);
    full_[shard] = why;
  }
  // There will be no more writes before the node is started again.
  void failed(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (failed_.empty()) failed_ = why;
  }

  [[nodiscard]] std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failed_;
  }
  [[nodiscard]] std::string fullness() const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(full_.begin(), full_.end(), [](const auto& why) { return !why.empty(); });
    return found == full_.end() ? std::string() : *found;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> full_;  // by shard
  std::string failed_;
};

}  // namespace limpet::node
