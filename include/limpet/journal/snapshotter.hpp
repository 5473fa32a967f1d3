// Snapshotter: copies a shard's sessions into the files of a snapshot, slot by slot, while they change.
//
// Owned by the shard, and run by it some at a time. There is no second copy of the sessions: what was copied
// is taken away piece by piece. A slot's copy begins with the number of the slot's last change. It may show
// some of the changes behind that, so whoever reads it applies all of those (store/change.hpp), and a file
// counts only once the changes up to its end are on the disk: SnapshotPiece::needs.
#pragma once

#include <cstdint>
#include <deque>
#include <limpet/base/bytes.hpp>
#include <limpet/journal/record.hpp>
#include <limpet/journal/segment.hpp>
#include <limpet/journal/writer.hpp>
#include <limpet/store/slot_copy.hpp>
#include <limpet/store/store.hpp>
#include <optional>

namespace limpet::journal {

// The next bytes of a snapshot's files.
struct SnapshotPiece {
  bool begins_file = false;  // `header` is of a new file; the bytes begin with it
  bool ends_file = false;    // and with these it is whole
  bool ends_snapshot = false;
  SegmentHeader header;
  Bytes bytes;
  std::uint64_t needs = 0;  // of the journal's stream, on the disk, before a file that ends counts
  // Of a snapshot that ends: changes of this stream before are not needed any more, nor files of snapshots
  // with a lower number than this.
  std::uint64_t covers = 0;
  std::uint32_t first_file = 0;
};

class Snapshotter final : private store::ChangeSink {
 public:
  // `header`: of the shard's stream. The others outlive this.
  Snapshotter(store::Store& store, const Writer& writer, const SegmentHeader& header);

  [[nodiscard]] bool running() const { return copying_.has_value(); }
  void begin();
  // Copies a few keys. REQUIRES: running().
  void go_on();
  // Forgets the snapshot that is under way, and what was not taken of it.
  void abandon();

  [[nodiscard]] std::deque<SnapshotPiece>& pieces() { return pieces_; }
  [[nodiscard]] std::uint64_t copied_bytes() const { return copied_; }  // since the start of the node

 private:
  store::EffectWriter& change_of(Slot slot) override;
  SnapshotPiece& piece();
  void begin_file();
  void end_file(bool last);
  void begin_slot();
  void end_slot();
  // A record of the slot, of what effects_ is told in between.
  void begin_record();
  void end_record();
  void add_number(Record::Kind kind, std::uint64_t number);
  void add_version();
  void add_term(LastChange last);

  store::Store& store_;
  const Writer& writer_;
  SegmentHeader header_;  // of the file that is under way
  std::uint64_t file_nonce_ = 0;
  std::uint64_t file_bytes_ = 0;  // records, without the header
  std::uint64_t file_slots_ = 0;
  bool file_open_ = false;

  std::optional<store::CopyScope> copying_;  // while a snapshot is under way
  std::uint32_t snapshots_ = 0;
  std::uint32_t first_file_ = 0;
  std::uint64_t covers_ = 0;
  std::uint64_t copied_ = 0;

  unsigned slot_ = 0;
  std::optional<store::SlotCopy> copy_;  // of that slot, once it has begun
  std::uint64_t sequence_ = 0;           // of the slot's last change, when its copy began
  SlotVersion version_;                  // as of that change
  std::uint64_t records_ = 0;
  std::size_t record_at_ = 0;
  store::EffectWriter effects_;

  std::deque<SnapshotPiece> pieces_;
};

}  // namespace limpet::journal
