// Loader: brings the sessions of a data directory to the shards, while these serve already.
//
// First it reads all files, looks at every record once and seals the streams of earlier runs; then it gives
// each shard its slots, those that are asked for before the others. It has threads of its own for that: one
// that reads, then one for each shard.
//
// start() and stop() are for the owner, everything else may be called from any thread. The directory must
// outlive it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <limpet/base/result.hpp>
#include <limpet/disk/directory.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace limpet::node {

struct LoaderHooks {
  // Called on the loader's threads. When the shard has taken it, taken() is to be called.
  std::function<void(unsigned shard, std::shared_ptr<const shard::LoadPiece> piece)> give;
  // Everything is read: so many bytes of journals are each shard's part of what was found, or, where damage
  // was passed over, as many as it takes to have them replaced at once.
  std::function<void(std::uint64_t journal_bytes)> read;
  // The directory cannot be written: no write may be acknowledged in this run.
  std::function<void(const std::string& why)> failed;
};

class Loader {
 public:
  // `repair`: slots that are damaged are served with what can be read of them.
  Loader(const disk::Directory& directory, unsigned shards, bool repair, LoaderHooks hooks);
  ~Loader() { stop(); }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Looks at what earlier runs say of the files beside these.
  Result<void> look();
  // By slot, the cessions below which what is there is of a life that is over (journal/recovery.hpp).
  void leave_out_below(std::vector<std::uint64_t> cessions) {
    recovery_->leave_out_below(std::move(cessions));
  }
  // `generation`: of this run, whose fence is up. What comes to the directory now was not acknowledged.
  void start(std::uint64_t generation);
  void stop();

  void want(unsigned shard, const std::vector<Slot>& slots);
  void taken(unsigned shard);

  // How far it is, in words; empty: everything is loaded.
  [[nodiscard]] std::string progress() const;
  // Slots that are damaged and not served.
  [[nodiscard]] std::size_t damaged() const { return damaged_; }

 private:
  struct Target {
    std::deque<Slot> wanted;
    std::size_t ahead = 0;  // pieces that were given and not taken yet
  };
  // What one thread does for its shard.
  struct Delivery {
    unsigned shard;
    unsigned next;            // slot, if none is wanted
    std::vector<bool> given;  // by slot
    std::shared_ptr<shard::LoadPiece> piece;
  };

  void run();
  void read_files();
  [[nodiscard]] Result<std::vector<std::string>> list() const;
  [[nodiscard]] Result<void> sync_files() const;
  [[nodiscard]] Result<void> seal() const;
  bool report();
  void deliver(unsigned shard);
  [[nodiscard]] bool next_slot(Delivery& delivery, Slot& slot, bool& urgent);
  void add(Delivery& delivery, Slot slot);
  void send(Delivery& delivery);

  const disk::Directory& directory_;
  const unsigned shards_;
  const bool repair_;
  const LoaderHooks hooks_;

  std::vector<std::string> names_;  // of the files of earlier runs
  std::uint64_t generation_ = 0;
  std::vector<disk::Mapping> contents_;  // of the files that recovery_ looks at
  std::unique_ptr<journal::Recovery> recovery_;
  std::chrono::steady_clock::time_point began_;

  std::atomic<std::uint64_t> bytes_read_{0};
  std::atomic<std::uint64_t> slots_given_{0};
  std::atomic<std::size_t> damaged_{0};
  std::atomic<bool> reading_{true};
  std::atomic<bool> done_{false};
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;  // guards targets_
  std::condition_variable changed_;
  std::vector<Target> targets_;
  std::thread thread_;
};

}  // namespace limpet::node
