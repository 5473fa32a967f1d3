// Sessions and slots taken out as a whole.
#include "impl.hpp"

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

}  // namespace

Store::Impl::Counts Store::Impl::count_keys(Word session) const {
  const Heap& heap = records_.heap();
  if (!is_wide(heap, handle_of(session))) return {1, has_due(session) ? 1U : 0U};
  Counts counts;
  each_word(heap, wide_at(heap, handle_of(session)).keys, [&](Word key) {
    ++counts.keys;
    counts.expiring += has_due(key) ? 1U : 0U;
  });
  return counts;
}

std::string_view Store::Impl::uid_of_session(Handle session) const {
  const Heap& heap = records_.heap();
  if (!is_wide(heap, session)) return uid_in(records_.at(session));
  const Table& keys = wide_at(heap, session).keys;
  Segment segment = keys.segment_at(heap, 0);
  while (segment.count == 0) segment = keys.segment_at(heap, segment.last + 1);
  return uid_in(records_.at(handle_of(*segment.words)));
}

void Store::Impl::drop_session(Slot slot, Handle session) {
  Heap& heap = records_.heap();
  const std::uint64_t hash = hash_of(session);
  Table& table = tables_[slot];
  const Word* const word = table.find(heap, hash, [&](Word each) { return handle_of(each) == session; });
  const Counts counts = count_keys(*word);
  table.erase(heap, hash, word);
  if (is_wide(heap, session)) {
    const Table keys = wide_at(heap, session).keys;
    heap.give(session);
    records_.entomb(keys);
  } else {
    records_.drop(session);
  }
  --stats_.sessions;
  stats_.keys -= counts.keys;
  stats_.expiring_keys -= counts.expiring;
  keys_[slot] -= counts.keys;
}

void Store::Impl::erase_session(Slot slot, std::string_view uid) {
  const Heap& heap = records_.heap();
  const Word* const word = tables_[slot].find(
      heap, uid_hash(uid), [&](Word each) { return uid_of_session(handle_of(each)) == uid; });
  if (word == nullptr) return;
  if (sink_ != nullptr) sink_->change_of(slot).erase_session(uid);
  drop_session(slot, handle_of(*word));
}

void Store::Impl::clear(Slot slot) {
  Table& table = tables_[slot];
  if (table.count() == 0) return;
  if (sink_ != nullptr) sink_->change_of(slot).clear();
  records_.heap().note_move();
  each_word(records_.heap(), table,
            [&](Word session) { stats_.expiring_keys -= count_keys(session).expiring; });
  stats_.sessions -= table.count();
  stats_.keys -= keys_[slot];
  keys_[slot] = 0;
  records_.entomb(table);
  table = Table{};
}

}  // namespace limpet::store
