// Storage: the data directory of a running node. It reads what was left there, then writes what the shards
// change.
//
// open(), load(), start() and stop() are for the node's owner, in that order; append() is for the shards'
// threads.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/result.hpp>
#include <limpet/disk/appender.hpp>
#include <limpet/disk/directory.hpp>
#include <limpet/disk/snapshot_files.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/node/settings.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>
#include <string>
#include <vector>

namespace limpet::node {

class Storage {
 public:
  // Locks the directory, reads all of it and begins a generation. Refuses a directory with damage.
  static Result<std::unique_ptr<Storage>> open(const Settings& settings);
  ~Storage();

  // Of the stream of a shard.
  [[nodiscard]] const journal::SegmentHeader& header(unsigned shard) const { return headers_[shard]; }
  // Gives the shards what was read, all of them at once; afterwards it is forgotten. Before their threads
  // start.
  Result<void> load(const std::vector<shard::Shard*>& shards);
  Result<void> start(const std::function<disk::AppenderEvents(unsigned shard)>& events_of,
                     disk::SnapshotEvents snapshot_events);
  void append(unsigned shard, Bytes changes);
  void append_snapshot(unsigned shard, std::vector<journal::SnapshotPiece> pieces);
  // Everything is written and synced when this returns, if the disk lets it be. `last` gives the end of each
  // stream.
  void stop(const std::function<Bytes(unsigned shard, std::uint64_t synced)>& last = nullptr);

 private:
  explicit Storage(const Settings& settings) : settings_(settings) {}
  Result<void> read();
  Result<void> seal();
  [[nodiscard]] Result<bool> is_as_read() const;
  [[nodiscard]] Result<void> load_shard(shard::Shard& shard, unsigned index) const;

  const Settings& settings_;
  std::unique_ptr<disk::Directory> directory_;
  std::vector<std::string> contents_;  // of the files that recovery_ looks at
  std::vector<std::string> names_;     // theirs
  std::unique_ptr<journal::Recovery> recovery_;
  std::uint64_t generation_ = 0;
  std::vector<journal::SegmentHeader> headers_;
  std::vector<std::unique_ptr<disk::Appender>> appenders_;
  std::unique_ptr<disk::SnapshotFiles> snapshots_;
};

}  // namespace limpet::node
