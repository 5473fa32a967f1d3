// SnapshotFiles: writes the shards' snapshots, on one thread, and removes the files that they take the place
// of.
//
// A file has its name only once it is whole and on the disk, under ".new" until then. When a snapshot of a
// shard is complete, the files of its stream that it covers go; when every shard has one, those of all runs
// before this one.
//
// append() may be called by any thread and never blocks. Events come from the thread that writes.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/disk/directory.hpp>
#include <limpet/journal/snapshotter.hpp>
#include <memory>
#include <string>
#include <vector>

namespace limpet::disk {

// Says of which generation every slot has a copy, once older files were removed: "generation N".
inline constexpr const char* kBaseName = "limpet.base";

struct SnapshotEvents {
  std::function<void(unsigned shard, std::size_t bytes)> written;
  std::function<void(unsigned shard, std::uint64_t covers)> done;
  std::function<void(unsigned shard, const std::string& why)> failed;
  // The number of the file of a shard's stream that holds this position.
  std::function<std::uint32_t(unsigned shard, std::uint64_t position)> file_of;
};

class SnapshotFiles {
 public:
  // `directory` outlives it.
  SnapshotFiles(const Directory& directory, std::uint64_t generation, unsigned shards, SnapshotEvents events);
  ~SnapshotFiles();  // stop()
  SnapshotFiles(const SnapshotFiles&) = delete;
  SnapshotFiles& operator=(const SnapshotFiles&) = delete;

  void append(unsigned shard, std::vector<journal::SnapshotPiece> pieces);
  // What is unfinished is left behind, for the next start to remove.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace limpet::disk
