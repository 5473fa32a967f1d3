// Walking a slot in an order that growth does not change: by the hash of the uid, then of the key.
//
//     position, 23 bits:   [ uid hash, first 13 bits ][ key hash, first 10 bits ]
//
// Sessions whose uid hashes begin alike are a group and are walked together, in the order of their keys'
// hashes: one session in most slots, a hundred where a slot has a million. A group is cut inside only when it
// holds more keys than were asked for. It is a run of words of one segment or, in a table that deep, several
// whole segments.
#include <algorithm>
#include <limpet/base/hash.hpp>

#include "impl.hpp"

namespace limpet::store {

namespace {

constexpr unsigned kKeyBits = 10;
constexpr unsigned kUidBits = kScanPositionBits - kKeyBits;
constexpr std::uint32_t kKeyEnd = 1u << kKeyBits;
constexpr std::uint64_t kUidEnd = std::uint64_t{1} << kUidBits;
constexpr std::uint64_t kCutAbove = 64;  // a group of fewer keys is not worth cutting
static_assert(kKeyBits <= kTagBits && kUidBits <= kTagBits, "a word of a shallow segment says its group");

std::uint64_t group_of(std::uint64_t hash) { return hash >> (64 - kUidBits); }

// REQUIRES: the segment is not as deep as groups are.
std::uint64_t group_of(const Segment& segment, Word word) {
  return group_of(segment.first | (word >> kTagShift << kTagShift >> segment.depth));
}

}  // namespace

struct Store::Impl::Walk {
  std::uint64_t uid;  // where to begin
  std::uint32_t key;
  std::uint64_t left;  // keys to visit
  std::int64_t unix_ms;
  const std::function<void(const Item&)>& visit;
};

// One of all seeds there are in so many: a number that clients may see, and that says nothing of use of it.
std::uint64_t Store::Impl::seed_mark() const {
  constexpr std::uint64_t kMarkSeed = 0x5ca0'c025'0a2d'0001;
  constexpr std::uint64_t kMarks = (std::uint64_t{1} << kSeedMarkBits) - 1;
  return 1 + hash64({reinterpret_cast<const char*>(&seed_), sizeof seed_}, kMarkSeed) % kMarks;
}

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
    const bool on =
        segment.depth < kUidBits ? walk_segment(walk, segment) : walk_deep_group(walk, table, segment);
    if (!on) break;
  }
  if (table.count() == 0 || walk.uid >= kUidEnd) return 0;
  return walk.uid << kKeyBits | walk.key;
}

// False if enough was visited; the walk then holds where to go on.
bool Store::Impl::walk_segment(Walk& walk, const Segment& segment) {
  const Word* const behind = segment.words + segment.count;
  for (const Word* word = segment.words; word != behind;) {
    const std::uint64_t group = group_of(segment, *word);
    const Word* next = word + 1;
    while (next != behind && group_of(segment, *next) == group) ++next;
    if (group >= walk.uid) {
      if (group != walk.uid) walk.key = 0;
      walk.uid = group;
      const auto each = [&](auto&& of_word) { std::for_each(word, next, of_word); };
      if (!walk_group(walk, each)) return false;
    }
    word = next;
  }
  walk.uid = group_of(segment.last) + 1;
  walk.key = 0;
  return true;
}

// The same of a group that `first` is the first segment of.
bool Store::Impl::walk_deep_group(Walk& walk, const Table& table, const Segment& first) {
  return walk_group(walk, [&](auto&& of_word) {
    for (Segment segment = first;; segment = table.segment_at(records_.heap(), segment.last + 1)) {
      std::for_each(segment.words, segment.words + segment.count, of_word);
      if (segment.last == ~std::uint64_t{0} || group_of(segment.last + 1) != walk.uid) return;
    }
  });
}

// `each_word` calls what it is given for each word of the group at walk.uid.
template <class EachWord>
bool Store::Impl::walk_group(Walk& walk, EachWord each_word) {
  std::uint64_t keys = 0;
  each_word([&](Word word) {
    const bool wide = is_wide(records_.heap(), handle_of(word));
    keys += wide ? wide_at(records_.heap(), handle_of(word)).keys.count() : 1;
  });
  std::uint32_t key_from = walk.key;
  while (key_from < kKeyEnd) {
    std::uint32_t key_to = kKeyEnd;
    if (keys > std::max(walk.left, kCutAbove)) {
      const std::uint64_t part = std::max<std::uint64_t>(kKeyEnd * walk.left / keys, 1);
      key_to = static_cast<std::uint32_t>(std::min<std::uint64_t>(key_from + part, kKeyEnd));
    }
    each_word([&](Word word) { walk_range(walk, word, key_from, key_to); });
    key_from = key_to;
    if (walk.left == 0 && key_from < kKeyEnd) {
      walk.key = key_from;
      return false;
    }
  }
  ++walk.uid;
  walk.key = 0;
  return walk.left > 0;
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
