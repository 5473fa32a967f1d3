// BootBook: the highest boot that each node has been heard of under, this one included, for all shards of a
// node.
//
// A boot id counts the starts that a node's disk knows of, with a random part behind it (handoff/title.hpp).
// So one that does not count higher than what was heard of it before, and is another, is of a disk of the
// past. Nodes tell each other what they know, so that a node hears of its own disk that it is old.
//
// Any thread may call it.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/handoff/title.hpp>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::node {

class BootBook {
 public:
  // Keeps a boot that counts higher than all of that node before. Called while this object is locked.
  using Keep = std::function<void(std::string_view node, std::uint64_t boot)>;
  // `self` runs under `boot`; `fresh`: with a disk that has never had a slot. `known`: of earlier runs.
  BootBook(std::string self, std::uint64_t boot, bool fresh,
           const std::map<std::string, std::uint64_t>& known, Keep keep)
      : self_(std::move(self)),
        boot_(boot),
        fresh_(fresh),
        highest_(known.begin(), known.end()),
        keep_(std::move(keep)) {}

  // Another node runs under this boot. Returns what is to be said of that; once, for all shards.
  [[nodiscard]] std::string runs(const std::string& node, std::uint64_t boot) {
    const std::lock_guard lock(mutex_);
    if (boot == 0 || raise(node, boot)) return {};
    const std::uint64_t highest = highest_.find(node)->second;
    if (highest == boot || std::exchange(told_[node], boot) == boot) return {};
    return "node " + node + " was heard of at its start number " + count(highest) +
           ", and calls this one number " + count(boot) + ": its data directory is an old copy, or a new one";
  }
  // The node `by` knows that a node, this one maybe, has run under it. As above.
  [[nodiscard]] std::string has_run(const std::string& node, std::uint64_t boot, const std::string& by) {
    const std::lock_guard lock(mutex_);
    const bool of_me = node == self_;
    if (!of_me || boot == boot_ || handoff::counter_of(boot) < handoff::counter_of(boot_)) {
      if (!of_me) (void)raise(node, boot);
      return {};
    }
    // Of a life that this disk has not had: that stays so, however often it is started.
    (void)raise(node, boot);
    if (std::exchange(told_[node], boot) == boot) return {};
    return "node " + by + " has heard of start number " + count(boot) +
           " of this node, and by its data directory this one is number " + count(boot_) +
           (fresh_ ? ": it had another directory, and this one is new. It takes no slots by itself"
                   : ": it is an old copy, or another one was in use later. What it holds may be old, too; "
                     "slots "
                     "that others hold by now stay theirs");
  }
  // This node has run with another disk, or with this one later than it knows.
  [[nodiscard]] bool ran_elsewhere() {
    const std::lock_guard lock(mutex_);
    return highest_.contains(self_);
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> all() {
    const std::lock_guard lock(mutex_);
    return {highest_.begin(), highest_.end()};
  }

 private:
  static std::string count(std::uint64_t boot) { return std::to_string(handoff::counter_of(boot)); }
  // True: it counts higher than all before.
  bool raise(const std::string& node, std::uint64_t boot) {
    std::uint64_t& highest = highest_[node];
    if (handoff::counter_of(boot) <= handoff::counter_of(highest)) return false;
    highest = boot;
    keep_(node, boot);
    return true;
  }

  const std::string self_;
  const std::uint64_t boot_;
  const bool fresh_;
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> highest_;  // for each member one at most
  Keep keep_;
  std::map<std::string, std::uint64_t> told_;  // of which it was said that they are old
};

}  // namespace limpet::node
