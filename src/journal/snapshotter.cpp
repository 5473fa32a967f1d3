#include <limpet/base/hash.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/journal/record.hpp>
#include <limpet/journal/snapshotter.hpp>
#include <limpet/store/change.hpp>
#include <utility>

namespace limpet::journal {

namespace {

std::uint64_t hash_of_file(const SegmentHeader& header) {
  Bytes bytes;
  append_header(bytes, header);
  return hash64(bytes.view(), header.nonce);
}

}  // namespace

Snapshotter::Snapshotter(store::Store& store, const Writer& writer, const SegmentHeader& header)
    : store_(store), writer_(writer), header_(header) {
  header_.kind = FileKind::snapshot;
  header_.number = 0;
}

void Snapshotter::begin() {
  ++snapshots_;
  covers_ = writer_.position();
  first_file_ = header_.number + 1;
  slot_ = header_.stream.shard;
  copy_.reset();
  file_open_ = false;
  copying_.emplace(store_);
}

void Snapshotter::abandon() {
  copying_.reset();
  pieces_.clear();
  copy_.reset();
}

void Snapshotter::go_on() {
  if (!file_open_) begin_file();
  if (!copy_) begin_slot();
  const std::uint64_t before = file_bytes_;
  // Empty slots cost next to nothing, one at a time.
  begin_record();
  const bool whole = copy_->go_on(store_, *this);
  end_record();
  if (whole) end_slot();
  copied_ += file_bytes_ - before;
  const bool last = slot_ >= kSlots;
  if (last || (file_bytes_ >= kSnapshotFileBytes && !copy_)) end_file(last);
}

// ---- Files and records ----

SnapshotPiece& Snapshotter::piece() {
  if (pieces_.empty() || pieces_.back().ends_file || pieces_.back().bytes.size() >= kTurnReplyBytes) {
    pieces_.emplace_back();
  }
  return pieces_.back();
}

void Snapshotter::begin_file() {
  ++header_.number;
  header_.position = snapshot_position(snapshots_, slot_);
  // Nothing of one file passes for a part of another.
  file_nonce_ = hash_of_file(header_);
  SegmentHeader header = header_;
  header.nonce = file_nonce_;
  file_open_ = true;
  file_bytes_ = file_slots_ = 0;
  SnapshotPiece& first = pieces_.emplace_back();
  first.begins_file = true;
  first.header = header;
  append_header(first.bytes, header);
}

void Snapshotter::end_file(bool last) {
  add_number(Record::Kind::file_end, file_slots_);
  SnapshotPiece& end = piece();
  end.ends_file = true;
  end.needs = writer_.position();
  end.ends_snapshot = last;
  end.covers = covers_;
  end.first_file = first_file_;
  file_open_ = false;
  if (last) copying_.reset();
}

void Snapshotter::add_number(Record::Kind kind, std::uint64_t number) {
  const Record record{.kind = kind, .slot = static_cast<Slot>(slot_ % kSlots), .sequence = sequence_};
  append_number_record(piece().bytes, record, number, file_nonce_, file_bytes_);
  file_bytes_ += kRecordHeadBytes + kNumberBodyBytes;
}

void Snapshotter::begin_record() {
  Bytes& out = piece().bytes;
  record_at_ = out.size();
  out.extend(kRecordHeadBytes);
  effects_.begin(out);
}

store::EffectWriter& Snapshotter::change_of(Slot) {
  if (pieces_.back().bytes.size() - record_at_ > kRecordSplitBytes) {
    end_record();
    begin_record();
  }
  return effects_;
}

void Snapshotter::end_record() {
  Bytes& out = pieces_.back().bytes;
  const std::string_view body = out.view().substr(record_at_ + kRecordHeadBytes);
  if (body.empty()) return out.truncate(record_at_);
  const Record record{.slot = static_cast<Slot>(slot_), .sequence = sequence_, .body = body};
  seal_record(out.data() + record_at_, record, file_nonce_, file_bytes_);
  file_bytes_ += record.bytes();
  ++records_;
}

// ---- Slots ----

void Snapshotter::begin_slot() {
  copy_.emplace(static_cast<Slot>(slot_));
  records_ = 0;
  sequence_ = writer_.sequence(static_cast<Slot>(slot_));
  version_ = writer_.version(static_cast<Slot>(slot_));
}

// What does not follow from the slot's sequence.
void Snapshotter::add_version() {
  if (version_ == SlotVersion{.last = {.number = sequence_}}) return;
  if (version_.cessions <= version_.last.term.cessions && version_.ends.empty())
    return add_term(version_.last);
  for (const LastChange& each : history_anew(version_.cessions, version_.ends, version_.last)) add_term(each);
}

void Snapshotter::add_term(LastChange last) {
  append_term_record(piece().bytes, static_cast<Slot>(slot_), sequence_, last, file_nonce_, file_bytes_);
  file_bytes_ += kRecordHeadBytes + kTermBodyBytes;
}

void Snapshotter::end_slot() {
  add_version();
  add_number(Record::Kind::slot_end, records_);
  ++file_slots_;
  copy_.reset();
  slot_ += header_.shards;
}

}  // namespace limpet::journal
