#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/replica/change_log.hpp>
#include <limpet/replica/entry.hpp>

namespace limpet::replica {

namespace {

// Changes go by the chunk. A large one has one for itself.
constexpr std::size_t kChunkBytes = std::size_t{256} * 1024;

}  // namespace

void ChangeLog::add(const Change& change) {
  Bytes& to = room_for(kFromBytes + kChangeHeadBytes + change.effects.size());
  const std::size_t before = to.size();
  Range& range = ranges_[change.slot];
  const bool follows = range.oldest != 0 && change.made.number == range.newest.number + 1 &&
                       same_term_and_boot(change.made, range.newest);
  if (!follows) {
    range = {.since = end(), .oldest = change.made.number};
    const LastChange last{change.made.term, change.made.number - 1, change.made.boot};
    append_entry(to, {.kind = Entry::Kind::from, .slot = change.slot, .last = last});
  }
  range.newest = change.made;
  append_change(to, change.slot, change.made.number, change.effects);
  bytes_ += to.size() - before;
  chunks_.back().end_lsn = end_lsn_ = change.end;
  if (bytes_ > bytes_max_) set_bytes_max(bytes_max_);
}

Bytes& ChangeLog::room_for(std::size_t bytes) {
  if (chunks_.empty() || chunks_.back().bytes.size() + bytes > kChunkBytes) {
    Chunk& chunk = chunks_.emplace_back();
    chunk.begin = end();
    chunk.bytes.reserve(std::max(bytes, kChunkBytes));
  }
  return chunks_.back().bytes;
}

void ChangeLog::set_bytes_max(std::size_t bytes_max) {
  bytes_max_ = bytes_max;
  while (bytes_ > bytes_max_ && chunks_.size() > 1) forget_oldest();
}

// Most read what has just been added.
ChangeLog::Entries ChangeLog::entries_from(Cursor cursor) const {
  LIMPET_ASSERT(cursor >= begin_ && cursor < end());
  auto chunk = std::prev(chunks_.end());
  if (cursor < chunk->begin) {
    chunk = std::prev(std::upper_bound(chunks_.begin(), chunks_.end(), cursor,
                                       [](Cursor at, const Chunk& each) { return at < each.begin; }));
  }
  return {.bytes = chunk->bytes.view().substr(cursor - chunk->begin), .end = chunk->end_lsn};
}

std::optional<ChangeLog::Cursor> ChangeLog::find(Slot slot, std::uint64_t behind, std::uint64_t up_to) const {
  const Range& range = ranges_[slot];
  if (range.oldest == 0 || range.newest.number != up_to || range.oldest > behind + 1) return std::nullopt;
  return std::max(range.since, begin_);
}

void ChangeLog::forget_oldest() {
  const std::string_view entries = chunks_.front().bytes.view();
  for (std::size_t at = 0; at < entries.size();) {
    const Glance entry = glance_at(entries.data() + at);
    Range& range = ranges_[entry.slot];
    // Others are of before.
    if (entry.is_change && begin_ + at >= range.since)
      range.oldest = entry.number == range.newest.number ? 0 : entry.number + 1;
    at += entry.bytes;
  }
  begin_ += entries.size();
  bytes_ -= entries.size();
  chunks_.pop_front();
}

}  // namespace limpet::replica
