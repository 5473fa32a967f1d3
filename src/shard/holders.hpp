// Holders: which node holds each slot, as far as one shard has heard. Of two that say so the one with the
// higher term is right.
#pragma once

#include <cstdint>
#include <limpet/base/rare_note.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/handoff/owners.hpp>
#include <limpet/handoff/unfinished.hpp>
#include <limpet/peer/held.hpp>
#include <limpet/peer/words.hpp>
#include <map>
#include <memory>
#include <vector>

namespace limpet::shard {

struct Holder {
  cluster::NodeIndex node = ring::kNobody;
  Term term{};  // without a cession: nothing is known
};

class Holders {
 public:
  Holders() : by_slot_(kSlots) {}

  [[nodiscard]] const Holder& of(Slot slot) const { return by_slot_[slot]; }
  [[nodiscard]] std::size_t held_by(cluster::NodeIndex node) const {
    return node < counts_.size() ? counts_[node] : 0;
  }
  // False: that is known, or older than what is.
  bool learn(Slot slot, const Holder& holder) {
    Holder& now = by_slot_[slot];
    if (holder.term <= now.term) return false;
    put(slot, holder);
    return true;
  }
  // Whoever was thought to hold it has said that it does not.
  void put(Slot slot, const Holder& holder) {
    Holder& now = by_slot_[slot];
    if (now.term != Term{}) --counts_[now.node];
    now = holder;
    if (now.term == Term{}) return;
    if (counts_.size() <= holder.node) counts_.resize(holder.node + std::size_t{1});
    ++counts_[holder.node];
  }

 private:
  std::vector<Holder> by_slot_;
  std::vector<std::size_t> counts_;  // by node
};

// What a shard has of the slots that are its node's by its disk, or were.
struct Owned {
  std::unique_ptr<handoff::Owners> owners;  // beside HandOvers
  handoff::Unfinished unfinished;
  // This node gives way, and could not write that yet.
  std::map<Slot, Holder> yielding;
  // It ends what its last start had begun, and that is not on the disk yet.
  std::map<Slot, handoff::Unfinished::Offer> completing;
  // Later holders that somebody else knows of. Commands go to whoever has given the slot away until the
  // holder itself is heard: that one may not be reached from here.
  std::map<Slot, Holder> told;
  std::size_t superseded = 0;
  std::size_t forgotten_noted = 0;
  bool may_give = false;  // all have been heard since the start
  std::vector<Slot> to_tell_peers;
  std::vector<peer::HolderOf> unplaced;  // by nodes that this shard does not know yet
  RareNote term_notes{kStrangerNoteMs};

  // `heard`: of the holder itself.
  [[nodiscard]] const Holder& latest(Slot slot, const Holder& heard) const {
    const auto found = told.find(slot);
    return found != told.end() && found->second.term > heard.term ? found->second : heard;
  }
  // The same, for people: how often a node was restarted says nothing of who holds a slot.
  [[nodiscard]] const Holder& seen(Slot slot, const Holder& heard) const {
    const auto found = told.find(slot);
    return found != told.end() && found->second.term.cessions > heard.term.cessions ? found->second : heard;
  }
  // How many slots each node holds, as far as anybody has said.
  [[nodiscard]] std::vector<std::size_t> held(const Holders& holders, std::size_t nodes) const {
    std::vector<std::size_t> held(nodes);
    for (std::size_t node = 0; node < nodes; ++node) {
      held[node] = holders.held_by(static_cast<cluster::NodeIndex>(node));
    }
    for (const auto& [slot, holder] : told) {
      const Holder& heard = holders.of(slot);
      if (&seen(slot, heard) == &heard) continue;
      ++held[holder.node];
      if (heard.term != Term{}) --held[heard.node];
    }
    return held;
  }
};

}  // namespace limpet::shard
