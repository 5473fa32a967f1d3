// Runs: what a node writes into one directory, run after run, and what becomes of the files, as an input
// says; and what has to be read of them.
//
// A run ends in a crash, which may tear what was not synced; the next one reads everything, seals it and goes
// on from there. A run that has ended may go on writing: nothing of that counts. Copies are made, and what
// they have is removed. None of that is damage. What was synced may be damaged as well: then a slot is called
// damaged, or has all that was promised.
#pragma once

#include <array>
#include <deque>
#include <limpet/journal/recovery.hpp>
#include <limpet/journal/writer.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fuzz.hpp"

namespace limpet::fuzz {

class Runs {
 public:
  // No input can hold a record of its own: the checks depend on all of it.
  explicit Runs(std::string_view input) : reader_(input), nonce_(hash64(input)) { begin_run(); }
  void go();

 private:
  // So many that a shard has only a few slots.
  static constexpr unsigned kUsed = 4;
  static constexpr std::uint32_t kShards = kSlots / kUsed;
  static constexpr std::uint64_t kRunsMax = 5;
  static constexpr std::uint32_t kSnapshotsMax = 8;

  struct File {
    journal::SegmentHeader header;
    std::string bytes;
  };
  using Files = std::map<std::string, File>;  // by name: from the oldest on
  struct Stream {
    explicit Stream(const journal::SegmentHeader& head) : header(head), writer(head.nonce) {}
    journal::SegmentHeader header;  // of the last file
    journal::Writer writer;
    bool torn = false;
  };
  struct Change {
    std::uint64_t generation;
    std::uint64_t end;  // the position behind it
    std::string body;
  };
  struct Mark {
    std::string file;
    std::size_t offset;
    std::string bytes;
    std::uint64_t number;
  };

  [[nodiscard]] static Slot slot(unsigned index) { return static_cast<Slot>(index * kShards); }
  [[nodiscard]] static std::string copy_of(std::uint64_t sequence) { return 'C' + std::to_string(sequence); }
  [[nodiscard]] Stream& current() { return streams_.back(); }
  // The node of the current run is there, and its disk is sound.
  [[nodiscard]] bool alive() { return !harmed_ && !current().torn; }

  void step(unsigned what);
  // ---- What a node does ----
  void begin_run();
  void next_run();
  void change(Stream& stream, unsigned index, std::string_view text);
  void mark(Stream& stream);
  void begin_file(Stream& stream);
  std::size_t write(Stream& stream);
  void snapshot(bool in_two, bool half);
  void snapshot_file(std::uint32_t snapshot, unsigned first, unsigned end);
  void trim(unsigned count);
  void late(unsigned what);
  // ---- What becomes of the files ----
  void tear();
  File* any_file();
  void flip();
  void cut();
  void remove();
  // ---- What is read ----
  void read(journal::Recovery& recovery, const journal::Seals& seals) const;
  [[nodiscard]] bool sound(const journal::Recovery& recovery) const;
  void check(const journal::Recovery& recovery) const;
  void check_slot(const journal::Recovery& recovery, unsigned index) const;
  [[nodiscard]] bool is_promised(const Change& change) const;
  static void check_same(const journal::Recovery& a, const journal::Recovery& b);

  Reader reader_;
  std::uint64_t nonce_;
  Files files_;
  std::deque<Stream> streams_;  // of all runs
  journal::Seals seals_;
  std::uint64_t base_ = 0;
  bool harmed_ = false;  // something that was synced has changed

  // Of the current run.
  std::uint64_t generation_ = 0;
  std::uint64_t synced_ = 0;
  std::vector<Mark> marks_;
  std::uint32_t snapshots_ = 0;
  std::uint32_t snapshot_files_ = 0;
  std::uint32_t covered_ = 0;         // files of the stream below this number are in a snapshot; 0: none is
  std::uint32_t first_snapshot_ = 0;  // the first file of that

