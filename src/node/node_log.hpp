// NodeLog: where the notes of a node's shards become lines of the log. What is added up is told once a
// second, by a thread of its own.
#pragma once

#include <condition_variable>
#include <limpet/shard/shard.hpp>
#include <mutex>
#include <thread>

#include "note_fold.hpp"

namespace limpet::node {

class NodeLog {
 public:
  NodeLog();
  ~NodeLog();  // tells what has been added up
  NodeLog(const NodeLog&) = delete;
  NodeLog& operator=(const NodeLog&) = delete;

  // Any thread.
  void note(const shard::Note& note);
  // All that has been added up so far.
  void finish();

 private:
  void run();

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool ending_ = false;
  NoteFold fold_;
  std::thread thread_;
};

}  // namespace limpet::node
