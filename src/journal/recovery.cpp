#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <limpet/base/assert.hpp>
#include <limpet/journal/recovery.hpp>
#include <tuple>

namespace limpet::journal {

// What a look through a stream has shown.
struct Recovery::Found {
  struct Change {
    Slot slot;
    std::uint64_t sequence;
    std::string_view body;
    std::uint64_t position;
  };
  std::vector<Change> changes;
  std::vector<Hole> holes;
  std::uint64_t synced = 0;  // by the last mark
};

Recovery::Recovery() : slots_(kSlots) {}

void Recovery::note(Finding::Kind kind, const File& file, std::uint64_t offset, std::string text) {
  findings_.push_back({kind, file.name, offset, std::move(text)});
}

void Recovery::add(std::string name, std::string_view bytes) {
  const Result<SegmentHeader> header = read_header(bytes);
  if (header) {
    generations_ = std::max(generations_, header->stream.generation);
    files_.push_back({std::move(name), bytes, *header});
    return;
  }
  if (header.error().code == Code::refused) {
    refusals_.push_back(name + " " + header.error().text);
    return;
  }
  // A file that was made just before a crash may not have its header yet, and then has nothing else.
  const bool empty = bytes.size() < kSegmentHeaderBytes;
  findings_.push_back({empty ? Finding::Kind::cut_off : Finding::Kind::damage, std::move(name), 0,
                       empty ? "it holds nothing: left out" : header.error().text});
}

void Recovery::finish() {
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) {
    return std::tie(a.header.stream, a.header.number) < std::tie(b.header.stream, b.header.number);
  });
  // A damaged header hides of which stream the file was: anything may be missing.
  if (std::any_of(findings_.begin(), findings_.end(),
                  [](const Finding& each) { return each.kind == Finding::Kind::damage; })) {
    for (SlotChanges& slot : slots_) slot.damaged = true;
  }
  for (std::size_t first = 0; first < files_.size();) {
    std::size_t last = first + 1;
    while (last < files_.size() && files_[last].header.stream == files_[first].header.stream) ++last;
    read_stream(first, last);
    first = last;
  }
}

void Recovery::read_stream(std::size_t first, std::size_t last) {
  Found found;
  scan(first, last, found);
  // What nobody was promised for good ends the stream. A hole before that is damage, and the rest goes on behind it.
  std::size_t count = found.changes.size();
  std::size_t holes = 0;
  while (holes < found.holes.size() && found.holes[holes].position < found.synced) ++holes;
  if (holes < found.holes.size()) {
    const Hole& end = found.holes[holes];
    const auto behind = std::partition_point(found.changes.begin(), found.changes.end(),
                                             [&](const Found::Change& each) { return each.position < end.position; });
    count = static_cast<std::size_t>(behind - found.changes.begin());
    const File& file = files_[end.file];
    note(Finding::Kind::cut_off, file, end.offset,
         fmt::format("its last {} bytes{} were being written when the node stopped: cut off",
                     file.bytes.size() - end.offset,
                     found.changes.size() > count
                         ? fmt::format(", and {} later changes,", found.changes.size() - count)
                         : std::string()));
    found.holes.resize(holes);
  }
  take_changes(found, count);
  judge(found);
}

namespace {

bool belongs(const Record& record, const SegmentHeader& header) {
  return record.kind == Record::Kind::mark || record.slot % header.shards == header.stream.shard;
}

}  // namespace

void Recovery::scan(std::size_t first, std::size_t last, Found& found) const {
  std::uint64_t expected = 0;
  std::uint32_t number = 1;
  for (std::size_t at = first; at < last; ++at) {
    const File& file = files_[at];
    const std::uint64_t nonce = file.header.nonce;
    // A file is missing before this one, or the end of the one before.
    if (file.header.position != expected || file.header.number != number) {
      const std::size_t of = at == first ? at : at - 1;
      found.holes.push_back({of, at == first ? 0 : files_[of].bytes.size(), expected, false, 0});
    }
    number = file.header.number + 1;
    std::size_t offset = kSegmentHeaderBytes;
    const auto position = [&](std::size_t of) { return file.header.position + (of - kSegmentHeaderBytes); };
    while (offset < file.bytes.size()) {
      const RecordStep step = next_record(file.bytes.substr(offset), nonce, position(offset));
      if (step.kind == RecordStep::Kind::record && belongs(step.record, file.header)) {
        const Record& record = step.record;
        if (record.kind == Record::Kind::mark) {
          found.synced = std::max(found.synced, load_le<std::uint64_t>(record.body.data()));
        } else {
          found.changes.push_back({record.slot, record.sequence, record.body, position(offset)});
        }
        offset += record.bytes();
        continue;
      }
      const bool slot_known = step.kind == RecordStep::Kind::broken_body && step.record.kind == Record::Kind::change;
      found.holes.push_back({at, offset, position(offset), slot_known, step.record.slot});
      // The head of a record with a broken body says where the next one stands; if it does not, look for it.
      const std::size_t after = step.kind == RecordStep::Kind::broken_body ? offset + step.record.bytes() : offset + 1;
      const std::size_t next = find_record(file.bytes, after, nonce, file.header.position - kSegmentHeaderBytes);
      if (slot_known && next != after && next != std::string_view::npos) found.holes.back().slot_known = false;
      if (slot_known && next == std::string_view::npos && after != file.bytes.size())
        found.holes.back().slot_known = false;
      if (next == std::string_view::npos) break;
      offset = next;
    }
    expected = position(std::max(file.bytes.size(), kSegmentHeaderBytes));
  }
  // A stream that ends before its last mark has lost its end.
  if (found.synced > expected) {
    found.holes.push_back({last - 1, files_[last - 1].bytes.size(), expected, false, 0});
  }
}

void Recovery::take_changes(const Found& found, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Found::Change& change = found.changes[i];
    SlotChanges& slot = slots_[change.slot];
    // The counts of a slot have no gap: what is missing is missing here, whatever hole it fell into.
    if (change.sequence != slot.sequence + 1) slot.damaged = true;
    slot.sequence = change.sequence;
    slot.bodies.push_back(change.body);
  }
  changes_ += count;
}

// Damage: which slots had a change there?
void Recovery::judge(const Found& found) {
  for (const Hole& hole : found.holes) {
    const File& file = files_[hole.file];
    if (hole.slot_known) {
      slots_[hole.slot].damaged = true;
      note(Finding::Kind::damage, file, hole.offset, fmt::format("a change of slot {} is damaged", hole.slot));
      continue;
    }
    // A slot that has changes behind the hole, with no gap in its counts, had none in it. Of the others nobody knows.
    std::vector<bool> cleared(kSlots);
    for (const Found::Change& change : found.changes) {
      if (change.position > hole.position) cleared[change.slot] = true;
    }
    std::size_t count = 0;
    for (std::size_t slot = file.header.stream.shard; slot < kSlots; slot += file.header.shards) {
      if (cleared[slot]) continue;
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
