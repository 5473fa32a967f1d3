// FileWatch: does another node run another cluster file than this one? All should run the same.
//
// While a new file is given out they differ for a moment, so after each change nodes have kFileLagMs before
// they are named; whoever is compared when its link comes up is named at once. Owned by a shard, on its
// thread.
#pragma once

#include <cstdint>
#include <limpet/base/limits.hpp>
#include <limpet/base/note_level.hpp>
#include <limpet/base/time.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/peer/greeting.hpp>
#include <optional>
#include <string>

namespace limpet::links {

class FileWatch {
 public:
  struct Line {
    NoteLevel level;
    std::string text;
  };

  // A node has read another file, this one or another.
  void changed(Now now) { due_ms_ = now.steady_ms + kFileLagMs; }
  // True once after that: all are to be compared.
  [[nodiscard]] bool is_due(Now now) {
    if (!due_ms_ || now.steady_ms < *due_ms_) return false;
    due_ms_.reset();
    return true;
  }
  // What is to be said of a node that stands so; nothing if it runs the same file.
  [[nodiscard]] static std::optional<Line> compare(const cluster::View& mine, const std::string& node,
                                                   const peer::Standing& theirs) {
    if (theirs.epoch != mine.epoch) {
      return Line{NoteLevel::warning, "node " + node + " runs epoch " + std::to_string(theirs.epoch) +
                                          " of the cluster file, this node epoch " +
                                          std::to_string(mine.epoch) + ": give all nodes the same file"};
    }
    if (theirs.content_digest == mine.content_digest) return std::nullopt;
    return Line{NoteLevel::error, "node " + node + " runs another cluster file at the same epoch " +
                                      std::to_string(mine.epoch) + ": give all nodes the same file"};
  }

 private:
  std::optional<std::int64_t> due_ms_;  // steady
};

}  // namespace limpet::links
