// SimNode: one run of a node on a simulated disk, from the start to the crash, in steps.
//
// The shards and what reads the files are the real ones. What surrounds them does what node/storage.cpp,
// net/driver.cpp and disk do, in their order; which thread is next is drawn by the dice. A crash is that
// somebody destroys it between two steps.
#pragma once

#include <deque>
#include <functional>
#include <limpet/base/time.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>
#include <string>
#include <vector>

#include "sim_writers.hpp"

namespace limpet::crash {

class SimNode {
 public:
  struct Options {
    bool always = false;
    unsigned shards = 1;
    std::size_t segment_bytes = 4096;
    std::uint64_t snapshots_one_in = 0;  // how often one is due; 0: never
  };
  struct Hooks {
    std::function<void()> loaded;                     // ask() may be called; nobody is served yet
    std::function<void(unsigned shard)> sync_begins;  // of all that this shard has acknowledged
    std::function<void(unsigned shard)> sync_ended;
  };
  // `view` and the others outlive it.
  SimNode(SimDisk& disk, Dice& dice, Now& now, const cluster::View& view, Options options, Hooks hooks);
  ~SimNode();

  // Something happens: an operation on the disk, a turn of a shard, or time passes.
  void step();
  [[nodiscard]] bool serving() const { return serving_; }
  // Empty, or why it does not start.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  [[nodiscard]] unsigned shards() const { return options_.shards; }
  [[nodiscard]] const journal::Recovery* recovery() const { return recovery_.get(); }

  // ---- Clients. REQUIRES: serving(). ----
  std::size_t connect();
  void send(std::size_t client, std::string_view bytes);
  // What came back since the last call.
  [[nodiscard]] std::string take(std::size_t client);

  // Asks the shard of this slot; what the reply shows has to be safe.
  [[nodiscard]] std::string ask(Slot slot, std::string_view commands);
  [[nodiscard]] std::uint64_t keys() const;
  // Ends as a node does that is told to. REQUIRES: serving(), and nobody waits for a reply.
  void stop();

 private:
  struct Client {
    unsigned shard;
    StreamId stream;
    std::string received;
  };
  struct Core {
    std::unique_ptr<shard::Shard> shard;
    std::unique_ptr<SimAppender> appender;
    std::deque<std::function<void()>> mailbox;
    std::int64_t ticks_at_ms = 0;
    std::int64_t syncs_at_ms = 0;
  };

  // ---- Starting ----
  void plan_start();
  void read();
  void keep();
  void make_shards();
  void load_shard(unsigned index);
  [[nodiscard]] disk::AppenderEvents appender_events(unsigned index);
  [[nodiscard]] disk::SnapshotEvents snapshot_events();

  // ---- Running ----
  [[nodiscard]] std::vector<std::function<void()>> possible();
  void turn(unsigned index, const std::function<void()>& work);
  void flush(unsigned index);
  void flush_streams(unsigned index);

  SimShell shell_;
  Now& now_;
  const cluster::View& view_;
  const Options options_;
  const Hooks hooks_;
  std::string refusal_;
  bool serving_ = false;
  // How fast time passes beside all else, and how often the thread of the snapshots has its turn.
  std::uint64_t pace_ms_ = 0;
  std::size_t snapshot_pace_ = 1;
  Steps starting_;
  std::vector<std::string> contents_;  // of the files that recovery_ looks at
  std::unique_ptr<journal::Recovery> recovery_;
  std::uint64_t generation_ = 0;
  std::vector<Core> cores_;
  std::unique_ptr<SimSnapshotFiles> snapshots_;
  std::vector<Client> clients_;
};

}  // namespace limpet::crash
