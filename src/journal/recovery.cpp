#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <limpet/base/assert.hpp>
#include <limpet/journal/recovery.hpp>
#include <optional>
#include <tuple>
#include <utility>

namespace limpet::journal {

// What a look through a stream has shown.
struct Recovery::Found {
  struct Change {
    Slot slot;
    Record::Kind kind;  // a change, or what is said of others
    std::uint32_t boot;
    std::uint64_t sequence;
    std::string_view body;
    std::uint64_t position;
  };
  std::vector<Change> changes;
  std::vector<Hole> holes;
  std::uint64_t synced = 0;  // by the last mark, or all of it if the stream is sealed
  std::uint64_t end = 0;
};

Recovery::Recovery() : slots_(kSlots) {}

void Recovery::note(Finding::Kind kind, const File& file, std::uint64_t offset, std::string text) {
  findings_.push_back({kind, file.name, offset, std::move(text)});
}

void Recovery::add(std::string name, std::string_view bytes) {
  const Result<SegmentHeader> header = read_header(bytes);
  if (header) {
    generations_ = std::max(generations_, header->stream.generation);
    const bool snapshot = header->kind == FileKind::snapshot;
    if (!snapshot) journal_bytes_ += bytes.size();
    (snapshot ? snapshots_ : files_).push_back({std::move(name), bytes, *header});
    return;
  }
  if (header.error().code == Code::refused) {
    refusals_.push_back(name + " " + header.error().text);
    return;
  }
  // A file that was made just before a crash may not have its header yet, or its length without it, and then
  // has nothing else.
  const bool empty = bytes.size() <= kSegmentHeaderBytes &&
                     (bytes.size() < kSegmentHeaderBytes || bytes.find_first_not_of('\0') == bytes.npos);
  header_damaged_ = header_damaged_ || !empty;
  findings_.push_back({empty ? Finding::Kind::cut_off : Finding::Kind::damage, std::move(name), 0,
                       empty ? "it holds nothing: left out" : header.error().text});
}

void Recovery::add_unreadable(std::string file, std::string why) {
  header_damaged_ = true;
  findings_.push_back({Finding::Kind::damage, std::move(file), 0, std::move(why)});
}

void Recovery::finish() {
  const auto before = [](const File& a, const File& b) {
    return std::tie(a.header.stream, a.header.number) < std::tie(b.header.stream, b.header.number);
  };
  std::sort(files_.begin(), files_.end(), before);
  std::sort(snapshots_.begin(), snapshots_.end(), before);
  leave_out_what_came_late();
  // From the oldest to the newest: a later copy of a slot takes the place of an earlier one.
  for (const File& file : snapshots_) read_snapshot(file);
  // A damaged header hides of which stream the file was: anything may be missing.
  for (SlotChanges& slot : slots_) slot.damaged = slot.damaged || header_damaged_;
  for (std::size_t first = 0; first < files_.size();) {
    std::size_t last = first + 1;
    while (last < files_.size() && files_[last].header.stream == files_[first].header.stream) ++last;
    read_stream(first, last);
    first = last;
  }
  check_copies();
  check_streams();
  leave_out_outlived();
}

void Recovery::leave_out_what_came_late() {
  const auto is_late = [this](File& file) {
    const auto end = seals_.end_of(file.header.stream);
    if (!end) return false;
    const std::uint64_t before = *end - std::min(*end, file.header.position);
    const bool has_more = file.bytes.size() - kSegmentHeaderBytes > before;
    if (has_more) {
      note(Finding::Kind::cut_off, file, kSegmentHeaderBytes + before,
           "what follows was written after this run had ended for the next one: left out");
      file.bytes = file.bytes.substr(0, kSegmentHeaderBytes + before);
    }
    // One that begins at the end stays, without anything: the stream goes on to there.
    return file.header.position > *end;
  };
  files_.erase(std::remove_if(files_.begin(), files_.end(), is_late), files_.end());
}

// A file of a snapshot was whole and on the disk before it had its name. So whatever is missing in it is
// damage, of the slots that it should have had: those from its first to the last one that is whole in it, or
// to its end.
void Recovery::read_snapshot(const File& file) {
  const SegmentHeader& header = file.header;
  unsigned expected = static_cast<unsigned>(header.position & 0xffff);
  std::vector<std::string_view> bodies;
  SlotVersion version{};
  bool has_version = false;  // no optional: to GCC 12 the value of one that is empty is read
  std::uint64_t count = 0;
  bool ended = false;
  std::size_t offset = kSegmentHeaderBytes;
  const auto lose_until = [&](unsigned slot) {
    for (; expected < slot && expected < kSlots; expected += header.shards) slots_[expected].damaged = true;
  };
  while (offset < file.bytes.size() && !ended) {
    const RecordStep step =
        next_record(file.bytes.substr(offset), header.nonce, offset - kSegmentHeaderBytes);
    if (step.kind != RecordStep::Kind::record) {
      note(Finding::Kind::damage, file, offset, "a snapshot is damaged here");
      bodies.assign(1, {});  // never as many as the slot's end says
      count = kSlots;
      offset = find_record(file.bytes, offset + 1, header.nonce, std::uint64_t{0} - kSegmentHeaderBytes);
      continue;
    }
    const Record& record = step.record;
    offset += record.bytes();
    switch (record.kind) {
      case Record::Kind::change:
        bodies.push_back(record.body);
        ++count;
        break;
      case Record::Kind::slot_end: {
        lose_until(record.slot);
        expected = record.slot + header.shards;
        SlotChanges& slot = slots_[record.slot];
        if (count == number_in(record)) {
          slot = {.bodies = std::move(bodies),
                  .sequence = record.sequence,
                  .version = has_version ? version : SlotVersion{.last = {.number = record.sequence}},
                  .copied_in = header.stream.generation};
        } else {
          slot.damaged = true;
        }
        bodies = {};
        version = {};
        has_version = false;
        count = 0;
        break;
      }
      case Record::Kind::term:
        has_version = true;
        advance(version, last_in(record));
        break;
      case Record::Kind::file_end:
        ended = true;
        break;
      case Record::Kind::mark:
      case Record::Kind::goes_on:
        break;
    }
  }
  if (ended) return;
  note(Finding::Kind::damage, file, file.bytes.size(), "the end of a snapshot is missing");
  const auto next = std::find_if(snapshots_.begin(), snapshots_.end(), [&](const File& other) {
    return other.header.stream == header.stream && other.header.number == header.number + 1 &&
           other.header.position >> 16 == header.position >> 16;
  });
  lose_until(next == snapshots_.end() ? kSlots : static_cast<unsigned>(next->header.position & 0xffff));
}

// Where files were removed because snapshots have what they had, every slot has to have its copy.
void Recovery::check_copies() {
  const auto require = [&](std::uint64_t generation, unsigned first, unsigned step, const std::string& file) {
    std::size_t missing = 0;
    for (unsigned slot = first; slot < kSlots; slot += step) {
      if (slots_[slot].copied_in >= generation) continue;
      slots_[slot].damaged = true;
      ++missing;
    }
    if (missing == 0) return;
    findings_.push_back({Finding::Kind::damage, file, 0,
                         fmt::format("a snapshot is missing, and with it {} slots", missing)});
  };
  if (required_ > 0) require(required_, 0, 1, "of generation " + std::to_string(required_));
  for (std::size_t at = 0; at < files_.size(); ++at) {
    const SegmentHeader& header = files_[at].header;
    const bool first = at == 0 || files_[at - 1].header.stream != header.stream;
    if (first && header.number > 1) {
      require(header.stream.generation, header.stream.shard, header.shards, files_[at].name);
    }
  }
}

// A stream of which nothing is left, though it was sealed with something in it.
void Recovery::check_streams() {
  for (const auto& [stream, end] : seals_.ends) {
    if (end == 0 || stream.generation < required_ || ends_.count(stream) != 0) continue;
    std::size_t missing = 0;
    for (SlotChanges& slot : slots_) {
      if (slot.copied_in > stream.generation) continue;
      // Its counts have no gap up to a later change, so it had none in there.
      if (!slot.damaged && slot.changed_in > stream.generation) continue;
      slot.damaged = true;
      ++missing;
    }
    if (missing == 0) continue;
    findings_.push_back(
        {Finding::Kind::damage, file_name({.stream = stream, .number = 1}), 0,
         fmt::format("all files of this stream are missing; {} slots may have lost changes", missing)});
  }
}

void Recovery::read_stream(std::size_t first, std::size_t last) {
  Found found;
  const StreamName stream = files_[first].header.stream;
  // Where snapshots have what was in it, it may be without its end.
  if (stream.generation >= required_) found.synced = seals_.end_of(stream).value_or(0);
  scan(first, last, found);
  // What nobody was promised for good ends the stream. A hole before that is damage, and the rest goes on
  // behind it.
  std::size_t holes = 0;
  while (holes < found.holes.size() && found.holes[holes].position < found.synced) ++holes;
  if (holes < found.holes.size()) {
    const Hole& end = found.holes[holes];
    const auto behind =
        std::partition_point(found.changes.begin(), found.changes.end(),
                             [&](const Found::Change& each) { return each.position < end.position; });
    const File& file = files_[end.file];
    note(Finding::Kind::cut_off, file, end.offset,
         fmt::format("its last {} bytes{} were being written when the node stopped: cut off",
                     file.bytes.size() - end.offset,
                     behind != found.changes.end()
                         ? fmt::format(", and {} later changes,", found.changes.end() - behind)
                         : std::string()));
    found.changes.erase(behind, found.changes.end());
    found.holes.resize(holes);
    found.end = end.position;
  }
  ends_[stream] = found.end;
  take_changes(found, first);
  judge(found);
}

namespace {

bool of_slot(const Record& record) {
  return record.kind == Record::Kind::change || record.kind == Record::Kind::term ||
         record.kind == Record::Kind::goes_on;
}

bool belongs(const Record& record, const SegmentHeader& header) {
  return !of_slot(record) || record.slot % header.shards == header.stream.shard;
}

}  // namespace

void Recovery::scan(std::size_t first, std::size_t last, Found& found) const {
  // So many changes tell how much room all of them will need.
  constexpr std::size_t kSample = 4096;
  std::uint64_t stream_bytes = 0;
  std::uint64_t bytes_before = 0;  // in the files before
  for (std::size_t at = first; at < last; ++at) stream_bytes += files_[at].bytes.size();
  // Files before the first one were removed: check_copies().
  std::uint64_t expected = files_[first].header.position;
  std::uint32_t number = files_[first].header.number;
  for (std::size_t at = first; at < last; ++at) {
    const File& file = files_[at];
    const std::uint64_t nonce = file.header.nonce;
    // A file is missing before this one, or the end of the one before.
    if (file.header.position != expected || file.header.number != number) {
      found.holes.push_back({at - 1, files_[at - 1].bytes.size(), expected, false, 0});
    }
    number = file.header.number + 1;
    std::size_t offset = kSegmentHeaderBytes;
    const auto position = [&](std::size_t of) { return file.header.position + (of - kSegmentHeaderBytes); };
    while (offset < file.bytes.size()) {
      const RecordStep step = next_record(file.bytes.substr(offset), nonce, position(offset));
      if (step.kind == RecordStep::Kind::record && belongs(step.record, file.header)) {
        const Record& record = step.record;
        if (record.kind == Record::Kind::mark) {
          found.synced = std::max(found.synced, number_in(record));
        } else if (of_slot(record)) {
          found.changes.push_back(
              {record.slot, record.kind, record.boot, record.sequence, record.body, position(offset)});
          if (found.changes.size() == kSample) {
            found.changes.reserve(kSample * stream_bytes / (bytes_before + offset + record.bytes()));
          }
        }
        offset += record.bytes();
        continue;
      }
      const bool slot_known = step.kind == RecordStep::Kind::broken_body && of_slot(step.record);
      found.holes.push_back({at, offset, position(offset), slot_known, step.record.slot});
      // The head of a record with a broken body says where the next one stands; if it does not, look for it.
      const std::size_t after =
          step.kind == RecordStep::Kind::broken_body ? offset + step.record.bytes() : offset + 1;
      const std::size_t next =
          find_record(file.bytes, after, nonce, file.header.position - kSegmentHeaderBytes);
      if (slot_known && next != after && next != std::string_view::npos)
        found.holes.back().slot_known = false;
      if (slot_known && next == std::string_view::npos && after != file.bytes.size())
        found.holes.back().slot_known = false;
      if (next == std::string_view::npos) break;
      offset = next;
    }
    expected = position(std::max(file.bytes.size(), kSegmentHeaderBytes));
    bytes_before += file.bytes.size();
  }
  found.end = expected;
  // A stream that ends before its last mark has lost its end.
  if (found.synced > expected) {
    found.holes.push_back({last - 1, files_[last - 1].bytes.size(), expected, false, 0});
  }
}

void Recovery::take_changes(const Found& found, std::size_t first) {
  const std::uint64_t generation = files_[first].header.stream.generation;
  std::size_t gaps = 0;
  std::size_t said = 0;  // records that are no changes
  Slot gap_at = 0;
  for (const Found::Change& change : found.changes) {
    SlotChanges& slot = slots_[change.slot];
    said += change.kind == Record::Kind::change ? 0U : 1U;
    // A later run's copy has all that counts of this stream. What it lacks was cut off when that run began,
    // even if the hole that said so is in a file that was removed since.
    if (slot.copied_in > generation) continue;
    if (change.sequence <= slot.sequence && slot.copied_in != 0) continue;  // its copy has it
    // The counts of a slot have no gap: what is missing is missing here, whatever hole it fell into.
    if (change.sequence != slot.sequence + 1) {
      if (gaps++ == 0) gap_at = change.slot;
      slot.damaged = true;
    }
    slot.sequence = change.sequence;
    const bool first_of_run =
        std::max(slot.copied_in, std::exchange(slot.changed_in, generation)) < generation;
    if (change.kind == Record::Kind::term) {
      take_term(change.slot, {.kind = change.kind, .boot = change.boot, .body = change.body});
    } else if (change.kind == Record::Kind::goes_on) {
      go_on_at(slot.version, number_in({.kind = change.kind, .body = change.body}));
    } else {
      // Of a release that names no boots.
      if (first_of_run && slot.version.last.boot != 0)
        advance(slot.version, {slot.version.last.term, slot.version.last.number});
      ++slot.version.last.number;
      slot.bodies.push_back(change.body);
    }
  }
  changes_ += found.changes.size() - said;
  if (gaps == 0) return;
  note(Finding::Kind::damage, files_[first], 0,
       fmt::format("changes are missing before those of slot {}, and in {} more places: was a file removed?",
                   gap_at, gaps - 1));
}

void Recovery::take_term(Slot of, const Record& record) {
  SlotChanges& slot = slots_[of];
  const std::uint64_t before = slot.version.cessions;
  advance(slot.version, last_in(record));
  const std::uint64_t floor = floors_.empty() ? 0 : floors_[of];
  if (before == 0 || before >= floor || slot.version.cessions < floor) return;
  outlived_ += slot.bodies.empty() ? 0U : 1U;
  slot.bodies.clear();
}

// What no later record has taken the place of.
void Recovery::leave_out_outlived() {
  for (std::size_t slot = 0; slot < floors_.size(); ++slot) {
    SlotChanges& of = slots_[slot];
    if (of.version.cessions == 0 || of.version.cessions >= floors_[slot]) continue;
    outlived_ += of.bodies.empty() ? 0U : 1U;
    of.bodies.clear();
  }
}

// Damage: which slots had a change there?
void Recovery::judge(const Found& found) {
  for (const Hole& hole : found.holes) {
    const File& file = files_[hole.file];
    if (hole.slot_known) {
      slots_[hole.slot].damaged = true;
      note(Finding::Kind::damage, file, hole.offset,
           fmt::format("a change of slot {} is damaged", hole.slot));
      continue;
    }
    // A slot that has changes behind the hole, with no gap in its counts, had none in it. Of the others
    // nobody knows.
    std::vector<bool> cleared(kSlots);
    for (const Found::Change& change : found.changes) {
      if (change.position > hole.position) cleared[change.slot] = true;
    }
    std::size_t count = 0;
    for (std::size_t slot = file.header.stream.shard; slot < kSlots; slot += file.header.shards) {
      if (cleared[slot] || slots_[slot].copied_in > file.header.stream.generation) continue;
      slots_[slot].damaged = true;
      ++count;
    }
    note(Finding::Kind::damage, file, hole.offset,
         fmt::format("bytes are damaged or missing; {} slots may have lost a change", count));
  }
}

void Recovery::each_change(Slot slot, const std::function<void(std::string_view)>& visit) const {
  for (const std::string_view body : slots_[slot].bodies) visit(body);
}

}  // namespace limpet::journal
