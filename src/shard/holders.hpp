// KnownOwners: which node holds each slot, as far as one shard has heard. Of two that say so the one with the
// higher term is right.
#pragma once

#include <cstdint>
#include <limpet/base/rare_note.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/handoff/owners.hpp>
#include <limpet/handoff/unfinished.hpp>
#include <limpet/ownership/known_owners.hpp>
#include <limpet/peer/held.hpp>
#include <limpet/peer/words.hpp>
#include <map>
#include <memory>
#include <vector>

namespace limpet::shard {

// What a shard has of the slots that are its node's by its disk, or were.
struct Owned {
  std::unique_ptr<handoff::Owners> owners;  // beside HandOvers
  handoff::Unfinished unfinished;
  // This node gives way, and could not write that yet.
  std::map<Slot, Owner> yielding;
  // It ends what its last start had begun, and that is not on the disk yet.
  std::map<Slot, handoff::Unfinished::Offer> completing;
  std::size_t superseded = 0;
  std::size_t forgotten_noted = 0;
  bool may_give = false;  // all have been heard since the start
  std::vector<Slot> to_tell_peers;
  std::vector<peer::HolderOf> unplaced;  // by nodes that this shard does not know yet
  RareNote term_notes{kStrangerNoteMs};
};

}  // namespace limpet::shard
