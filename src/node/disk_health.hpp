// DiskHealth: what is wrong with the disk of a node, for those who ask. Any thread may say so, and ask.
#pragma once

#include <algorithm>
#include <limpet/node/admin.hpp>
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

  // The titles of slots: the same two, and no slot changes hands meanwhile.
  void titles_full(const std::string& why) {
    const std::lock_guard lock(mutex_);
    titles_full_ = why;
  }
  void titles_failed(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (titles_failed_.empty()) titles_failed_ = why;
  }

  [[nodiscard]] TitlesState titles() const {
    const std::lock_guard lock(mutex_);
    return !titles_failed_.empty() ? TitlesState::failed
           : titles_full_.empty()  ? TitlesState::ok
                                   : TitlesState::full;
  }
  // What is wrong with them, and what that means; empty: nothing.
  [[nodiscard]] std::string titles_trouble() const {
    const std::lock_guard lock(mutex_);
    if (!titles_failed_.empty()) {
      return titles_failed_ + "; no slot changes hands until this node is started again";
    }
    return titles_full_.empty() ? "" : titles_full_ + "; no slot changes hands until there is room";
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
  std::string titles_full_;
  std::string titles_failed_;
};

}  // namespace limpet::node
