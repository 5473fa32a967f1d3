// KnownOwners: which node owns each slot, as far as one shard has heard. Of two that say so the one with the
// higher term is right.
//
// An owner is *heard* if it has said itself that the slot is its own. What others know of a later one is kept
// apart: commands go to whoever has given the slot away until the owner itself is heard, which may not be
// reached from here.
//
// Owned by a shard, on its thread.
#pragma once

#include <cstddef>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <limpet/cluster/view.hpp>
#include <vector>

namespace limpet::ownership {

struct Owner {
  cluster::NodeIndex node = ring::kNobody;
  Term term{};  // without a cession: nothing is known

  [[nodiscard]] bool known() const { return term != Term{}; }
};

class KnownOwners {
 public:
  KnownOwners() : heard_(kSlots) {}

  // ---- What is heard ----
  // False: that is known, or older than what is.
  bool learn(Slot slot, const Owner& owner);
  // Whoever was thought to own it has said that it does not.
  void put(Slot slot, const Owner& owner);
  // Somebody else knows of this one.
  void told(Slot slot, const Owner& owner);

  // ---- To see ----
  [[nodiscard]] const Owner& heard(Slot slot) const { return heard_[slot]; }
  // The same, or one of whom somebody else knows at a higher term.
  [[nodiscard]] const Owner& latest(Slot slot) const;
  // The same, for people: how often a node was restarted says nothing of who owns a slot.
  [[nodiscard]] const Owner& shown(Slot slot) const;
  // How many slots the node owns, as it has said itself; as is shown.
  [[nodiscard]] std::size_t heard_of(cluster::NodeIndex node) const { return heard_counts_.of(node); }
  [[nodiscard]] std::size_t shown_of(cluster::NodeIndex node) const { return shown_counts_.of(node); }

 private:
  class Counts {
   public:
    // A slot that was the one's is the other's.
    void move(const Owner& from, const Owner& to);
    [[nodiscard]] std::size_t of(cluster::NodeIndex node) const { return node < of_.size() ? of_[node] : 0; }

   private:
    std::vector<std::size_t> of_;  // by node
  };

  // Null: nobody has told of any.
  [[nodiscard]] const Owner* find_told(Slot slot) const { return told_.empty() ? nullptr : &told_[slot]; }

  std::vector<Owner> heard_;  // by slot
  std::vector<Owner> told_;   // by slot, once anybody has told of one
  Counts heard_counts_;
  Counts shown_counts_;
};

}  // namespace limpet::ownership
