// Backup: a copy of a data directory, also of one that a node is writing to.
//
// It has what the node had given to the kernel when the call began, and with it every write that was
// acknowledged before, under `interval` as under `always`. Each slot is as it was at some moment during the
// call, and all slots of a shard at the same one. Of a node of a cluster it has the titles, too, as they
// belong to what it has of the slots (backup_titles.hpp).
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
  bool titles = false;
  std::size_t owned = 0;     // slots
  std::size_t promised = 0;  // slots that were received, and whose owner had not said yet that they are ours
  std::uint64_t epoch = 0;   // of the cluster file in force
  std::uint64_t starts = 0;  // of the node on its directory
};

// `target` must not be there, or be an empty directory. It gets its name once all of it is on the disk and
// was read back as sound; what an error leaves undone is removed.
[[nodiscard]] Result<Backup> back_up(const std::string& directory, const std::string& target);

}  // namespace limpet::disk
