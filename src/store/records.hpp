// Records: makes, changes and frees records, and takes apart what was large in steps.
//
// Every change takes the handle of a record and returns the handle it has from now on: a change that fits is
// made in place, any other moves the record to a new cell, and the old one is freed last. What a value is,
// its type knows (values/value_type.hpp); a value may point into the very record that it replaces only where
// its type says so.
//
// What drop() finds too large to free at once goes to the graveyard: it is out of every table, still on the
// account, and bury() frees it bit by bit.
#pragma once

#include <array>
#include <vector>

#include "record.hpp"

namespace limpet::store {

class Records;
class ValueTypes;

// Something large that is out of every table and is freed in steps.
struct Grave {
  // Frees the next bit of it; true if that was the last.
  bool (*step)(Records& records, Grave& grave);
  alignas(8) std::array<char, kOutsideBytes> outside;  // as it stood in the record
  std::uint64_t position = 0;                          // how far it is, as the step counts

  template <class Outside>
  [[nodiscard]] static Grave of(bool (*step)(Records&, Grave&), const Outside& outside) {
    static_assert(sizeof(Outside) <= kOutsideBytes && alignof(Outside) <= 8);
    Grave grave{.step = step, .outside = {}};
    std::memcpy(grave.outside.data(), &outside, sizeof outside);
    return grave;
  }
  template <class Outside>
  [[nodiscard]] Outside& as() {
    return *reinterpret_cast<Outside*>(outside.data());
  }
};

class Records final : public Hasher {
 public:
  Records(std::uint64_t seed, const ValueTypes& types) : types_(types), seed_(seed) {}
  ~Records();

  [[nodiscard]] Heap& heap() { return heap_; }
  [[nodiscard]] const Heap& heap() const { return heap_; }
  [[nodiscard]] const ValueTypes& types() const { return types_; }

  // The record in a cell, wherever it stands. REQUIRES: the cell is not wide.
  [[nodiscard]] const char* at(Handle handle) const { return const_cast<Records*>(this)->at(handle); }
  [[nodiscard]] char* at(Handle handle) {
    char* const cell = heap_.at(handle);
    return (flags_of(cell) & kIndirect) == 0 ? cell : *reinterpret_cast<char**>(cell + 8);
  }

  // Of keys in their session and of field names; uids have a hash of their own.
  [[nodiscard]] std::uint64_t name_hash(std::string_view name) const;
  std::uint64_t hash_of(Handle record) const override { return name_hash(key_of(at(record))); }

  // The time that new records and those made anew are stamped with.
  void set_clock(std::int64_t unix_ms) {
    if (unix_ms != kBeforeAnyExpiry) clock_ = seen_clock(unix_ms);
  }
  [[nodiscard]] std::uint32_t clock() const { return clock_; }

  // ---- Any ----
  [[nodiscard]] Handle set_expiry(Handle record, std::int64_t expiry);
  // REQUIRES: `name` is not a part of the store.
  [[nodiscard]] Handle rename(Handle record, const Name& name);
  // What it takes: its cell and what stands outside.
  [[nodiscard]] std::size_t bytes_of(const char* record) const;
  void drop(Handle record);

  // ---- For the types of values ----
  // Makes a record with everything but its value. A name may point into the record that this one replaces.
  [[nodiscard]] Handle build(const Shape& shape);
  // The same value in a record of another shape. REQUIRES: the value fits where the shape says it stands.
  [[nodiscard]] Handle reshape(Handle record, const Shape& shape);
  void free_cell(Handle record);  // the record alone, not its value outside
  // Frees a table of records, a large one in steps.
  void free_table(const Table& table);

  // ---- The graveyard ----
  // Takes a table whose words name records or wide sessions, to be freed later.
  void entomb(const Table& table);
  void entomb(const Grave& grave) { graves_.push_back(grave); }
  // Frees about `steps_max` records at most, and returns how many.
  std::size_t bury(std::size_t steps_max);
  // Counts the work of freeing, one for a record and more for a large value; only differences mean something.
  [[nodiscard]] std::uint64_t freed() const { return freed_; }
  // A block of so many bytes was given back.
  void count_freed(std::size_t block_bytes);

 private:
  void free_value(char* record);  // what stands outside
  [[nodiscard]] Handle with_head(Handle record, const Name& name, std::int64_t expiry);
  static bool bury_segment(Records& records, Grave& grave);
  void free_entry(Handle handle);  // a record, or a wide session

  const ValueTypes& types_;
  std::uint64_t seed_;
  std::uint32_t clock_ = 0;
  Heap heap_;
  std::vector<Grave> graves_;
  std::uint64_t freed_ = 0;
};

}  // namespace limpet::store
