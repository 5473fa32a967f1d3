// SlotCopy: tells a sink all keys of one slot, a few at a time, while they change.
//
// What it tells, with every change of the slot since it began behind what was told before that change, makes
// the slot as it is (change.hpp). So whoever uses it sends or writes both in the order in which they happen,
// or all changes behind the copy. A CopyScope has to live from the beginning to the end.
//
// Owned by whoever copies, on the shard's thread. No step takes longer than a large value's piece does, or
// one field. What it tells of a field or of a small key stands in one effect, however long.
#pragma once

#include <cstdint>
#include <deque>
#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/store/store.hpp>
#include <string>

namespace limpet::store {

class SlotCopy {
 public:
  explicit SlotCopy(Slot slot) : slot_(slot) {}

  // Tells about so many keys, or a piece of a large one. True: that was the last.
  bool go_on(Store& store, ChangeSink& sink, std::size_t keys = kCopySliceKeys);

 private:
  void copy_keys(Store& store, ChangeSink& sink, std::size_t keys);
  void copy_large(Store& store, ChangeSink& sink);

  Slot slot_;
  bool walked_ = false;  // all keys were seen
  std::uint64_t scan_at_ = 0;
  std::deque<std::string> large_;  // keys whose values are copied in pieces
  std::uint64_t large_at_ = 0;     // how far the first of them is, as its type counts
  Type large_type_ = Type::none;
};

}  // namespace limpet::store
