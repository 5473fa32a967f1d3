// Descriptors: room for the clients that a node may have.
#pragma once

#include <cstddef>
#include <string>

namespace limpet::limpetd {

struct ClientRoom {
  std::size_t max_clients = 0;  // what there is room for, at most what was wanted
  std::string warning;          // if that is less
};

// Raises the limit of open files as far as needed and allowed. kReservedDescriptors are kept for the rest.
[[nodiscard]] ClientRoom make_room_for(std::size_t max_clients);

}  // namespace limpet::limpetd
