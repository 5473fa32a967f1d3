// Quantum: what one sender of requests may bring about in one turn, in bytes of replies, to whomever: the
// others are not to wait for more.
//
// It looks at the shard's count of the replies that it has delivered, which only ever grows. Owned by whoever
// takes the frames.
#pragma once

#include <cstdint>
#include <limpet/base/limits.hpp>

namespace limpet::links {

class Quantum {
 public:
  // `delivered`: bytes of replies, counted on while this lives.
  explicit Quantum(const std::uint64_t& delivered) : delivered_(delivered), before_(delivered) {}

  [[nodiscard]] bool is_spent() const { return delivered_ - before_ >= kTurnReplyBytes; }

 private:
  const std::uint64_t& delivered_;
  std::uint64_t before_;
};

}  // namespace limpet::links
