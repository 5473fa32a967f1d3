// Founding: the one decision that the shards of a node take together: by which placement the node claims its
// first slots.
//
// A slot that nobody holds is claimed by the node that the cluster file gives it to, once every node in the
// file has said that it runs the same file and has claimed by no other. What a node has said must stay true:
// having told of one file it must not claim by the one before. So the file is proposed here before any shard
// hears of it, and a shard claims by the file that it knows only if that is still the one proposed.
//
// Any thread may call it. Placements are named by their digests, never 0 (id_of()).
#pragma once

#include <atomic>
#include <cstdint>

namespace limpet::ownership {

class Founding {
 public:
  // `claimed`: of an earlier run; 0: none. `fresh`: the node has never held a slot.
  Founding(std::uint64_t claimed, bool fresh) : word_(claimed), fresh_(fresh) {}

  [[nodiscard]] static std::uint64_t id_of(std::uint64_t placement_digest) {
    return placement_digest | kClaimed;
  }

  // The file in force has this placement from now on.
  void propose(std::uint64_t id) {
    std::uint64_t now = word_.load();
    while ((now & kClaimed) == 0 && !word_.compare_exchange_weak(now, id & ~kClaimed)) {
    }
  }
  // May slots be claimed by it? From then on the node never claims by another.
  [[nodiscard]] bool claim(std::uint64_t id) {
    std::uint64_t proposed = id & ~kClaimed;
    if (word_.compare_exchange_strong(proposed, id)) return true;
    return proposed == id;
  }
  // By which it claims; 0: it has not claimed.
  [[nodiscard]] std::uint64_t claimed() const {
    const std::uint64_t word = word_.load();
    return (word & kClaimed) != 0 ? word : 0;
  }

  [[nodiscard]] bool fresh() const { return fresh_; }
  void no_longer_fresh() { fresh_ = false; }

 private:
  static constexpr std::uint64_t kClaimed = 1;
  std::atomic<std::uint64_t> word_;  // an id; with its lowest bit 0 it is only proposed
  std::atomic<bool> fresh_;
};

}  // namespace limpet::ownership
