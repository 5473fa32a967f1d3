#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/engine/snapshot_pacer.hpp>
#include <utility>

namespace limpet::engine {

void SnapshotPacer::tick(const Load& load, std::int64_t now_ms) {
  const std::uint64_t grown = load.position - std::exchange(tick_position_, load.position);
  if (due(load, now_ms)) {
    snapshotter_.begin();
    open_ = true;
  }
  budget_ = std::max<std::uint64_t>(kSnapshotTickBytes, kSnapshotPace * grown);
  go_on();
}

bool SnapshotPacer::due(const Load& load, std::int64_t now_ms) const {
  if (open_ || !load.may_begin || now_ms < retry_ms_) return false;
  return bytes_since(load.position) > std::max<std::uint64_t>(kSnapshotMinBytes, load.session_bytes / 2);
}

void SnapshotPacer::go_on() {
  if (!open_) return;
  const std::uint64_t before = snapshotter_.copied_bytes();
  std::uint64_t copied = 0;
  for (int step = 0; step < kSnapshotStepsInOneGo && can_go_on() && copied < kTurnReplyBytes; ++step) {
    snapshotter_.go_on();
    copied = snapshotter_.copied_bytes() - before;
  }
  budget_ -= std::min(budget_, copied);
  hand_over();
}

bool SnapshotPacer::can_go_on() const {
  return open_ && snapshotter_.running() && budget_ > 0 && unwritten_ < kSnapshotAheadBytes && !held_;
}

void SnapshotPacer::hand_over() {
  std::deque<journal::SnapshotPiece>& copied = snapshotter_.pieces();
  held_ = false;
  while (!copied.empty()) {
    journal::SnapshotPiece& piece = copied.front();
    if (piece.ends_file && piece.needs > synced_) {
      held_ = true;
      return;
    }
    if (!piece.ends_file && copied.size() == 1 && piece.bytes.size() < kTurnReplyBytes) return;
    unwritten_ += piece.bytes.size();
    pieces_.push_back(std::move(piece));
    copied.pop_front();
  }
}

void SnapshotPacer::written(std::size_t bytes) { unwritten_ -= std::min(unwritten_, bytes); }

void SnapshotPacer::done(std::uint64_t covers) {
  open_ = false;
  covers_ = covers;
  inherited_bytes_ = 0;
}

void SnapshotPacer::failed(std::int64_t now_ms) {
  if (!open_) return;
  snapshotter_.abandon();
  open_ = held_ = false;
  unwritten_ = 0;
  retry_ms_ = now_ms + kSnapshotRetryMs;
}

}  // namespace limpet::engine
