// CopyKeeper: where a follower keeps its copies: the sessions in the store, what is known of them in the
// journal.
//
// Implemented by the follower's shard, on its thread. Nothing that is done by it is a change of this node's
// own.
#pragma once

#include <limpet/base/last_change.hpp>
#include <limpet/base/lsn.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <limpet/store/change.hpp>
#include <span>
#include <vector>

namespace limpet::replica {

class CopyKeeper {
 public:
  enum class Room : std::uint8_t {
    there,
    refused,  // the slot is this node's own, or is about to be
    full,     // there is no memory for more, or the disk takes nothing
    later,    // what is there of the slot is not loaded yet
  };
  // May so many bytes more of the slot be taken from its owner at that term?
  [[nodiscard]] virtual Room room(Slot slot, Term term, std::size_t bytes) = 0;
  // The last change in what is there of the slot.
  [[nodiscard]] virtual LastChange last(Slot slot) const = 0;

  // Everything of the slot goes, and what comes is part of a copy: whoever looks at it before whole() sees
  // one that is in nobody's history.
  virtual void clear(Slot slot) = 0;
  // More of a copy that is not whole. False: these are no effects on keys of the slot.
  [[nodiscard]] virtual bool put(Slot slot, const store::Run& run) = 0;
  // It has all changes up to this one, and of terms that ended so.
  virtual void whole(Slot slot, const LastChange& last, const std::vector<LastChange>& ends) = 0;
  // The next change of a whole copy. False: as with put(); some of it may have been done.
  [[nodiscard]] virtual bool change(Slot slot, const LastChange& made, const store::Run& run) = 0;

  // Its owner at that term has all copies that it is to have, and this is none of them: it may go. False: not
  // yet.
  [[nodiscard]] virtual bool spare(Slot slot, Term term) = 0;

  // What comes next: what it needs may be fetched, and what is worked out of a run noted there. REQUIRES: at
  // most kLookAheadMax.
  struct Coming {
    Slot slot = 0;
    store::Run* run = nullptr;
  };
  virtual void prefetch(std::span<const Coming> coming) const = 0;

  // Where the stream of this shard ends, with all that was done so far.
  [[nodiscard]] virtual Lsn end() const = 0;

 protected:
  ~CopyKeeper() = default;
};

}  // namespace limpet::replica
