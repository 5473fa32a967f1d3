#include "journaling.hpp"

#include <iterator>
#include <utility>

namespace limpet::shard {

// ---- Slots that are loaded ----

void Journaling::take_load(const LoadPiece& piece) {
  std::string_view bytes = piece.bytes.view();
  for (const LoadPiece::Step& step : piece.steps) {
    const std::string_view effects = bytes.substr(0, step.bytes);
    bytes.remove_prefix(step.bytes);
    if (ownership_.slots().is_damaged(step.slot)) continue;
    const Result<void> done = engine_.load(step.slot, effects, now_);
    if (!done) {
      damaged(step.slot, done.error().text);
    } else if (step.end == LoadPiece::End::damaged) {
      damaged(step.slot, {});
    } else if (step.end == LoadPiece::End::whole) {
      loaded(step);
    }
  }
}

void Journaling::loaded(const LoadPiece::Step& step) {
  const Slot slot = step.slot;
  if (journal::Writer* const journal = engine_.feed().journal())
    journal->set_sequence(slot, step.changes, step.version);
  engine_.store().resume_reclaim(slot);
  ownership_.loaded(slot);
}

void Journaling::damaged(Slot slot, const std::string& why) {
  if (!why.empty()) {
    effects_.notes.push_back({Note::Level::error,
                              "slot " + std::to_string(slot) + " cannot be loaded, and is not served: " + why,
                              {},
                              {}});
  }
  engine_.store().resume_reclaim(slot);
  ownership_.damaged(slot);
  serving_.wake(slot);
}

// ---- Changes ----

void Journaling::take_changes() {
  if (engine_.has_changes()) effects_.changes = engine_.take_changes();
}

void Journaling::end_changes() {
  Bytes last = engine_.take_last_changes();
  if (!last.empty()) effects_.changes = std::move(last);
}

// ---- Snapshots ----

void Journaling::inherit(std::uint64_t journal_bytes) {
  if (engine_.snapshots() != nullptr) engine_.snapshots()->inherit(journal_bytes);
}

void Journaling::tick() {
  engine::SnapshotPacer* const snapshots = engine_.snapshots();
  if (snapshots == nullptr) return;
  // What is not served cannot be copied, and its old files are all that there is of it.
  const bool whole = ownership_.slots().loading() + ownership_.slots().damaged() == 0;
  snapshots->tick({.position = engine_.feed().end(),
                   .session_bytes = engine_.store().stats().bytes,
                   .may_begin = whole && engine_.durability().trouble().empty()},
                  now_.steady_ms);
  take_pieces();
}

void Journaling::go_on() {
  if (engine_.snapshots() == nullptr || !engine_.snapshots()->open()) return;
  engine_.snapshots()->go_on();
  take_pieces();
}

void Journaling::take_pieces() {
  engine::SnapshotPacer& snapshots = *engine_.snapshots();
  std::vector<journal::SnapshotPiece>& pieces = snapshots.pieces();
  effects_.snapshot.insert(effects_.snapshot.end(), std::make_move_iterator(pieces.begin()),
                           std::make_move_iterator(pieces.end()));
  pieces.clear();
  if (snapshots.wants_sync()) effects_.sync = true;
  if (snapshots.can_go_on()) effects_.again = true;
}

void Journaling::synced(Lsn position) {
  engine::SnapshotPacer* const snapshots = engine_.snapshots();
  if (snapshots == nullptr) return;
  snapshots->synced(position);
  if (snapshots->wants_sync()) effects_.again = true;  // it may end its file now
}

void Journaling::snapshot_written(std::size_t bytes) {
  engine_.snapshots()->written(bytes);
  if (engine_.snapshots()->can_go_on()) effects_.again = true;
}

}  // namespace limpet::shard
