#include "table.hpp"

#include <algorithm>
#include <cstring>
#include <limpet/base/assert.hpp>

namespace limpet::store {

namespace {

Word* words_at(const Heap& heap, Handle handle) { return reinterpret_cast<Word*>(heap.at(handle)); }

}  // namespace

// Little room to spare: a table is much of what a small session costs, and growing one segment is cheap.
unsigned Table::capacity_for(unsigned count) {
  const unsigned step = count <= 16 ? 4 : count <= 64 ? 8 : 16;
  return (count + step - 1) / step * step;
}

void Table::set_segment(std::uint64_t hash, std::uint64_t segment) {
  if (!has_directory()) {
    root_ = segment;
    return;
  }
  Directory* const all = directory();
  const unsigned depth = depth_of(segment);
  const std::uint64_t first = first_of(hash, depth) >> (64 - all->depth);
  const std::uint64_t leaves = std::uint64_t{1} << (all->depth - depth);
  for (std::uint64_t at = 0; at < leaves; ++at) all->leaves()[first + at].segment = segment;
}

Word* Table::insert(Heap& heap, std::uint64_t hash, Handle handle, Coarse due, const Hasher& hasher) {
  heap.note_move();
  std::uint64_t segment = *leaf_of(hash).segment;
  while (count_in(segment) == kSegmentMax) {
    split(heap, hash, hasher);
    segment = *leaf_of(hash).segment;
  }
  const unsigned count = count_in(segment);
  Handle array = handle_of(segment);
  if (array == 0 || heap.room(array) < (count + 1) * sizeof(Word)) {
    const Handle larger = heap.take(capacity_for(count + 1) * sizeof(Word));
    if (array != 0) {
      std::memcpy(heap.at(larger), heap.at(array), count * sizeof(Word));
      heap.give(array);
    }
    array = larger;
  }
  Word* const words = words_at(heap, array);
  const Word tag = tag_word(hash, depth_of(segment));
  const unsigned at = count == 0 ? 0 : first_not_below(words, count, tag);
  std::memmove(words + at + 1, words + at, (count - at) * sizeof(Word));
  words[at] = tag | due_bits(due) | handle;
  set_segment(hash, make_segment(array, count + 1, depth_of(segment)));
  ++count_;
  if (due != kNever) lower_due(hash, due);
  return words + at;
}

void Table::erase(Heap& heap, std::uint64_t hash, const Word* word) {
  heap.note_move();
  const std::uint64_t segment = *leaf_of(hash).segment;
  const unsigned left = count_in(segment) - 1;
  const unsigned depth = depth_of(segment);
  Handle array = handle_of(segment);
  Word* const words = words_at(heap, array);
  const auto at = static_cast<unsigned>(word - words);
  std::memmove(words + at, words + at + 1, (left - at) * sizeof(Word));
  if (left == 0) {
    heap.give(array);
    array = 0;
  } else if (const unsigned enough = capacity_for(left + left / 4 + 4);
             enough * sizeof(Word) < heap.room(array)) {
    // It has shrunk by a quarter and more.
    const Handle smaller = heap.take(capacity_for(left) * sizeof(Word));
    std::memcpy(heap.at(smaller), words, left * sizeof(Word));
    heap.give(array);
    array = smaller;
  }
  set_segment(hash, make_segment(array, left, depth));
  if (--count_ == 0) release_directory(heap);
}

void Table::lower_due(std::uint64_t hash, Coarse due) {
  Coarse* const bound = first_leaf_of(hash).due;
  *bound = std::min(*bound, due);
  due_ = std::min(due_, due);
}

Segment Table::segment_at(const Heap& heap, std::uint64_t hash) const {
  auto* const self = const_cast<Table*>(this);
  const std::uint64_t segment = *self->leaf_of(hash).segment;
  Segment out;
  out.depth = depth_of(segment);
  out.count = count_in(segment);
  out.first = first_of(hash, out.depth);
  out.last = out.depth == 0 ? UINT64_MAX : out.first + ((std::uint64_t{1} << (64 - out.depth)) - 1);
  if (out.count != 0) out.words = words_at(heap, handle_of(segment));
  out.due = *self->leaf_of(out.first).due;
  return out;
}

void Table::set_segment_due(std::uint64_t hash, Coarse due) { *first_leaf_of(hash).due = due; }

void Table::refresh_due() {
  if (!has_directory()) return;
  due_ = kNever;
  Directory* const all = directory();
  const std::uint64_t leaves = std::uint64_t{1} << all->depth;
  for (std::uint64_t at = 0; at < leaves;) {
    const Leaf& leaf = all->leaves()[at];
    due_ = std::min(due_, leaf.due);
    at += std::uint64_t{1} << (all->depth - depth_of(leaf.segment));
  }
}

void Table::release_segment(Heap& heap, std::uint64_t hash) {
  const std::uint64_t segment = *leaf_of(hash).segment;
  if (handle_of(segment) == 0) return;
  heap.note_move();
  heap.give(handle_of(segment));
  set_segment(hash, make_segment(0, 0, depth_of(segment)));
}

// REQUIRES: no segment has an array.
void Table::release_directory(Heap& heap) {
  if (has_directory()) heap.give_block(directory());
  *this = Table{};
}

// One bit more of the hash chooses the leaf.
void Table::deepen(Heap& heap) {
  const std::uint64_t depth = has_directory() ? directory()->depth : 0;
  LIMPET_ASSERT(depth < kDepthMax);
  const std::uint64_t leaves = std::uint64_t{1} << depth;
  auto* const larger =
      static_cast<Directory*>(heap.take_block(sizeof(Directory) + 2 * leaves * sizeof(Leaf)));
  larger->depth = depth + 1;
  for (std::uint64_t at = 0; at < leaves; ++at) {
    const Leaf leaf = has_directory() ? directory()->leaves()[at] : Leaf{root_, due_, 0};
    larger->leaves()[2 * at] = larger->leaves()[2 * at + 1] = leaf;
  }
  if (has_directory()) heap.give_block(directory());
  root_ = reinterpret_cast<std::uint64_t>(larger) | kIsDirectory;
}

void Table::split(Heap& heap, std::uint64_t hash, const Hasher& hasher) {
  if (!has_directory() || depth_of(*leaf_of(hash).segment) == directory()->depth) deepen(heap);
  const LeafRef leaf = first_leaf_of(hash);
  const std::uint64_t segment = *leaf.segment;
  const Coarse due = *leaf.due;
  const unsigned count = count_in(segment);
  const unsigned depth = depth_of(segment) + 1;
  const Word* const words = words_at(heap, handle_of(segment));
  // The records are needed for one more bit of their hashes; asking for all of them first hides most of the
  // wait.
  for (unsigned at = 0; at < count; ++at) __builtin_prefetch(heap.at(handle_of(words[at])));

  const unsigned middle = first_not_below(words, count, Word{1} << 63);
  const std::uint64_t low = half(heap, words, middle, depth, hasher);
  const std::uint64_t high = half(heap, words + middle, count - middle, depth, hasher);
  heap.give(handle_of(segment));
  const std::uint64_t first = first_of(hash, depth - 1);
  const std::uint64_t second = first | std::uint64_t{1} << (64 - depth);
  set_segment(first, low);
  set_segment(second, high);
  *leaf_of(first).due = due;
  *leaf_of(second).due = due;
}

std::uint64_t Table::half(Heap& heap, const Word* words, unsigned count, unsigned depth,
                          const Hasher& hasher) {
  if (count == 0) return make_segment(0, 0, depth);
  const Handle array = heap.take(capacity_for(count) * sizeof(Word));
  Word* const out = words_at(heap, array);
  for (unsigned n = 0; n < count; ++n) {
    const Word tag = tag_word(hasher.hash_of(handle_of(words[n])), depth);
    const Word word = tag | (words[n] & (kDueMask | kHandleMask));
    // Already sorted but for ties that the new bit breaks.
    unsigned at = n;
    for (; at > 0 && out[at - 1] >> kTagShift > tag >> kTagShift; --at) out[at] = out[at - 1];
    out[at] = word;
  }
  return make_segment(array, count, depth);
}

}  // namespace limpet::store
