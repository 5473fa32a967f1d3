// Between the journal's snapshots and the shard: what the pacer needs to know, and where its pieces go.
#include <iterator>

#include "core.hpp"

namespace limpet::shard {

void Core::tick_snapshot() {
  if (!snapshots_) return;
  // What is not served cannot be copied, and its old files are all that there is of it.
  const bool whole = slots_loading_ + slots_damaged_ == 0;
  snapshots_->tick({.position = journal_->position(),
                    .session_bytes = store_.stats().bytes,
                    .may_begin = whole && journal_trouble_.empty()},
                   now_.steady_ms);
  take_snapshot_pieces();
}

void Core::copy_on() {
  if (!snapshots_ || !snapshots_->open()) return;
  snapshots_->go_on();
  take_snapshot_pieces();
}

void Core::take_snapshot_pieces() {
  std::vector<journal::SnapshotPiece>& pieces = snapshots_->pieces();
  effects_.snapshot.insert(effects_.snapshot.end(), std::make_move_iterator(pieces.begin()),
                           std::make_move_iterator(pieces.end()));
  pieces.clear();
  if (snapshots_->wants_sync()) effects_.sync = true;
  if (snapshots_->can_go_on()) effects_.again = true;
}

void Core::synced(std::uint64_t position) {
  synced_ = position;
  send_titles();
  if (!snapshots_) return;
  snapshots_->synced(position);
  if (snapshots_->wants_sync()) effects_.again = true;  // it may end its file now
}

void Core::snapshot_written(std::size_t bytes) {
  snapshots_->written(bytes);
  if (snapshots_->can_go_on()) effects_.again = true;
}

}  // namespace limpet::shard
