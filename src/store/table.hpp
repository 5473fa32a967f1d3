// Table: a hash table of words that grows without ever moving all of them.
//
// It is an extendible hash: the first bits of a hash choose a segment by way of a directory (none while there
// is one segment), and a segment is a plain array of words in the order of their tags, searched where the tag
// says they should stand. A full segment splits in two; a table of ten million entries grows by a few
// microseconds at a time, apart from the directory, which doubles by one copy of 16 bytes for each segment.
// So the order of hashes is the order of the table whatever its size, which is what makes a walk over it
// resumable.
//
//     root ──► [segment]                        up to 192 words
//     root ──► directory: depth, leaves ──► segments, each leaf with a lower bound of its words' time-outs
//
// Several leaves in a row may share a segment; they are equal, but for the bound, of which the first is the
// true one. Segments are never joined again: an empty one has no array, and an empty table has no directory.
//
// A Table is 16 plain bytes so that it can live in a record. It does not own what its words name. Word
// pointers are valid until the next insert or erase.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap.hpp"
#include "word.hpp"

namespace limpet::store {

// Says the hash of an entry again when a segment splits.
class Hasher {
 public:
  virtual std::uint64_t hash_of(Handle entry) const = 0;

 protected:
  ~Hasher() = default;
};

struct Segment {
  std::uint64_t first = 0;  // hashes first..last belong here
  std::uint64_t last = 0;
  Word* words = nullptr;
  unsigned count = 0;
  unsigned depth = 0;
  Coarse due = kNever;  // no time-out of the words is before
};

class Table {
 public:
  static constexpr unsigned kSegmentMax = 192;
  static constexpr unsigned kDepthMax = 25;

  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] Coarse due() const { return due_; }

  // The words that may be the hash's: from `at` on while more().
  struct Run {
    Word* at;
    const Word* end;
    Word tag;
    [[nodiscard]] bool more() const { return at != end && (*at ^ tag) >> kTagShift == 0; }
  };
  // The segment in which they would stand, found without looking at its words.
  struct Window {
    Word* words = nullptr;
    unsigned count = 0;
    Word tag = 0;
    [[nodiscard]] const Word* guess() const { return words + Table::guess(count, tag); }
    [[nodiscard]] Run run() const {
      if (count == 0) return {nullptr, nullptr, 0};
      return {words + first_not_below(words, count, tag), words + count, tag};
    }
  };
  [[nodiscard]] Window window_of(const Heap& heap, std::uint64_t hash) const {
    const std::uint64_t segment = *const_cast<Table*>(this)->leaf_of(hash).segment;
    const unsigned count = count_in(segment);
    if (count == 0) return {};
    return {reinterpret_cast<Word*>(heap.at(handle_of(segment))), count, tag_word(hash, depth_of(segment))};
  }
  [[nodiscard]] Run run_of(const Heap& heap, std::uint64_t hash) const { return window_of(heap, hash).run(); }
  // The first word with the hash's tag for which `matches` says true, or nullptr.
  template <class Matches>
  [[nodiscard]] Word* find(const Heap& heap, std::uint64_t hash, Matches&& matches) const {
    for (Run run = run_of(heap, hash); run.more(); ++run.at) {
      if (matches(*run.at)) return run.at;
    }
    return nullptr;
  }

  Word* insert(Heap& heap, std::uint64_t hash, Handle handle, Coarse due, const Hasher& hasher);
  // REQUIRES: `word` is in the segment of `hash`.
  void erase(Heap& heap, std::uint64_t hash, const Word* word);
  // Brings the bounds down to `due`.
  void lower_due(std::uint64_t hash, Coarse due);

  // The segment in which `hash` lies; the next one begins at last + 1, and there is none if that is 0.
  [[nodiscard]] Segment segment_at(const Heap& heap, std::uint64_t hash) const;
  // Sets the bound of the segment in which `hash` lies, found by looking at its words.
  void set_segment_due(std::uint64_t hash, Coarse due);
  // Works the whole table's bound out from those of its segments.
  void refresh_due();
  // Gives up the array of a segment without touching counts: for a table that is taken apart.
  void release_segment(Heap& heap, std::uint64_t hash);
  void release_directory(Heap& heap);

 private:
  struct Leaf {
    std::uint64_t segment;
    Coarse due;
    std::uint32_t unused;
  };
  struct Directory {
    std::uint64_t depth;
    [[nodiscard]] Leaf* leaves() { return reinterpret_cast<Leaf*>(this + 1); }
  };
  struct LeafRef {
    std::uint64_t* segment;
    Coarse* due;
  };

  // A segment in a leaf: [1 bit: root is a directory][.. depth 8 bits][count 8 bits][handle 35 bits].
  static constexpr std::uint64_t kIsDirectory = std::uint64_t{1} << 63;
  static constexpr unsigned kCountShift = kHandleBits;
  static constexpr unsigned kDepthShift = kHandleBits + 8;

  static unsigned count_in(std::uint64_t segment) {
    return static_cast<unsigned>(segment >> kCountShift) & 0xff;
  }
  static unsigned depth_of(std::uint64_t segment) {
    return static_cast<unsigned>(segment >> kDepthShift) & 0xff;
  }
  static std::uint64_t make_segment(Handle handle, unsigned count, unsigned depth) {
    return handle | std::uint64_t{count} << kCountShift | std::uint64_t{depth} << kDepthShift;
  }
  static std::uint64_t first_of(std::uint64_t hash, unsigned depth) {
    return depth == 0 ? 0 : hash >> (64 - depth) << (64 - depth);
  }

  // Hashes are evenly spread, so the tag itself tells about where it stands among `count` sorted words.
  static unsigned guess(unsigned count, Word tag) {
    return (static_cast<unsigned>(tag >> kTagShift) * count) >> kTagBits;
  }
  static unsigned first_not_below(const Word* words, unsigned count, Word tag) {
    unsigned at = guess(count, tag);
    if (words[at] < tag) {
      do ++at;
      while (at < count && words[at] < tag);
    } else {
      while (at > 0 && words[at - 1] >= tag) --at;
    }
    return at;
  }

  [[nodiscard]] bool has_directory() const { return (root_ & kIsDirectory) != 0; }
  [[nodiscard]] Directory* directory() const { return reinterpret_cast<Directory*>(root_ & ~kIsDirectory); }
  [[nodiscard]] LeafRef leaf_of(std::uint64_t hash) {
    if (!has_directory()) return {&root_, &due_};
    Directory* const all = directory();
    Leaf& leaf = all->leaves()[hash >> (64 - all->depth)];
    return {&leaf.segment, &leaf.due};
  }
  // The leaf of the hash's segment whose bound is the true one.
  [[nodiscard]] LeafRef first_leaf_of(std::uint64_t hash) {
    return leaf_of(first_of(hash, depth_of(*leaf_of(hash).segment)));
  }
  void set_segment(std::uint64_t hash, std::uint64_t segment);
  static unsigned capacity_for(unsigned count);
  void deepen(Heap& heap);
  void split(Heap& heap, std::uint64_t hash, const Hasher& hasher);
  static std::uint64_t half(Heap& heap, const Word* words, unsigned count, unsigned depth,
                            const Hasher& hasher);

  std::uint64_t root_ = 0;
  std::uint32_t count_ = 0;
  Coarse due_ = kNever;
};

static_assert(sizeof(Table) == 16);

}  // namespace limpet::store
