#include <limpet/base/hash.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/journal/record.hpp>
#include <limpet/journal/snapshotter.hpp>
#include <limpet/store/change.hpp>

namespace limpet::journal {

using store::Item;

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
  running_ = true;
  ++snapshots_;
  covers_ = writer_.position();
  first_file_ = header_.number + 1;
  slot_ = header_.stream.shard;
  in_slot_ = file_open_ = false;
  store_.copying(true);
}

void Snapshotter::abandon() {
  running_ = false;
  pieces_.clear();
  large_.clear();
  store_.copying(false);
}

void Snapshotter::go_on(std::int64_t unix_ms) {
  if (!file_open_) begin_file();
  if (!in_slot_) begin_slot();
  const std::uint64_t before = file_bytes_;
  // Empty slots cost next to nothing, one at a time.
  if (!walked_) {
    copy_keys(unix_ms);
  } else if (!large_.empty()) {
    copy_large(unix_ms);
  }
  if (walked_ && large_.empty()) end_slot();
  copied_ += file_bytes_ - before;
  const bool last = slot_ >= kSlots;
  if (last || (file_bytes_ >= kSnapshotFileBytes && !in_slot_)) end_file(last);
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
  if (!last) return;
  running_ = false;
  store_.copying(false);
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
  in_slot_ = true;
  walked_ = false;
  scan_at_ = 0;
  records_ = 0;
  sequence_ = writer_.sequence(static_cast<Slot>(slot_));
}

void Snapshotter::end_slot() {
  add_number(Record::Kind::slot_end, records_);
  ++file_slots_;
  in_slot_ = false;
  slot_ += header_.shards;
}

void Snapshotter::copy_keys(std::int64_t unix_ms) {
  const auto slot = static_cast<Slot>(slot_);
  begin_record();
  scan_at_ = store_.scan(slot, scan_at_, kSnapshotSliceKeys, unix_ms, [&](const Item& item) {
    const bool large = (item.type() == store::Type::hash && item.fields() > kSnapshotSliceFields) ||
                       item.bytes() > kSnapshotPieceBytes;
    large ? void(large_.emplace_back(item.key())) : tell_item(*this, slot, item.key(), item);
  });
  end_record();
  walked_ = scan_at_ == 0;
}

// The next piece of the first large value. What became of it meanwhile is among the changes.
void Snapshotter::copy_large(std::int64_t unix_ms) {
  const std::string& key = large_.front();
  const Item item = store_.peek(KeyRef::of(key), unix_ms);
  if (large_at_ == 0) large_type_ = item.type();
  const bool done = item.type() == store::Type::none || item.type() != large_type_ ||
                    (item.type() == store::Type::hash ? copy_fields(item) : copy_string(item));
  if (!done) return;
  large_.pop_front();
  large_at_ = 0;
}

bool Snapshotter::copy_string(const Item& item) {
  const std::string_view all = item.string();
  if (large_at_ >= all.size() && large_at_ != 0) return true;
  const std::string_view part = all.substr(large_at_, kSnapshotPieceBytes);
  begin_record();
  if (large_at_ == 0) {
    effects_.put_string(large_.front(), part, item.expires_unix_ms());
  } else {
    effects_.write_string(large_.front(), large_at_, part, false);
  }
  end_record();
  large_at_ += part.size();
  return large_at_ >= all.size();
}

bool Snapshotter::copy_fields(const Item& item) {
  const auto slot = static_cast<Slot>(slot_);
  const std::string& key = large_.front();
  begin_record();
  if (large_at_ == 0) effects_.erase(key);
  large_at_ =
      item.scan_fields(large_at_, kSnapshotSliceFields, [&](std::string_view name, std::string_view value) {
        change_of(slot).put_field(key, name, value, false);
      });
  const bool done = large_at_ == 0;
  if (done && item.expires_unix_ms() != kNoExpiry) change_of(slot).set_expiry(key, item.expires_unix_ms());
  end_record();
  return done;
}

}  // namespace limpet::journal
