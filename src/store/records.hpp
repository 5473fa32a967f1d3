// Records: makes, changes and frees records, and takes apart what was large in steps.
//
// Every change takes the handle of a record and returns the handle it has from now on: a change that fits is
// made in place, any other moves the record to a new cell, and the old one is freed last. So a value may
// point into the very record that it replaces (put_string alone; the other calls must not be given views of
// the store).
//
// What drop() finds too large to free at once goes to the graveyard: it is out of every table, still on the
// account, and bury() frees it bit by bit.
#pragma once

#include <functional>
#include <vector>

#include "record.hpp"

namespace limpet::store {

class Records final : public Hasher {
 public:
  explicit Records(std::uint64_t seed) : seed_(seed) {}
  ~Records();

  [[nodiscard]] Heap& heap() { return heap_; }
  [[nodiscard]] const Heap& heap() const { return heap_; }

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

  // ---- Strings ----
  [[nodiscard]] Handle make_string(const Name& name, std::string_view value, std::int64_t expiry);
  // Makes a string of what may have been a hash.
  [[nodiscard]] Handle put_string(Handle record, std::string_view value, std::int64_t expiry);
  // REQUIRES: it is a string, and the bytes are not part of the store.
  [[nodiscard]] Handle write_string(Handle record, std::size_t offset, std::string_view bytes);

  // ---- Hashes ----
  [[nodiscard]] Handle make_hash(const Name& name, std::int64_t expiry);
  // REQUIRES: it is a hash, here and below.
  [[nodiscard]] Handle put_field(Handle record, std::string_view name, std::string_view value, bool& added);
  [[nodiscard]] Handle erase_field(Handle record, std::string_view name, bool& erased);
  [[nodiscard]] bool field(const char* record, std::string_view name, std::string_view& value) const;
  [[nodiscard]] std::size_t fields(const char* record) const;
  void each_field(const char* record,
                  const std::function<void(std::string_view, std::string_view)>& visit) const;
  // As Item::walk_fields().
  std::uint64_t walk_fields(const char* record, std::uint64_t from, std::size_t count, std::size_t bytes,
                            const std::function<void(std::string_view, std::string_view)>& visit) const;
  // As Item::scan_fields().
  std::uint64_t scan_fields(const char* record, std::uint64_t position, std::size_t count,
                            const std::function<void(std::string_view, std::string_view)>& visit) const;

  // ---- Any ----
  [[nodiscard]] Handle set_expiry(Handle record, std::int64_t expiry);
  // REQUIRES: `name` is not a part of the store.
  [[nodiscard]] Handle rename(Handle record, const Name& name);
  // What it takes: its cell and what stands outside.
  [[nodiscard]] std::size_t bytes_of(const char* record) const;
  void drop(Handle record);

  // ---- The graveyard ----
  // Takes a table whose words name records or wide sessions, to be freed later.
  void entomb(const Table& table);
  // Frees about `steps_max` records at most, and returns how many.
  std::size_t bury(std::size_t steps_max);
  // Counts the work of freeing, one for a record and more for a large value; only differences mean something.
  [[nodiscard]] std::uint64_t freed() const { return freed_; }

 private:
  struct Grave {
    Table table;
    std::uint64_t position;  // hashes below are freed
  };

  [[nodiscard]] Handle build(const Shape& shape);
  void free_cell(Handle record);  // the record alone, not its value outside
  void free_value(char* record);  // what stands outside
  void attach_outside(char* record, std::size_t capacity);
  [[nodiscard]] Handle rebuild_string(Handle record, std::string_view value, std::int64_t expiry);
  [[nodiscard]] std::size_t room_of(Handle record) const;
  [[nodiscard]] Handle move_outside(Handle record, std::size_t capacity);
  [[nodiscard]] Handle reshape(Handle record, const Shape& shape);

  [[nodiscard]] Handle put_packed(Handle record, std::string_view name, std::string_view value, bool& added);
  [[nodiscard]] Handle resize_packed(Handle record, std::size_t at, std::size_t before, std::size_t after);
  [[nodiscard]] Handle unpack(Handle record);
  void put_in_table(Handle record, std::string_view name, std::string_view value, bool& added);
  [[nodiscard]] Word* find_in_table(const Table& table, std::string_view name) const;
  void free_table(const Table& table);
  bool bury_segment(Grave& grave);

  std::uint64_t seed_;
  std::uint32_t clock_ = 0;
  Heap heap_;
  std::vector<Grave> graves_;
  std::uint64_t freed_ = 0;
};

}  // namespace limpet::store
