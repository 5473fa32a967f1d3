// Backup: a copy of a data directory, also of one that a node is writing to.
//
// It has what the node had given to the kernel when the call began, and with it every write that was
// acknowledged before, under `interval` as under `always`. Each slot is as it was at some moment during the
// call, and all slots of a shard at the same one.
#pragma once

#include <cstdint>
#include <limpet/base/result.hpp>
#include <string>

namespace limpet::disk {

struct Backup {
  std::string cluster;
  std::string node;
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};

// `target` must not be there, or be an empty directory. It gets its name once all of it is on the disk and
// was read back as sound; what an error leaves undone is removed.
[[nodiscard]] Result<Backup> back_up(const std::string& directory, const std::string& target);

}  // namespace limpet::disk
