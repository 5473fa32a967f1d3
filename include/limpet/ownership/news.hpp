// News: the slots of a shard of which something has changed that others are to be told.
//
// Owned by a shard, on its thread.
#pragma once

#include <limpet/base/bytes.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/ownership/known_owners.hpp>
#include <limpet/peer/held.hpp>
#include <utility>
#include <vector>

namespace limpet::ownership {

class News {
 public:
  // For other nodes.
  void add(Slot slot) {
    for_nodes_.push_back(slot);
    has_any_ = true;
  }
  // For other nodes, and for the other shards of this one.
  void add_for_all(Slot slot) {
    for_shards_.push_back(slot);
    add(slot);
  }

  // Asked behind every command and frame, and so one look.
  [[nodiscard]] bool has_any() const { return has_any_; }
  [[nodiscard]] bool has_for_nodes() const { return !for_nodes_.empty(); }
  [[nodiscard]] std::vector<Slot> take_for_nodes() {
    has_any_ = !for_shards_.empty();
    return std::exchange(for_nodes_, {});
  }
  // As other shards are told of it; empty: nothing.
  [[nodiscard]] Bytes take_for_shards(const KnownOwners& known) {
    Bytes body;
    for (const Slot slot : std::exchange(for_shards_, {})) {
      const Owner& owner = known.heard(slot);
      peer::append_owner(body, {.slot = slot, .node = owner.node, .term = owner.term});
    }
    has_any_ = !for_nodes_.empty();
    return body;
  }

 private:
  std::vector<Slot> for_nodes_;
  std::vector<Slot> for_shards_;
  bool has_any_ = false;
};

}  // namespace limpet::ownership
