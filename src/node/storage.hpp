// Storage: the data directory of a running node. It has what was left there loaded, and writes what the
// shards change. Under durability none there is no journal, one that is found is set aside, and the directory
// is for the titles alone.
//
// open(), begin(), start() and stop() are for the node's owner, in that order; everything else may be called
// from the shards' threads.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/result.hpp>
#include <limpet/disk/appender.hpp>
#include <limpet/disk/directory.hpp>
#include <limpet/disk/snapshot_files.hpp>
#include <limpet/node/settings.hpp>
#include <memory>
#include <string>
#include <vector>

#include "loader.hpp"

namespace limpet::node {

class Storage {
 public:
  // Locks the directory.
  static Result<std::unique_ptr<Storage>> open(const Settings& settings);
  ~Storage();

  // Begins a run: the directory is this process's own when it returns. Refuses one of a newer format.
  Result<void> begin(LoaderHooks hooks);
  [[nodiscard]] const disk::Directory& directory() const { return *directory_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }  // of this run, once begun
  [[nodiscard]] bool journaled() const { return settings_.view.durability != cluster::Durability::none; }
  // Of the stream of a shard. REQUIRES: begun, journaled().
  [[nodiscard]] const journal::SegmentHeader& header(unsigned shard) const { return headers_[shard]; }
  // Begins to write what is appended, and to load what is there.
  Result<void> start(const std::function<disk::AppenderEvents(unsigned shard)>& events_of,
                     disk::SnapshotEvents snapshot_events);
  // REQUIRES: journaled().
  [[nodiscard]] Loader& loader() { return *loader_; }
  void append(unsigned shard, Bytes changes);
  void sync_soon(unsigned shard) { appenders_[shard]->sync_soon(); }
  void append_snapshot(unsigned shard, std::vector<journal::SnapshotPiece> pieces);
  // Everything is written and synced when this returns, if the disk lets it be. `last` gives the end of each
  // stream.
  void stop(const std::function<Bytes(unsigned shard, std::uint64_t synced)>& last = nullptr);

 private:
  explicit Storage(const Settings& settings) : settings_(settings) {}
  [[nodiscard]] Result<void> remove_unfinished() const;
  [[nodiscard]] Result<void> set_aside() const;
  [[nodiscard]] Result<void> warn_of_no_titles() const;

  const Settings& settings_;
  std::unique_ptr<disk::Directory> directory_;
  std::unique_ptr<Loader> loader_;
  std::uint64_t generation_ = 0;
  std::vector<journal::SegmentHeader> headers_;
  std::vector<std::unique_ptr<disk::Appender>> appenders_;
  std::unique_ptr<disk::SnapshotFiles> snapshots_;
};

}  // namespace limpet::node
