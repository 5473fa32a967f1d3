#include <limpet/base/client_memory.hpp>
#include <limpet/base/limits.hpp>

namespace limpet {

std::size_t ClientMemory::allowance() const {
  if (bound_ == 0) return kOwedBytesMax;
  const std::size_t room = room_for_clients();
  return std::clamp((room - std::min(room, clients_)) / 2, kOutputPauseBytes, kOwedBytesMax);
}

std::size_t ClientMemory::share(std::size_t nodes) const {
  if (bound_ == 0) return kLinkBytesMax;
  return std::clamp(bound_ / 2 / std::max<std::size_t>(nodes, 1), kPeerShareMin, kLinkBytesMax);
}

}  // namespace limpet
