// ParkedRoom: how much may be kept of requests that wait for their slot.
//
// Large ones have room of their own: one that is as large as a request may be finds room, and takes none from
// the small ones of others.
#pragma once

#include <cstddef>
#include <limpet/base/limits.hpp>

namespace limpet::shard {

class ParkedRoom {
 public:
  // False: there is no room for it.
  [[nodiscard]] bool take(std::size_t bytes) {
    const bool large = bytes > kParkedLargeBytes;
    std::size_t& taken = large ? large_bytes_ : small_bytes_;
    if (taken + bytes > (large ? kParkedLargeBytesMax : kParkedBytesMax)) return false;
    taken += bytes;
    return true;
  }
  void give(std::size_t bytes) { (bytes > kParkedLargeBytes ? large_bytes_ : small_bytes_) -= bytes; }
  [[nodiscard]] bool empty() const { return small_bytes_ + large_bytes_ == 0; }

 private:
  std::size_t small_bytes_ = 0;
  std::size_t large_bytes_ = 0;
};

}  // namespace limpet::shard
