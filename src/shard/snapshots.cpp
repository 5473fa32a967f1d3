// When a shard's sessions are copied anew, and how fast: so that the journal stays short, and nobody notices.
#include <algorithm>
#include <utility>

#include "core.hpp"

namespace limpet::shard {

bool Core::snapshot_due() const {
  if (snapshot_open_ || !journal_trouble_.empty() || now_.steady_ms < snapshot_retry_ms_) return false;
  // What is not served cannot be copied, and its old files are all that there is of it.
  if (slots_loading_ + slots_damaged_ > 0) return false;
  const std::uint64_t since = journal_->position() - snapshot_covers_ + inherited_bytes_;
  return since > std::max<std::uint64_t>(kSnapshotMinBytes, store_.stats().bytes / 2);
}

void Core::tick_snapshot() {
  if (!journal_) return;
  const std::uint64_t position = journal_->position();
  const std::uint64_t grown = position - std::exchange(snapshot_tick_position_, position);
  if (snapshot_due()) {
    snapshotter_->begin();
    snapshot_open_ = true;
  }
  snapshot_budget_ = std::max<std::uint64_t>(kSnapshotTickBytes, kSnapshotPace * grown);
  copy_on();
}

void Core::copy_on() {
  if (!snapshot_open_) return;
  const std::uint64_t before = snapshotter_->copied_bytes();
  std::uint64_t copied = 0;
  for (int step = 0; step < kSnapshotStepsInOneGo && may_copy() && copied < kTurnReplyBytes; ++step) {
    snapshotter_->go_on();
    copied = snapshotter_->copied_bytes() - before;
  }
  snapshot_budget_ -= std::min(snapshot_budget_, copied);
  hand_over_pieces();
  if (may_copy()) effects_.again = true;
}

bool Core::may_copy() const {
  return snapshotter_->running() && snapshot_budget_ > 0 && snapshot_ahead_ < kSnapshotAheadBytes &&
         !snapshot_held_;
}

void Core::hand_over_pieces() {
  std::deque<journal::SnapshotPiece>& pieces = snapshotter_->pieces();
  snapshot_held_ = false;
  while (!pieces.empty()) {
    journal::SnapshotPiece& piece = pieces.front();
    if (piece.ends_file && piece.needs > synced_) {
      snapshot_held_ = effects_.sync = true;
      return;
    }
    if (!piece.ends_file && pieces.size() == 1 && piece.bytes.size() < kTurnReplyBytes) return;
    snapshot_ahead_ += piece.bytes.size();
    effects_.snapshot.push_back(std::move(piece));
    pieces.pop_front();
  }
}

void Core::synced(std::uint64_t position) {
  synced_ = position;
  send_titles();
  if (snapshot_held_) effects_.again = true;
}

void Core::snapshot_written(std::size_t bytes) {
  snapshot_ahead_ -= std::min(snapshot_ahead_, bytes);
  if (snapshot_open_ && may_copy()) effects_.again = true;
}

void Core::snapshot_done(std::uint64_t covers) {
  snapshot_open_ = false;
  snapshot_covers_ = covers;
  inherited_bytes_ = 0;
}

void Core::snapshot_failed() {
  if (!snapshot_open_) return;
  snapshotter_->abandon();
  snapshot_open_ = snapshot_held_ = false;
  snapshot_ahead_ = 0;
  snapshot_retry_ms_ = now_.steady_ms + kSnapshotRetryMs;
}

}  // namespace limpet::shard
