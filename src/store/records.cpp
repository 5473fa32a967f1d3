#include "records.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>

#include "hashing.hpp"
#include "values/value_type.hpp"
#include "wide.hpp"

namespace limpet::store {

namespace {

// A table of so few records is freed at once.
constexpr std::uint32_t kFreedAtOnce = 64;
// Giving back a block of so many bytes (as a power of two) counts as much as freeing a record.
constexpr unsigned kStepShift = 14;

}  // namespace

Records::~Records() { bury(SIZE_MAX); }

std::uint64_t Records::name_hash(std::string_view name) const { return hash_of_bytes(name, seed_); }

Handle Records::build(const Shape& shape) {
  const std::size_t bytes = shape.bytes();
  if (bytes <= kRecordCellMax) {
    const Handle handle = heap_.take(bytes);
    write_head(heap_.at(handle), shape, clock_);
    return handle;
  }
  const Handle handle = heap_.take(16);
  char* const block = static_cast<char*>(heap_.take_block(bytes));
  write_head(block, shape, clock_);
  char* const cell = heap_.at(handle);
  cell[0] = static_cast<char>(kIndirect);
  *reinterpret_cast<char**>(cell + 8) = block;
  return handle;
}

void Records::free_cell(Handle record) {
  char* const cell = heap_.at(record);
  if ((flags_of(cell) & kIndirect) != 0) heap_.give_block(*reinterpret_cast<char**>(cell + 8));
  heap_.give(record);
}

void Records::free_value(char* record) {
  if (is_outside(record)) types_.of(record).release(*this, record);
}

void Records::drop(Handle record) {
  ++freed_;
  free_value(at(record));
  free_cell(record);
}

// ---- Any ----

Handle Records::set_expiry(Handle handle, std::int64_t expiry) {
  char* const record = at(handle);
  const Shape shape{name_of(record), expiry, type_of(record), is_outside(record)};
  if (shape.flags() != flags_of(record)) return with_head(handle, shape.name, expiry);
  set_expiry_bytes(record, expiry);
  return handle;
}

Handle Records::rename(Handle handle, const Name& name) {
  return with_head(handle, name, expiry_of(at(handle)));
}

// Another head may leave too little room for a value that stands inline.
Handle Records::with_head(Handle handle, const Name& name, std::int64_t expiry) {
  const char* const record = at(handle);
  const Shape shape{name, expiry, type_of(record), is_outside(record), inline_size(record)};
  if (shape.bytes() <= kRecordCellMax || shape.outside) return reshape(handle, shape);
  return types_.of(shape.type).move_outside(*this, handle, name, expiry);
}

Handle Records::reshape(Handle handle, const Shape& shape) {
  char* const record = at(handle);
  const Handle made = build(shape);
  char* const copy = at(made);
  if (shape.outside) {
    std::memcpy(copy + kOutsideAt, record + kOutsideAt, kOutsideBytes);
  } else {
    std::memcpy(inline_at(copy), inline_at(record), shape.inline_bytes);
  }
  free_cell(handle);
  return made;
}

std::size_t Records::bytes_of(const char* record) const {
  const auto head = static_cast<std::size_t>(inline_of(record).data() - record);
  const std::size_t cell = Heap::rounded(head + inline_size(record));
  return is_outside(record) ? cell + types_.of(record).outside_bytes(*this, record) : cell;
}

// ---- The graveyard ----

void Records::entomb(const Table& table) {
  if (table.count() != 0) entomb(Grave::of(bury_segment, table));
}

void Records::free_table(const Table& table) {
  if (table.count() > kFreedAtOnce) return entomb(table);
  if (table.count() == 0) return;
  Grave grave = Grave::of(bury_segment, table);
  while (!bury_segment(*this, grave)) {
  }
}

void Records::count_freed(std::size_t block_bytes) { freed_ += block_bytes >> kStepShift; }

std::size_t Records::bury(std::size_t steps_max) {
  const std::uint64_t start = freed_;
  while (!graves_.empty() && freed_ - start < steps_max) {
    // Taken out meanwhile: a record in it may send a table of its own to the graveyard.
    Grave grave = graves_.back();
    graves_.pop_back();
    if (!grave.step(*this, grave)) graves_.push_back(grave);
  }
  if (graves_.empty()) std::vector<Grave>().swap(graves_);
  return static_cast<std::size_t>(freed_ - start);
}

void Records::free_entry(Handle handle) {
  if (!is_wide(heap_, handle)) return drop(handle);
  const Table keys = wide_at(heap_, handle).keys;
  heap_.give(handle);
  free_table(keys);
}

// Frees the records of a table's next segment; hashes below the position are freed.
bool Records::bury_segment(Records& records, Grave& grave) {
  Heap& heap = records.heap_;
  Table& table = grave.as<Table>();
  const Segment segment = table.segment_at(heap, grave.position);
  for (unsigned at = 0; at < segment.count; ++at) __builtin_prefetch(heap.at(handle_of(segment.words[at])));
  for (unsigned at = 0; at < segment.count; ++at) records.free_entry(handle_of(segment.words[at]));
  ++records.freed_;
  table.release_segment(heap, grave.position);
  grave.position = segment.last + 1;
  if (grave.position != 0) return false;
  table.release_directory(heap);
  return true;
}

}  // namespace limpet::store
