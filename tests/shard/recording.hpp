// Recording: clients that read and write the same few keys of a simulated cluster, and what became of each of
// their commands, for the check of linearizable.hpp. Beside them keys whose time-outs are near, which must
// be gone in the end, and keys whose time-outs are far, which must not.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crowd.hpp"
#include "linearizable.hpp"

namespace limpet::shard {

class Recording {
 public:
  Recording(SimCluster& cluster, unsigned keys, std::vector<std::string_view> refusals);

  void send_some();  // each client a few commands
  // Those are over several keys, too, which live on several nodes.
  void span() { spans_ = true; }
  // Something that concerns all keys is called now, and what became of it.
  [[nodiscard]] std::int64_t moment() { return ++moments_; }
  void happened_to_all(const Operation& operation);
  // Sessions have gone with a disk, or those of the past are back. What may be there now of a key, beside
  // what was: kNoValue for nothing.
  void may_have_become(const std::function<std::vector<std::string>(std::string_view key)>& values);
  // Reads each key by this node, so that what was lost is seen.
  void read_all(unsigned node);
  // Looks at all that was recorded.
  void check();

  Crowd crowd;
  std::uint64_t undecided = 0;  // histories

 private:
  struct Key {
    std::string name;
    std::vector<Operation> history;
  };

  void do_one(std::size_t client);
  void do_several(std::size_t client);
  void told_of_several(const std::vector<Key*>& keys, std::vector<Operation> operations, Fate fate,
                       const resp::Value* reply);
  void say(std::size_t client, Key& key, Operation operation);
  void read_last(SimCluster::ClientIndex client, Key& key);
  [[nodiscard]] std::string line(const Key& key, const Operation& operation);
  [[nodiscard]] std::string told_of(const Key& key) const;

  SimCluster& cluster_;
  std::vector<Key> keys_;
  std::int64_t moments_ = 0;
  std::uint64_t values_ = 0;
  bool spans_ = false;
};

// Keys with time-outs, beside it.
class Perishing {
 public:
  explicit Perishing(SimCluster& cluster, std::vector<std::string_view> refusals);

  void send_some();
  // REQUIRES: the near time-outs have passed by every clock.
  void check(unsigned node);

  Crowd crowd;
  static constexpr std::int64_t kNearMsMax = 3'000;
  static constexpr std::int64_t kFarMs = 86'400'000;

 private:
  SimCluster& cluster_;
  unsigned near_ = 0;
  std::vector<bool> far_;  // by number: it was acknowledged
};

}  // namespace limpet::shard
