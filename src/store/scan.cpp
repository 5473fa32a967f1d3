// Walking a slot in an order that growth does not change: by the hash of the uid, then of the key.
//
//     position, 39 bits:   [ uid hash, first 25 bits ][ key hash, first 14 bits ]
//
// Words of one segment are in the order of their uid hashes as far as tags tell them apart; those with the
// same tag are a group and are walked together, in the order of their keys' hashes. A group is a single
// session but for chance. It is cut inside only when it holds more keys than were asked for.
#include <algorithm>

#include "impl.hpp"

namespace limpet::store {

namespace {

constexpr unsigned kUidBits = 25;
constexpr unsigned kKeyBits = 14;
constexpr std::uint32_t kKeyEnd = 1u << kKeyBits;
constexpr std::uint64_t kUidEnd = std::uint64_t{1} << kUidBits;
constexpr std::uint64_t kCutAbove = 64;  // a group of fewer keys is not worth cutting
static_assert(kUidBits >= Table::kDepthMax && kKeyBits == kTagBits);

// A group of words with one tag: uid positions first..behind.
struct Group {
  std::uint64_t first;
  std::uint64_t behind;
};

Group group_of(const Segment& segment, Word word) {
  const unsigned known = std::min(segment.depth + kTagBits, kUidBits);
  const std::uint64_t hash = segment.first | (word >> kTagShift << kTagShift >> segment.depth);
  const std::uint64_t group = hash >> (64 - known);
  return {group << (kUidBits - known), (group + 1) << (kUidBits - known)};
}

}  // namespace

struct Store::Impl::Walk {
  std::uint64_t uid;  // where to begin
  std::uint32_t key;
  std::uint64_t left;  // keys to visit
  std::int64_t unix_ms;
  const std::function<void(const Item&)>& visit;
};

std::uint64_t Store::Impl::scan(Slot slot, std::uint64_t position, std::size_t count, std::int64_t unix_ms,
                                const std::function<void(const Item&)>& visit) {
  Walk walk{.uid = position >> kKeyBits,
            .key = static_cast<std::uint32_t>(position & (kKeyEnd - 1)),
            .left = std::max<std::size_t>(count, 1),
            .unix_ms = unix_ms,
            .visit = visit};
  const Table& table = tables_[slot];
  while (table.count() != 0 && walk.uid < kUidEnd) {
    const Segment segment = table.segment_at(records_.heap(), walk.uid << (64 - kUidBits));
    if (!walk_segment(walk, segment)) break;
    walk.uid = (segment.last >> (64 - kUidBits)) + 1;
    walk.key = 0;
  }
  if (table.count() == 0 || walk.uid >= kUidEnd) return 0;
  return walk.uid << kKeyBits | walk.key;
}

// False if enough was visited; the walk then holds where to go on.
bool Store::Impl::walk_segment(Walk& walk, const Segment& segment) {
  const Word* const behind = segment.words + segment.count;
  for (const Word* word = segment.words; word != behind;) {
    const Group group = group_of(segment, *word);
    const Word* next = word + 1;
    while (next != behind && group_of(segment, *next).first == group.first) ++next;
    if (group.behind > walk.uid) {
      const std::uint32_t key_from = group.first == walk.uid ? walk.key : 0;
      walk.uid = group.first;
      if (!walk_group(walk, word, next, key_from)) return false;
      walk.uid = group.behind;
      walk.key = 0;
      if (walk.left == 0) return false;
    }
    word = next;
  }
  return true;
}

bool Store::Impl::walk_group(Walk& walk, const Word* first, const Word* behind, std::uint32_t key_from) {
  std::uint64_t keys = 0;
  for (const Word* word = first; word != behind; ++word) {
    const bool wide = is_wide(records_.heap(), handle_of(*word));
    keys += wide ? wide_at(records_.heap(), handle_of(*word)).keys.count() : 1;
  }
  while (key_from < kKeyEnd) {
    std::uint32_t key_to = kKeyEnd;
    if (keys > std::max(walk.left, kCutAbove)) {
      const std::uint64_t part = std::max<std::uint64_t>(kKeyEnd * walk.left / keys, 1);
      key_to = static_cast<std::uint32_t>(std::min<std::uint64_t>(key_from + part, kKeyEnd));
    }
    for (const Word* word = first; word != behind; ++word) walk_range(walk, *word, key_from, key_to);
    key_from = key_to;
    if (walk.left == 0 && key_from < kKeyEnd) {
      walk.key = key_from;
      return false;
    }
  }
  return true;
}

void Store::Impl::walk_range(Walk& walk, Word word, std::uint32_t key_from, std::uint32_t key_to) {
  const Handle handle = handle_of(word);
  if (is_wide(records_.heap(), handle)) {
    return walk_keys(walk, wide_at(records_.heap(), handle).keys, key_from, key_to);
  }
  if (key_from != 0 || key_to != kKeyEnd) {
    const auto key = static_cast<std::uint32_t>(records_.hash_of(handle) >> (64 - kKeyBits));
    if (key < key_from || key >= key_to) return;
  }
  walk_record(walk, handle);
}

void Store::Impl::walk_keys(Walk& walk, const Table& keys, std::uint32_t key_from, std::uint32_t key_to) {
  std::uint64_t position = std::uint64_t{key_from} << (64 - kKeyBits);
  const std::uint64_t last = (std::uint64_t{key_to} << (64 - kKeyBits)) - 1;
  while (true) {
    const Segment segment = keys.segment_at(records_.heap(), position);
    for (unsigned at = 0; at < segment.count; ++at) {
      const std::uint64_t tag = segment.words[at] >> kTagShift << kTagShift;
      const std::uint64_t key = (segment.first | tag >> segment.depth) >> (64 - kKeyBits);
      if (key >= key_from && key < key_to) walk_record(walk, handle_of(segment.words[at]));
    }
    if (segment.last >= last) return;
    position = segment.last + 1;
  }
}

void Store::Impl::walk_record(Walk& walk, Handle handle) {
  if (walk.left > 0) --walk.left;
  const char* const record = records_.at(handle);
  if (!expired(record, walk.unix_ms)) walk.visit(Item{&records_, record});
}

}  // namespace limpet::store
