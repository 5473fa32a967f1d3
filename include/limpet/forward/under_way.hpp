// UnderWay: what is under way from this shard to one target, a sibling or another node, and who waits for
// room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/limits.hpp>
#include <limpet/base/stream.hpp>
#include <vector>

namespace limpet::forward {

struct UnderWay {
  std::size_t requests = 0;  // sent, not answered
  // What their replies may come to: those of clients that get large ones. Others neither count nor wait.
  std::size_t awaited_bytes = 0;
  std::vector<StreamId> stalled;  // clients that are not parsed further until there is room again

  // Whoever waits is woken when half of it is free: by then others must not have taken it.
  [[nodiscard]] bool has_room_for(std::uint32_t large_reply) const {
    return large_reply == 0 || awaited_bytes == 0 || (awaited_bytes < kLinkAwaitedBytes && stalled.empty());
  }
  [[nodiscard]] bool half_free() const {
    return requests <= kLinkRequestsMax / 2 && awaited_bytes <= kLinkAwaitedBytes / 2;
  }
};

}  // namespace limpet::forward