  std::array<std::vector<Change>, kUsed> written_;  // all changes that may count, by slot
};

inline void Runs::go() {
  while (!reader_.empty()) step(reader_.byte());
  journal::Recovery recovery;
  read(recovery, seals_);
  check(recovery);
}

inline void Runs::step(unsigned what) {
  const unsigned more = what >> 4;
  switch (what % 16) {
    case 5:
    case 6:
      return alive() ? mark(current()) : void();
    case 7:
      return alive() ? begin_file(current()) : void();
    case 8:
      return next_run();
    case 9:
      return alive() ? tear() : void();
    case 10:
      return late(more);
    case 11:
      return alive() ? snapshot((more & 1) != 0, (more & 2) != 0) : void();
    case 12:
      return alive() ? trim(reader_.byte()) : void();
    case 13:
      return flip();
    case 14:
      return cut();
    case 15:
      return remove();
    default:
      if (alive()) change(current(), more % kUsed, reader_.take(reader_.byte() % 32));
  }
}

// ---- What a node does ----

inline void Runs::begin_run() {
  ++generation_;
  journal::SegmentHeader header;
  header.stream.generation = generation_;
  header.shards = kShards;
  header.nonce = nonce_ + generation_;
  streams_.emplace_back(header);
  synced_ = 0;
  marks_.clear();
  snapshots_ = snapshot_files_ = covered_ = first_snapshot_ = 0;
  for (unsigned i = 0; i < kUsed; ++i) current().writer.set_sequence(slot(i), written_[i].size());
  begin_file(current());
}

inline void Runs::next_run() {
  if (generation_ == kRunsMax) return;
  journal::Recovery recovery;
  read(recovery, seals_);
  check(recovery);
  if (!sound(recovery)) return;
  for (unsigned i = 0; i < kUsed; ++i) written_[i].resize(recovery.last_sequence(slot(i)));
  seals_ = recovery.seals(generation_ + 1);
  // What was cut off stays away.
  journal::Recovery again;
  read(again, seals_);
  check_same(recovery, again);
  begin_run();
}

inline void Runs::change(Stream& stream, unsigned index, std::string_view text) {
  stream.writer.change_of(slot(index)).erase(text);
  write(stream);
  if (&stream != &current()) return;
  Bytes body;
  store::EffectWriter effects;
  effects.begin(body);
  effects.erase(text);
  written_[index].push_back({generation_, stream.writer.position(), std::string(body.view())});
}

inline void Runs::mark(Stream& stream) {
  const std::uint64_t position = stream.writer.position();
  stream.writer.mark(position);
  const std::size_t bytes = write(stream);
  if (&stream != &current()) return;
  synced_ = position;
  const std::string name = file_name(stream.header);
  const std::string& file = files_.at(name).bytes;
  marks_.push_back({name, file.size() - bytes, file.substr(file.size() - bytes), position});
}

inline void Runs::begin_file(Stream& stream) {
  ++stream.header.number;
  stream.header.position = stream.writer.position();
  Bytes head;
  append_header(head, stream.header);
  files_[file_name(stream.header)] = {stream.header, std::string(head.view())};
}

// How many bytes.
inline std::size_t Runs::write(Stream& stream) {
  const Bytes bytes = stream.writer.take();
  const auto file = files_.find(file_name(stream.header));
  if (file != files_.end()) file->second.bytes += bytes.view();  // else it was removed
  return bytes.size();
}

inline void Runs::snapshot(bool in_two, bool half) {
  if (snapshots_ == kSnapshotsMax) return;
  ++snapshots_;
  // It counts once the changes before its end are on the disk.
  synced_ = current().writer.position();
  const std::uint32_t first_file = snapshot_files_ + 1;
  snapshot_file(snapshots_, 0, in_two ? kUsed / 2 : kUsed);
  if (in_two && half) return;
  if (in_two) snapshot_file(snapshots_, kUsed / 2, kUsed);
  covered_ = current().header.number;
  first_snapshot_ = first_file;
}

inline void Runs::snapshot_file(std::uint32_t snapshot, unsigned first, unsigned end) {
  using journal::Record;
  journal::SegmentHeader header = current().header;
  header.kind = journal::FileKind::snapshot;
  header.number = ++snapshot_files_;
  header.position = journal::snapshot_position(snapshot, slot(first));
  header.nonce += 1'000 * header.number;
  Bytes records;
  for (unsigned i = first; i < end; ++i) {
    const std::uint64_t sequence = current().writer.sequence(slot(i));
    if (sequence > 0) {
      const std::string body = copy_of(sequence);
      const std::size_t at = records.size();
      std::memcpy(records.extend(journal::kRecordHeadBytes + body.size()) + journal::kRecordHeadBytes,
                  body.data(), body.size());
      journal::seal_record(records.data() + at, {.slot = slot(i), .sequence = sequence, .body = body},
                           header.nonce, at);
    }
    journal::append_number_record(records,
                                  {.kind = Record::Kind::slot_end, .slot = slot(i), .sequence = sequence},
                                  sequence > 0 ? 1 : 0, header.nonce, records.size());
  }
  journal::append_number_record(records, {.kind = Record::Kind::file_end}, end - first, header.nonce,
                                records.size());
  Bytes head;
  append_header(head, header);
  files_[file_name(header)] = {header, std::string(head.view()) + std::string(records.view())};
}

// Removes some of what the last snapshot has, as far as it came.
inline void Runs::trim(unsigned count) {
  if (covered_ == 0) return;
  base_ = generation_;
  for (const auto kind : {journal::FileKind::journal, journal::FileKind::snapshot}) {
    const std::uint32_t first = kind == journal::FileKind::journal ? covered_ : first_snapshot_;
    for (auto at = files_.begin(); at != files_.end() && count > 0;) {
      const journal::SegmentHeader& header = at->second.header;
      const bool old = header.stream.generation < generation_ || header.number < first;
      if (header.kind != kind || !old) {
        ++at;
        continue;
      }
      at = files_.erase(at);
      --count;
    }
  }
}

// One whose run has ended does not know.
inline void Runs::late(unsigned what) {
  Stream& stream = streams_[reader_.byte() % streams_.size()];
  if (harmed_ || stream.torn || &stream == &current()) return;
  switch (what % 4) {
    case 0:
      return mark(stream);
    case 1:
      return begin_file(stream);
    default:
      return change(stream, what / 4, reader_.take(reader_.byte() % 32));
  }
}

// ---- What becomes of the files ----

// Of what was not synced the disk has what it likes.
inline void Runs::tear() {
  Stream& stream = current();
  stream.torn = true;
  const std::uint64_t from = synced_ + reader_.number() % (stream.writer.position() - synced_ + 1);
  const unsigned zeros = reader_.byte();  // or all behind it is missing
  const unsigned later = reader_.byte() % 4;
  for (auto at = files_.begin(); at != files_.end();) {
    File& file = (at++)->second;
    const journal::SegmentHeader& header = file.header;
    if (header.kind != journal::FileKind::journal || header.stream != stream.header.stream) continue;
    const std::size_t size = file.bytes.size();
    if (header.position > from && later != 0) {
      if (later == 1) file.bytes.resize(std::min<std::size_t>(size, 30));
      if (later == 2) file.bytes.assign(journal::kSegmentHeaderBytes, '\0');
      if (later == 3) files_.erase(std::prev(at));
      continue;
    }
    if (header.position > from || from - header.position > size - journal::kSegmentHeaderBytes) continue;
    const std::size_t offset = journal::kSegmentHeaderBytes + (from - header.position);
    if (zeros == 0) {
      file.bytes.resize(offset);
    } else {
      const std::size_t count = std::min<std::size_t>(zeros, size - offset);
      file.bytes.replace(offset, count, count, '\0');
    }
  }
}

inline Runs::File* Runs::any_file() {
  if (files_.empty()) return nullptr;
  harmed_ = true;
  return &std::next(files_.begin(), static_cast<std::ptrdiff_t>(reader_.byte() % files_.size()))->second;
}

inline void Runs::flip() {
  File* const file = any_file();
  if (file == nullptr || file->bytes.empty()) return;
  char& byte = file->bytes[reader_.number() % file->bytes.size()];
  byte = static_cast<char>(byte ^ (1 << reader_.byte() % 8));
}

// A file without its header looks as one does that never got it, so that stays.
inline void Runs::cut() {
  File* const file = any_file();
  if (file == nullptr || file->bytes.size() < journal::kSegmentHeaderBytes) return;
  const std::size_t most = file->bytes.size() - journal::kSegmentHeaderBytes;
  file->bytes.resize(journal::kSegmentHeaderBytes + reader_.number() % (most + 1));
}

// That the first files of a stream are missing only shows if there is no copy of what was in them.
inline void Runs::remove() {
  const File* const file = any_file();
  if (file == nullptr || file->header.kind == journal::FileKind::snapshot) return;
  for (const auto& [name, other] : files_) {
    const bool before = other.header.kind == journal::FileKind::journal &&
                        other.header.stream == file->header.stream &&
                        other.header.number < file->header.number;
    if (before) return void(files_.erase(file_name(file->header)));
  }
}

// ---- What is read ----

inline void Runs::read(journal::Recovery& recovery, const journal::Seals& seals) const {
  for (const auto& [name, file] : files_) recovery.add(name, file.bytes);
  recovery.require_snapshots_of(base_);
  recovery.seal(seals);
  recovery.finish();
}

// The others have no copy, and a snapshot makes them damaged.
inline bool Runs::sound(const journal::Recovery& recovery) const {
  if (!recovery.refusals().empty()) return false;
  for (unsigned i = 0; i < kUsed; ++i) {
    if (recovery.damaged(slot(i))) return false;
  }
  return true;
}

inline void Runs::check(const journal::Recovery& recovery) const {
  FUZZ_CHECK(harmed_ || sound(recovery));
  if (!recovery.refusals().empty()) return;
  for (unsigned i = 0; i < kUsed; ++i) {
    if (!recovery.damaged(slot(i))) check_slot(recovery, i);
  }
}

// A copy and what came behind it, or all from the beginning, without a gap, and nothing else.
inline void Runs::check_slot(const journal::Recovery& recovery, unsigned index) const {
  const std::vector<Change>& written = written_[index];
  std::uint64_t count = 0;
  recovery.each_change(slot(index), [&](std::string_view body) {
    if (count == 0 && body.starts_with('C')) {
      count = std::stoull(std::string(body.substr(1)));
      FUZZ_CHECK(body == copy_of(count) && count <= written.size());
      return;
    }
    FUZZ_CHECK(count < written.size() && written[count].body == body);
    ++count;
  });
  FUZZ_CHECK(count == recovery.last_sequence(slot(index)));
  for (; count < written.size(); ++count) FUZZ_CHECK(!is_promised(written[count]));
}

// What was sealed, and what stands before a mark that is still there.
inline bool Runs::is_promised(const Change& change) const {
  if (change.generation < generation_) return true;
  for (const Mark& mark : marks_) {
    if (mark.number < change.end) continue;
    const auto file = files_.find(mark.file);
    if (file == files_.end() || file->second.bytes.size() < mark.offset) continue;
    if (!journal::read_header(file->second.bytes)) continue;
    if (file->second.bytes.compare(mark.offset, mark.bytes.size(), mark.bytes) == 0) return true;
  }
  return false;
}

inline void Runs::check_same(const journal::Recovery& a, const journal::Recovery& b) {
  FUZZ_CHECK(a.seals(1) == b.seals(1));
  for (unsigned i = 0; i < kUsed; ++i) {
    const auto changes = [i](const journal::Recovery& recovery) {
      std::vector<std::string_view> all;
      recovery.each_change(slot(i), [&](std::string_view body) { all.push_back(body); });
      return all;
    };
    FUZZ_CHECK(!b.damaged(slot(i)) && changes(a) == changes(b));
    FUZZ_CHECK(a.last_sequence(slot(i)) == b.last_sequence(slot(i)));
  }
}

}  // namespace limpet::fuzz
