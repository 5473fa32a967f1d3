// SnapshotPacer: when a shard's sessions are copied anew, and how fast, so that the journal stays short and
// nobody notices.
//
// A machine beside the journal: it is told of time, of the journal's position and of what the disk has done,
// and says how much was copied (pieces(), to be written), whether the journal is to be synced first, and
// whether it could copy more at once. Owned by the shard, on its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/journal/snapshotter.hpp>
#include <vector>

namespace limpet::engine {

class SnapshotPacer {
 public:
  struct Load {
    std::uint64_t position = 0;       // of the journal's stream
    std::uint64_t session_bytes = 0;  // in memory
    bool may_begin = true;            // all slots are served, and the journal can be written
  };

  // The others outlive this.
  SnapshotPacer(store::Store& store, const journal::Writer& writer, const journal::SegmentHeader& header)
      : snapshotter_(store, writer, header) {}

  // Journals of earlier runs of so many bytes were read at the start.
  void inherit(std::uint64_t journal_bytes) { inherited_bytes_ = journal_bytes; }
  // Begins a snapshot if one is due, and copies what this tick may cost.
  void tick(const Load& load, std::int64_t now_ms);
  // Copies some more of what this tick may cost.
  void go_on();
  // The journal is on the disk up to there.
  void synced(std::uint64_t position) { synced_ = position; }
  // So many bytes that were handed over are on the disk; all of a snapshot is; or it came to nothing.
  void written(std::size_t bytes);
  void done(std::uint64_t covers);
  void failed(std::int64_t now_ms);

  // What is to be written next; the caller takes it all.
  [[nodiscard]] std::vector<journal::SnapshotPiece>& pieces() { return pieces_; }
  // The end of a file waits for the journal to be synced.
  [[nodiscard]] bool wants_sync() const { return held_; }
  // It could copy more within this tick.
  [[nodiscard]] bool can_go_on() const;

  [[nodiscard]] bool open() const { return open_; }  // one is copied or written
  // What a start would read of journals besides the last snapshot.
  [[nodiscard]] std::uint64_t bytes_since(std::uint64_t position) const {
    return position - covers_ + inherited_bytes_;
  }

 private:
  [[nodiscard]] bool due(const Load& load, std::int64_t now_ms) const;
  void hand_over();

  journal::Snapshotter snapshotter_;
  std::vector<journal::SnapshotPiece> pieces_;
  bool open_ = false;
  bool held_ = false;
  std::uint64_t synced_ = 0;
  std::uint64_t covers_ = 0;           // the stream up to there is in the last one
  std::uint64_t inherited_bytes_ = 0;  // of journals of runs before this one
  std::uint64_t tick_position_ = 0;
  std::uint64_t budget_ = 0;   // bytes to copy in this tick
  std::size_t unwritten_ = 0;  // handed over
  std::int64_t retry_ms_ = 0;  // steady; none is begun before
};

}  // namespace limpet::engine
