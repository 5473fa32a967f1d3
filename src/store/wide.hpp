// Wide: a session of more than one key. Its cell stands in the slot's table where a record would, and holds a
// table of the records by the hash of the whole key. A session that has one key again is no longer wide.
#pragma once

#include "record.hpp"

namespace limpet::store {

struct Wide {
  std::uint64_t flags = kWide;  // in its first byte
  std::uint64_t uid_hash = 0;
  Table keys;
  std::uint64_t swept_to = 0;  // where an unfinished sweep for time-outs goes on
};

[[nodiscard]] inline bool is_wide(const Heap& heap, Handle handle) {
  return (flags_of(heap.at(handle)) & kWide) != 0;
}
[[nodiscard]] inline Wide& wide_at(const Heap& heap, Handle handle) {
  return *reinterpret_cast<Wide*>(heap.at(handle));
}

}  // namespace limpet::store
