// RequestedKeys: the keys of the next requests of another shard or node, as far as one can guess them,
// fetched together (Store::prefetch()).
//
// The keys point into the bytes that have come, so all are forgotten when the event ends.
#pragma once

#include <array>
#include <cstddef>
#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <span>
#include <string_view>

namespace limpet::shard {

class RequestedKeys {
 public:
  void clear() { count_ = next_ = 0; }
  // Of a request that is to be served here; kLookAheadMax at most.
  void add(std::string_view key, Slot slot) {
    keys_[count_] = {.key = key, .uid = uid_of(key), .slot = slot};
    refs_[count_] = &keys_[count_];
    ++count_;
  }
  [[nodiscard]] std::span<KeyRef* const> all() const { return {refs_.data(), count_}; }

  // What is known of this very key; that its slot is what the request says is not. Null: nothing. They are
  // asked for in the order in which they came.
  [[nodiscard]] const KeyRef* find(std::string_view key) {
    for (std::size_t at = next_; at < count_; ++at) {
      if (keys_[at].key.data() != key.data() || keys_[at].key.size() != key.size()) continue;
      next_ = at + 1;
      return &keys_[at];
    }
    return nullptr;
  }

 private:
  std::array<KeyRef, kLookAheadMax> keys_;
  std::array<KeyRef*, kLookAheadMax> refs_{};
  std::size_t count_ = 0;
  std::size_t next_ = 0;  // those before it are done with
};

}  // namespace limpet::shard
