// Sessions and slots taken out as a whole.
#include "keyspace.hpp"

namespace limpet::store {

namespace {

// Calls visit(word) for every word of a table.
template <class Visit>
void each_word(const Heap& heap, const Table& table, Visit visit) {
  if (table.count() == 0) return;
  std::uint64_t position = 0;
  do {
    const Segment segment = table.segment_at(heap, position);
    for (const Word* word = segment.words; word != segment.words + segment.count; ++word) visit(*word);
    position = segment.last + 1;
  } while (position != 0);
}

struct Counts {
  std::uint32_t keys = 0;
  std::uint32_t expiring = 0;
};

Counts count_keys(const Heap& heap, Word session) {
  if (!is_wide(heap, handle_of(session))) return {1, has_due(session) ? 1U : 0U};
  Counts counts;
  each_word(heap, wide_at(heap, handle_of(session)).keys, [&](Word key) {
    ++counts.keys;
    counts.expiring += has_due(key) ? 1U : 0U;
  });
  return counts;
}

}  // namespace

std::string_view uid_of_session(const Records& records, Handle session) {
  const Heap& heap = records.heap();
  if (!is_wide(heap, session)) return uid_in(records.at(session));
  const Table& keys = wide_at(heap, session).keys;
  Segment segment = keys.segment_at(heap, 0);
  while (segment.count == 0) segment = keys.segment_at(heap, segment.last + 1);
  return uid_in(records.at(handle_of(*segment.words)));
}

void Keyspace::drop_session(Slot slot, Handle session) {
  Heap& heap = records_.heap();
  const std::uint64_t hash = hash_of(session);
  Table& table = tables_[slot];
  const Word* const word = table.find(heap, hash, [&](Word each) { return handle_of(each) == session; });
  const Counts counts = count_keys(heap, *word);
  table.erase(heap, hash, word);
  if (is_wide(heap, session)) {
    const Table keys = wide_at(heap, session).keys;
    heap.give(session);
    records_.entomb(keys);
  } else {
    records_.drop(session);
  }
  counts_.sessions_gone(1);
  counts_.keys_gone(slot, counts.keys, counts.expiring);
}

void Keyspace::erase_session(Slot slot, std::string_view uid) {
  const Heap& heap = records_.heap();
  const Word* const word = tables_[slot].find(
      heap, uid_hash(uid), [&](Word each) { return uid_of_session(records_, handle_of(each)) == uid; });
  if (word == nullptr) return;
  if (telling_) telling_.of(slot).erase_session(uid);
  drop_session(slot, handle_of(*word));
}

void Keyspace::evict_session(Slot slot, Handle session) {
  if (telling_) telling_.of(slot).erase_session(uid_of_session(records_, session));
  const std::uint64_t keys = counts_.totals().keys;
  drop_session(slot, session);
  counts_.evicted(keys - counts_.totals().keys);
}

void Keyspace::clear(Slot slot) {
  Table& table = tables_[slot];
  if (table.count() == 0) return;
  if (telling_) telling_.of(slot).clear();
  records_.heap().note_move();
  std::uint32_t expiring = 0;
  each_word(records_.heap(), table,
            [&](Word session) { expiring += count_keys(records_.heap(), session).expiring; });
  counts_.sessions_gone(table.count());
  counts_.keys_gone(slot, counts_.keys_in(slot), expiring);
  records_.entomb(table);
  table = Table{};
}

}  // namespace limpet::store
