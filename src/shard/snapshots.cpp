// Between the journal's snapshots and the shard: what the pacer needs to know, and where its pieces go.
#include <iterator>

#include "core.hpp"

namespace limpet::shard {

void Core::tick_snapshot() {
  engine::SnapshotPacer* const snapshots = engine_.snapshots();
  if (snapshots == nullptr) return;
  // What is not served cannot be copied, and its old files are all that there is of it.
  const bool whole = ownership_.slots().loading() + ownership_.slots().damaged() == 0;
  snapshots->tick({.position = engine_.feed().end(),
                   .session_bytes = engine_.store().stats().bytes,
                   .may_begin = whole && engine_.durability().trouble().empty()},
                  now_.steady_ms);
  take_snapshot_pieces();
}

void Core::copy_on() {
  if (engine_.snapshots() == nullptr || !engine_.snapshots()->open()) return;
  engine_.snapshots()->go_on();
  take_snapshot_pieces();
}

void Core::take_snapshot_pieces() {
  engine::SnapshotPacer& snapshots = *engine_.snapshots();
  std::vector<journal::SnapshotPiece>& pieces = snapshots.pieces();
  effects_.snapshot.insert(effects_.snapshot.end(), std::make_move_iterator(pieces.begin()),
                           std::make_move_iterator(pieces.end()));
  pieces.clear();
  if (snapshots.wants_sync()) effects_.sync = true;
  if (snapshots.can_go_on()) effects_.again = true;
}

void Core::synced(std::uint64_t position) {
  engine_.durability().synced(position);
  send_titles();
  settle();
  engine::SnapshotPacer* const snapshots = engine_.snapshots();
  if (snapshots == nullptr) return;
  snapshots->synced(position);
  if (snapshots->wants_sync()) effects_.again = true;  // it may end its file now
}

void Core::snapshot_written(std::size_t bytes) {
  engine_.snapshots()->written(bytes);
  if (engine_.snapshots()->can_go_on()) effects_.again = true;
}

}  // namespace limpet::shard
