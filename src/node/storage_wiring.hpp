// StorageWiring: what a node keeps on its disk, and its shards: what these want kept goes to the journal, the
// snapshots and the titles, and what becomes of it comes back as tasks. It also knows what is wrong with the
// disk.
//
// open(), start() and stop() are for the node's owner, in that order; everything else may be called from any
// thread once it is open. Tasks come from the threads that write and load, from that of the title file, and
// from whoever changes the cluster file.
#pragma once

#include <chrono>
#include <functional>
#include <limpet/base/result.hpp>
#include <limpet/disk/appender.hpp>
#include <limpet/disk/snapshot_files.hpp>
#include <limpet/node/admin.hpp>
#include <limpet/node/settings.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>

#include "disk_health.hpp"
#include "loader.hpp"
#include "membership.hpp"
#include "shard_set.hpp"
#include "storage.hpp"

namespace limpet::node {

class StorageWiring {
 public:
  // Both outlive it.
  StorageWiring(const Settings& settings, ShardSet& shards)
      : settings_(settings), shards_(shards), health_(settings.shards) {}

  // Takes the directory, if there is anything to be kept. Error: what is to be said of it at a start.
  [[nodiscard]] Result<void> open();
  // Puts in what a shard has to know of what is kept; its index is set.
  void configure(shard::ShardConfig& config) const;
  // Begins to write, and to load what is there. REQUIRES: the shards are made.
  [[nodiscard]] Result<void> start();
  // What the shards have changed is written and synced. REQUIRES: they are stopped. Without patience it waits
  // without end; else the error says that the disk has not answered, and threads go on using all this.
  [[nodiscard]] Result<void> stop(std::chrono::milliseconds patience);

  // Works off what is of it: changes, snapshot, sync, wanted, titles, strangers and leaving.
  void take(unsigned shard, shard::NodeEffects& effects);

  // Null: the node is in no cluster.
  [[nodiscard]] Membership* membership() const { return membership_.get(); }
  [[nodiscard]] std::shared_ptr<const cluster::View> view() const {
    return membership_ ? membership_->view() : own_view_;
  }
  [[nodiscard]] cluster::NodeIndex self() const { return membership_ ? membership_->self() : settings_.self; }
  [[nodiscard]] Health health() const;
  [[nodiscard]] TitlesState titles() const { return health_.titles(); }

 private:
  [[nodiscard]] bool journaled() const { return storage_ && storage_->journaled(); }
  [[nodiscard]] Result<void> open_directory();
  [[nodiscard]] Result<void> open_membership();
  void write_the_rest();

  // What is to be done with what they say.
  [[nodiscard]] LoaderHooks loader_hooks();
  [[nodiscard]] disk::AppenderEvents appender_events(unsigned shard);
  [[nodiscard]] disk::SnapshotEvents snapshot_events();
  [[nodiscard]] MembershipHooks membership_hooks();

  const Settings& settings_;
  ShardSet& shards_;
  std::shared_ptr<const cluster::View> own_view_;  // of a node that is in no cluster
  std::unique_ptr<Storage> storage_;               // none without anything to be kept
  std::unique_ptr<Membership> membership_;         // of a node of a cluster
  DiskHealth health_;
};

}  // namespace limpet::node
