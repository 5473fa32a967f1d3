// ChangeLog: the last changes of a shard, in the order in which they happened, for followers that have not
// got them yet.
//
// It has them as the entries that go out (entry.hpp), so that many are passed on at once: each as a `change`,
// and before the first of another term or boot, or where some are missing, a `from`.
//
// Each follower reads it from a cursor of its own. The oldest go when there are more bytes than may be kept,
// and a cursor that stood among them has lost its place: what a follower has is told from numbers then.
//
//      begin()                                     end()
//        |  change  |  change  |  change  |  change  |
//                        ^ a cursor: the next one to be read
//
// Owned by a shard, on its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limpet/base/bytes.hpp>
#include <limpet/base/last_change.hpp>
#include <limpet/base/lsn.hpp>
#include <limpet/base/slot.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace limpet::replica {

class ChangeLog {
 public:
  struct Change {
    Slot slot = 0;
    LastChange made{};  // its own term, number and boot
    Lsn end = 0;        // of the stream of the shard, behind it
    std::string_view effects{};
  };
  // Counts the bytes of all entries that there ever were. A place between two of them.
  using Cursor = std::uint64_t;

  explicit ChangeLog(std::size_t bytes_max) : bytes_max_(bytes_max), ranges_(kSlots) {}

  // REQUIRES: it ends behind all before it.
  void add(const Change& change);
  void set_bytes_max(std::size_t bytes_max);

  [[nodiscard]] Cursor begin() const { return begin_; }
  [[nodiscard]] Cursor end() const { return begin_ + bytes_; }
  // A change of the slot is likely soon.
  void prefetch(Slot slot) const { __builtin_prefetch(&ranges_[slot]); }
  // Behind the last of all changes.
  [[nodiscard]] Lsn end_lsn() const { return end_lsn_; }
  struct Entries {
    std::string_view bytes{};
    Lsn end = 0;  // of the stream of the shard, behind them
  };
  // What stands behind the cursor, or the first of it; valid until the next add(). REQUIRES: begin() <=
  // cursor < end(), and an entry begins there.
  [[nodiscard]] Entries entries_from(Cursor cursor) const;
  // What was changed of the slot last, as far as it went through here.
  [[nodiscard]] const LastChange& newest(Slot slot) const { return ranges_[slot].newest; }
  // The changes of the slot behind this number and up to that one, in one piece: where the first of them may
  // be found, or nothing if some are not there.
  [[nodiscard]] std::optional<Cursor> find(Slot slot, std::uint64_t behind, std::uint64_t up_to) const;

 private:
  struct Chunk {
    Cursor begin = 0;
    Bytes bytes;
    Lsn end_lsn = 0;
  };

  [[nodiscard]] Bytes& room_for(std::size_t bytes);
  void forget_oldest();

  std::size_t bytes_max_;
  std::deque<Chunk> chunks_;
  Cursor begin_ = 0;
  std::size_t bytes_ = 0;
  Lsn end_lsn_ = 0;
  // Of a slot's changes of one term that follow one upon the other: what was changed elsewhere meanwhile is
  // not here, and may be of another history.
  struct Range {
    Cursor since = 0;          // they stand behind this
    std::uint64_t oldest = 0;  // the number of the first; 0: there are none
    LastChange newest{};
  };
  std::vector<Range> ranges_;  // by slot
};

}  // namespace limpet::replica
