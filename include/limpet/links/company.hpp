// Company: what the shards of a node have to say of the node as a whole, each for itself, and what follows
// from all of it: how many sessions it holds, and whether it is cut off from the other nodes.
//
// Any thread may call it. Each figure is that of a shard's last tick.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

namespace limpet::links {

// Whether this node can do anything for its clients but serve what it holds itself.
enum class Contact : std::uint8_t {
  fine,         // others answer, or there are none, or none of them runs
  refused,      // others answer, and none of them takes this node for one of theirs
  unreachable,  // others may run, and none of them can be reached
};

class Company {
 public:
  explicit Company(unsigned shards) : shards_(shards) {}

  void tell(unsigned shard, std::uint64_t sessions, Contact contact) {
    shards_[shard].sessions.store(sessions, std::memory_order_relaxed);
    shards_[shard].contact.store(contact, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t sessions() const {
    std::uint64_t sum = 0;
    for (const Said& said : shards_) sum += said.sessions.load(std::memory_order_relaxed);
    return sum;
  }
  // The worst that a shard says: its clients' commands would fail.
  [[nodiscard]] Contact contact() const {
    Contact worst = Contact::fine;
    for (const Said& said : shards_) worst = std::max(worst, said.contact.load(std::memory_order_relaxed));
    return worst;
  }

 private:
  struct Said {
    std::atomic<std::uint64_t> sessions = 0;
    std::atomic<Contact> contact = Contact::unreachable;  // until its first tick
  };
  std::vector<Said> shards_;
};

}  // namespace limpet::links
