#include "scan.hpp"

#include <algorithm>
#include <limpet/base/hash.hpp>

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

// One call's way through a slot.
class Walk {
 public:
  Walk(const Records& records, std::uint64_t position, std::size_t count, std::int64_t unix_ms,
       const VisitItem& visit)
      : records_(records),
        uid_(position >> kKeyBits),
        key_(static_cast<std::uint32_t>(position & (kKeyEnd - 1))),
        left_(std::max<std::size_t>(count, 1)),
        unix_ms_(unix_ms),
        visit_(visit) {}

  // Returns where to go on, 0 at the end.
  std::uint64_t through(const Table& table);

 private:
  bool visit_segment(const Segment& segment);
  bool visit_deep_group(const Table& table, const Segment& first);
  template <class EachWord>
  bool visit_group(EachWord each_word);
  void visit_range(Word word, std::uint32_t key_from, std::uint32_t key_to);
  void visit_session(const Table& keys, std::uint32_t key_from, std::uint32_t key_to);
  void visit_record(Handle record);

  const Records& records_;
  std::uint64_t uid_;  // where to begin
  std::uint32_t key_;
  std::uint64_t left_;  // keys to visit
  std::int64_t unix_ms_;
  const VisitItem& visit_;
};

std::uint64_t Walk::through(const Table& table) {
  while (table.count() != 0 && uid_ < kUidEnd) {
    const Segment at = table.segment_at(records_.heap(), uid_ << (64 - kUidBits));
    const bool on = at.depth < kUidBits ? visit_segment(at) : visit_deep_group(table, at);
    if (!on) break;
  }
  if (table.count() == 0 || uid_ >= kUidEnd) return 0;
  return uid_ << kKeyBits | key_;
}

// False if enough was visited; the walk then knows where to go on.
bool Walk::visit_segment(const Segment& segment) {
  const Word* const behind = segment.words + segment.count;
  for (const Word* word = segment.words; word != behind;) {
    const std::uint64_t group = group_of(segment, *word);
    const Word* next = word + 1;
    while (next != behind && group_of(segment, *next) == group) ++next;
    if (group >= uid_) {
      if (group != uid_) key_ = 0;
      uid_ = group;
      const auto each = [&](auto&& of_word) { std::for_each(word, next, of_word); };
      if (!visit_group(each)) return false;
    }
    word = next;
  }
  uid_ = group_of(segment.last) + 1;
  key_ = 0;
  return true;
}

// The same of a group that `first` is the first segment of.
bool Walk::visit_deep_group(const Table& table, const Segment& first) {
  return visit_group([&](auto&& of_word) {
    for (Segment segment = first;; segment = table.segment_at(records_.heap(), segment.last + 1)) {
      std::for_each(segment.words, segment.words + segment.count, of_word);
      if (segment.last == ~std::uint64_t{0} || group_of(segment.last + 1) != uid_) return;
    }
  });
}

// `each_word` calls what it is given for each word of the group at uid_.
template <class EachWord>
bool Walk::visit_group(EachWord each_word) {
  std::uint64_t keys = 0;
  each_word([&](Word word) {
    const bool wide = is_wide(records_.heap(), handle_of(word));
    keys += wide ? wide_at(records_.heap(), handle_of(word)).keys.count() : 1;
  });
  std::uint32_t key_from = key_;
  while (key_from < kKeyEnd) {
    std::uint32_t key_to = kKeyEnd;
    if (keys > std::max(left_, kCutAbove)) {
      const std::uint64_t part = std::max<std::uint64_t>(kKeyEnd * left_ / keys, 1);
      key_to = static_cast<std::uint32_t>(std::min<std::uint64_t>(key_from + part, kKeyEnd));
    }
    each_word([&](Word word) { visit_range(word, key_from, key_to); });
    key_from = key_to;
    if (left_ == 0 && key_from < kKeyEnd) {
      key_ = key_from;
      return false;
    }
  }
  ++uid_;
  key_ = 0;
  return left_ > 0;
}

void Walk::visit_range(Word word, std::uint32_t key_from, std::uint32_t key_to) {
  const Handle handle = handle_of(word);
  if (is_wide(records_.heap(), handle)) {
    return visit_session(wide_at(records_.heap(), handle).keys, key_from, key_to);
  }
  if (key_from != 0 || key_to != kKeyEnd) {
    const auto key = static_cast<std::uint32_t>(records_.hash_of(handle) >> (64 - kKeyBits));
    if (key < key_from || key >= key_to) return;
  }
  visit_record(handle);
}

void Walk::visit_session(const Table& keys, std::uint32_t key_from, std::uint32_t key_to) {
  std::uint64_t position = std::uint64_t{key_from} << (64 - kKeyBits);
  const std::uint64_t last = (std::uint64_t{key_to} << (64 - kKeyBits)) - 1;
  while (true) {
    const Segment segment = keys.segment_at(records_.heap(), position);
    for (unsigned at = 0; at < segment.count; ++at) {
      const std::uint64_t tag = segment.words[at] >> kTagShift << kTagShift;
      const std::uint64_t key = (segment.first | tag >> segment.depth) >> (64 - kKeyBits);
      if (key >= key_from && key < key_to) visit_record(handle_of(segment.words[at]));
    }
    if (segment.last >= last) return;
    position = segment.last + 1;
  }
}

void Walk::visit_record(Handle handle) {
  if (left_ > 0) --left_;
  const char* const at = records_.at(handle);
  if (!expired(at, unix_ms_)) visit_(Item(records_, at));
}

}  // namespace

std::uint64_t scan(const Keyspace& keys, Slot slot, std::uint64_t position, std::size_t count,
                   std::int64_t unix_ms, const VisitItem& visit) {
  return Walk(keys.records(), position, count, unix_ms, visit).through(keys.table(slot));
}

}  // namespace limpet::store
