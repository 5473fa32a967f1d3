#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/replica/change_log.hpp>
#include <utility>

namespace limpet::replica {

namespace {

// Changes go by the chunk. A large one has one for itself.
constexpr std::size_t kChunkBytes = std::size_t{256} * 1024;

struct Head {
  std::uint64_t end;
  std::uint64_t number;
  std::uint64_t cessions;
  std::uint32_t restarts;
  std::uint32_t boot;
  std::uint32_t length;
  Slot slot;
};

}  // namespace

void ChangeLog::add(const Change& change) {
  const std::size_t length = sizeof(Head) + change.effects.size();
  if (chunks_.empty() || chunks_.back().bytes.size() + length > kChunkBytes) {
    Chunk& chunk = chunks_.emplace_back();
    chunk.begin = end();
    chunk.bytes.reserve(std::max(length, kChunkBytes));
  }
  Range& range = ranges_[change.slot];
  const bool follows = range.oldest != 0 && same_term_and_boot(change.made, range.newest) &&
                       change.made.number == range.newest.number + 1;
  if (!follows) range = {.since = end(), .oldest = change.made.number};
  range.newest = change.made;
  const Head head{.end = change.end,
                  .number = change.made.number,
                  .cessions = change.made.term.cessions,
                  .restarts = change.made.term.restarts,
                  .boot = change.made.boot,
                  .length = static_cast<std::uint32_t>(change.effects.size()),
                  .slot = change.slot};
  Bytes& to = chunks_.back().bytes;
  store_le(to.extend(sizeof head), head);
  to.append(change.effects);
  bytes_ += length;
  end_lsn_ = change.end;
  while (bytes_ > bytes_max_ && chunks_.size() > 1) forget_oldest();
}

void ChangeLog::set_bytes_max(std::size_t bytes_max) {
  bytes_max_ = bytes_max;
  while (bytes_ > bytes_max_ && chunks_.size() > 1) forget_oldest();
}

// Most read what has just been added.
const ChangeLog::Chunk& ChangeLog::chunk_of(Cursor cursor) const {
  if (cursor >= chunks_.back().begin) return chunks_.back();
  const auto behind = std::upper_bound(chunks_.begin(), chunks_.end(), cursor,
                                       [](Cursor at, const Chunk& chunk) { return at < chunk.begin; });
  return *std::prev(behind);
}

std::optional<ChangeLog::Change> ChangeLog::read(Cursor& cursor) const {
  LIMPET_ASSERT(cursor >= begin_);
  if (cursor >= end()) return std::nullopt;
  const Chunk& chunk = chunk_of(cursor);
  const std::string_view bytes = chunk.bytes.view().substr(cursor - chunk.begin);
  const Head head = load_le<Head>(bytes.data());
  cursor += sizeof head + head.length;
  return Change{.slot = head.slot,
                .made = {{head.cessions, head.restarts}, head.number, head.boot},
                .end = head.end,
                .effects = bytes.substr(sizeof head, head.length)};
}

std::optional<ChangeLog::Cursor> ChangeLog::find(Slot slot, std::uint64_t behind, std::uint64_t up_to) const {
  const Range& range = ranges_[slot];
  if (range.oldest == 0 || range.newest.number != up_to || range.oldest > behind + 1) return std::nullopt;
  return std::max(range.since, begin_);
}

void ChangeLog::forget_oldest() {
  Cursor cursor = begin_;
  const std::size_t length = chunks_.front().bytes.size();
  while (cursor < begin_ + length) {
    const Cursor from = cursor;
    const std::optional<Change> change = read(cursor);
    Range& range = ranges_[change->slot];
    if (from < range.since) continue;  // of before
    range.oldest = change->made.number == range.newest.number ? 0 : change->made.number + 1;
  }
  chunks_.pop_front();
  begin_ += length;
  bytes_ -= length;
}

}  // namespace limpet::replica
