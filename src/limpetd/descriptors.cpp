#include "descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limpet/base/limits.hpp>

namespace limpet::limpetd {
namespace {

// The limit after trying to have at least `wanted`.
rlim_t raise_to(rlim_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  const rlimit more{wanted, std::max(wanted, limit.rlim_max)};
  if (::setrlimit(RLIMIT_NOFILE, &more) == 0) return wanted;
  // Above the hard limit only root may go; up to it everybody.
  const rlimit most{std::min(wanted, limit.rlim_max), limit.rlim_max};
  return ::setrlimit(RLIMIT_NOFILE, &most) == 0 ? most.rlim_cur : limit.rlim_cur;
}

}  // namespace

ClientRoom make_room_for(std::size_t max_clients) {
  const std::size_t wanted = max_clients + kReservedDescriptors;
  const auto limit = static_cast<std::size_t>(raise_to(wanted));
  if (limit >= wanted) return {max_clients, ""};
  const std::size_t room = limit > kReservedDescriptors ? limit - kReservedDescriptors : 1;
  return {room, "max-clients is " + std::to_string(room) + " instead of " + std::to_string(max_clients) +
                    ": the limit of open files is " + std::to_string(limit) +
                    "; raise it with ulimit -n or LimitNOFILE="};
}

}  // namespace limpet::limpetd
