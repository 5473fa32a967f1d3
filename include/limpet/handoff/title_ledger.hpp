// TitleLedger: the titles of one shard's slots as they are on the disk, and those that are being written
// there.
//
//                 +---- no_room(): it is not there ----> waits, and is handed out again by retry()
//                 |
//     write() ----+---- written(): title() is this from now on
//                 |
//                 +---- not_written(): it may be there or not; no other is written in this life of the node
//
// A slot has one title under way at most. What is to be written is handed out by take(), in its order, and
// comes back by one of the three.
//
// Owned by whoever decides about titles, on the shard's thread. It knows no disk, no hand-over, and reads no
// clock.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/handoff/actions.hpp>
#include <limpet/handoff/title.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace limpet::handoff {

class TitleLedger {
 public:
  // Of the shard whose slots are `shard`, `shard` + `shards` and so on. `titles`: by slot, of the whole node.
  TitleLedger(unsigned shards, unsigned shard, const std::vector<SlotTitle>& titles);

  // ---- What happens ----
  // REQUIRES: the slot is this shard's, and may_write(); here and below.
  void write(WantedTitle write, Now now);
  // One that was handed out is on the disk. Returns how long that took, in ms.
  std::int64_t written(Slot slot, Now now);
  // It may be on the disk or not, and no other will be.
  void not_written(Slot slot, const std::string& why);
  // It is not on the disk, for want of room, and others may be. It is handed out again, unless it is
  // withdrawn.
  void no_room(Slot slot, const std::string& why, Now now);
  void withdraw(Slot slot);
  void retry(Now now);
  // Nothing is written any more for this reason, unless there was one before.
  void close(const std::string& why);
  // It is this node's by its disk, and it does not serve it yet: what it once gave is not certain. Ends by
  // itself when the title is written.
  void set_undecided(Slot slot, bool undecided) { undecided_[slot] = undecided; }

  // ---- What to do ----
  [[nodiscard]] std::vector<WantedTitle> take() { return std::exchange(wanted_, {}); }

  // ---- To see ----
  [[nodiscard]] const SlotTitle& title(Slot slot) const { return titles_[slot / shards_]; }
  [[nodiscard]] bool is_writing(Slot slot) const { return writes_.contains(slot); }
  [[nodiscard]] bool is_undecided(Slot slot) const { return undecided_[slot]; }
  // Titles are written, now or once there is room. False: none will be in this life of the node.
  [[nodiscard]] bool may_write() const { return closed_.empty(); }
  [[nodiscard]] bool has_room(Now now) const { return now.steady_ms >= no_room_ms_; }
  // Why not; empty if they are, here and below.
  [[nodiscard]] const std::string& why_closed() const { return closed_; }
  [[nodiscard]] std::string why_no_room(Now now) const {
    return has_room(now) ? std::string() : no_room_why_;
  }

  [[nodiscard]] bool is_of_this_shard(unsigned slot) const {
    return slot < kSlots && slot % shards_ == shard_;
  }
  // Calls visit(slot) for each slot of this shard, in their order.
  template <class Visit>
  void each_slot(Visit visit) const {
    for (unsigned slot = shard_; slot < kSlots; slot += shards_) visit(static_cast<Slot>(slot));
  }

 private:
  struct Writing {
    WantedTitle write;
    std::int64_t began_ms;
  };

  // Set once.
  unsigned shards_;
  unsigned shard_;

  std::vector<SlotTitle> titles_;  // of this shard's slots
  std::vector<bool> undecided_;    // by slot
  std::map<Slot, Writing> writes_;
  std::vector<WantedTitle> wanted_;
  std::vector<Slot> again_;  // of writes_, that found no room
  std::string no_room_why_;  // or for now, until
  std::int64_t no_room_ms_ = 0;
  std::string closed_;
};

}  // namespace limpet::handoff
