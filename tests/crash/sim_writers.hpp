// The threads that write a node's files, on a simulated disk: the same operations in the same order as
// disk/appender.cpp and disk/snapshot_files.cpp do them, one at a time, so that anything may come in between.
//
// Whoever changes one of those changes this. A step is what no crash and no other thread can
// come into; a write is cut into several.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/disk/appender.hpp>
#include <limpet/disk/snapshot_files.hpp>
#include <limpet/journal/segment.hpp>
#include <limpet/journal/snapshotter.hpp>
#include <memory>
#include <string>
#include <vector>

#include "dice.hpp"
#include "sim_disk.hpp"

namespace limpet::crash {

// A thread: what it has yet to do.
class Steps {
 public:
  using Step = std::function<void()>;

  void add(Step step) { steps_.push_back(std::move(step)); }
  // Before everything else, in their order: what the step that runs turns out to need.
  void add_first(std::vector<Step> steps);
  [[nodiscard]] bool idle() const { return steps_.empty(); }
  void run_one();

 private:
  std::deque<Step> steps_;
};

// What both writers need.
struct SimShell {
  SimDisk& disk;
  Dice& dice;
  std::string fence;  // what this run wrote
};

[[nodiscard]] std::vector<Steps::Step> write_steps(SimShell& shell, std::function<SimDisk::FileId()> file,
                                                   std::shared_ptr<const std::string> bytes);
// Directory::replace().
[[nodiscard]] std::vector<Steps::Step> replace_steps(SimShell& shell, const std::string& name,
                                                     const std::string& content);
// Directory::fenced().
void check_fence(const SimShell& shell);

class SimAppender {
 public:
  struct Options {
    bool sync_always = false;
    std::size_t segment_bytes = 0;           // kSegmentBytes would take too long to fill
    std::function<void()> sync_begins = {};  // a sync of what is written now
  };
  SimAppender(SimShell& shell, const journal::SegmentHeader& header, Options options,
              disk::AppenderEvents events);

  // The beginning of a file; who starts a node runs the first ones itself.
  [[nodiscard]] std::vector<Steps::Step> next_file();
  void append(Bytes records) { queue_.emplace_back(records.view()); }
  [[nodiscard]] std::uint32_t file_of(std::uint64_t position) const;

  [[nodiscard]] bool can_write() const { return !writer_.idle() || !queue_.empty(); }
  void write_on();
  // Under *interval*: a sync has begun, or may.
  [[nodiscard]] bool syncing() const { return !syncer_.idle(); }
  void begin_sync() { syncer_.add_first(sync_steps(syncer_)); }
  void sync_on() { syncer_.run_one(); }
  // stop(): everything is written and synced, and `last` ends the stream.
  void stop(const std::function<Bytes(std::uint64_t synced)>& last);

 private:
  [[nodiscard]] Steps::Step write_step(std::string bytes);
  [[nodiscard]] std::vector<Steps::Step> sync_steps(Steps& thread);

  SimShell& shell_;
  journal::SegmentHeader header_;
  const Options options_;
  const disk::AppenderEvents events_;
  std::vector<std::string> queue_;
  std::vector<SimDisk::FileId> unsynced_;
  std::vector<std::uint64_t> begins_;
  std::uint64_t written_ = 0;
  std::uint64_t synced_ = 0;
  SimDisk::FileId file_ = 0;
  std::size_t file_bytes_ = 0;
  Steps writer_;
  Steps syncer_;
};

class SimSnapshotFiles {
 public:
  SimSnapshotFiles(SimShell& shell, std::uint64_t generation, unsigned shards, disk::SnapshotEvents events);

  void append(unsigned shard, std::vector<journal::SnapshotPiece> pieces);
  [[nodiscard]] bool can_write() const { return !thread_.idle() || !queue_.empty(); }
  void write_on();

 private:
  struct Shard {
    SimDisk::FileId file = 0;
    std::string name;
    bool complete = false;
  };
  struct Job {
    unsigned shard;
    journal::SnapshotPiece piece;
  };

  void take(const std::shared_ptr<Job>& job);
  [[nodiscard]] std::vector<Steps::Step> finish_file(Shard& shard);
  void remove_covered(const std::shared_ptr<Job>& job);
  void remove_files(unsigned index, const journal::SnapshotPiece& last);

  SimShell& shell_;
  const std::uint64_t generation_;
  const disk::SnapshotEvents events_;
  std::vector<Shard> shards_;
  bool based_ = false;
  std::deque<Job> queue_;
  Steps thread_;
};

}  // namespace limpet::crash
