#include "records.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>

#include "hashing.hpp"
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

// Makes a record with everything but its value. A name may point into the record that this one replaces.
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
  if (encoding_of(record) == Encoding::string_outside) {
    const OutsideString& outside = outside_string(record);
    freed_ += outside.capacity >> kStepShift;
    heap_.give_block(outside.data);
  }
  if (encoding_of(record) == Encoding::hash_outside) free_table(outside_table(record));
}

void Records::drop(Handle record) {
  ++freed_;
  free_value(at(record));
  free_cell(record);
}

std::size_t Records::room_of(Handle record) const {
  const char* const cell = heap_.at(record);
  if ((flags_of(cell) & kIndirect) == 0) return heap_.room(record);
  return Heap::block_room(*reinterpret_cast<char* const*>(cell + 8));
}

// ---- Strings ----

void Records::attach_outside(char* record, std::size_t capacity) {
  OutsideString& outside = outside_string(record);
  outside.data = static_cast<char*>(heap_.take_block(std::max<std::size_t>(capacity, 1)));
  outside.size = 0;
  outside.capacity = static_cast<std::uint32_t>(Heap::block_room(outside.data));
}

Handle Records::make_string(const Name& name, std::string_view value, std::int64_t expiry) {
  Shape shape{name, expiry, Encoding::string_inline, value.size()};
  const bool outside = shape.bytes() > kRecordCellMax;
  if (outside) {
    shape.encoding = Encoding::string_outside;
    shape.inline_bytes = 0;
  }
  const Handle handle = build(shape);
  char* const record = at(handle);
  if (outside) attach_outside(record, value.size());
  if (outside) outside_string(record).size = static_cast<std::uint32_t>(value.size());
  char* const to = outside ? outside_string(record).data : inline_at(record);
  if (!value.empty()) std::memcpy(to, value.data(), value.size());
  return handle;
}

Handle Records::rebuild_string(Handle record, std::string_view value, std::int64_t expiry) {
  const Handle made = make_string(name_of(at(record)), value, expiry);
  drop(record);
  return made;
}

Handle Records::put_string(Handle handle, std::string_view value, std::int64_t expiry) {
  char* const record = at(handle);
  const unsigned flags = flags_of(record);
  const unsigned expiry_flag = expiry == kNoExpiry ? 0 : expiry > kExpiry6Max ? kExpiry8 : kExpiry6;
  if ((flags & kHash) != 0 || (flags & (kExpiry6 | kExpiry8)) != expiry_flag) {
    return rebuild_string(handle, value, expiry);
  }
  if ((flags & kOutside) != 0) {
    OutsideString& outside = outside_string(record);
    // A value that fits inline again, or wastes half of its block, moves.
    if (value.size() > outside.capacity || value.size() <= kRecordCellMax ||
        value.size() < outside.capacity / 2) {
      return rebuild_string(handle, value, expiry);
    }
    std::memmove(outside.data, value.data(), value.size());
    outside.size = static_cast<std::uint32_t>(value.size());
  } else {
    char* const to = inline_at(record);
    const std::size_t bytes = static_cast<std::size_t>(to - record) + value.size();
    const std::size_t room = heap_.room(handle);  // an inline value is never behind kIndirect
    if (bytes > room || bytes < room - room / 4) return rebuild_string(handle, value, expiry);
    if (!value.empty()) std::memmove(to, value.data(), value.size());
    set_inline_size(record, value.size());
  }
  set_expiry_bytes(record, expiry);
  return handle;
}

// An inline string goes to a block with room for `capacity` bytes.
Handle Records::move_outside(Handle handle, std::size_t capacity) {
  const char* const old = at(handle);
  const Handle made = build(Shape{name_of(old), expiry_of(old), Encoding::string_outside, 0});
  char* const record = at(made);
  attach_outside(record, capacity);
  const std::string_view value = inline_of(old);
  std::memcpy(outside_string(record).data, value.data(), value.size());
  outside_string(record).size = static_cast<std::uint32_t>(value.size());
  free_cell(handle);
  return made;
}

Handle Records::write_string(Handle handle, std::size_t offset, std::string_view bytes) {
  char* record = at(handle);
  const std::size_t size = string_of(record).size();
  const std::size_t end = std::max(size, offset + bytes.size());
  if ((flags_of(record) & kOutside) == 0) {
    const std::size_t head = static_cast<std::size_t>(inline_at(record) - record);
    if (head + end > kRecordCellMax) {
      handle = move_outside(handle, end + end / 2);
    } else if (head + end > heap_.room(handle)) {
      const Handle made = build(Shape{name_of(record), expiry_of(record), Encoding::string_inline, end});
      std::memcpy(inline_at(at(made)), inline_at(record), size);
      free_cell(handle);
      handle = made;
    }
    record = at(handle);
  }
  char* data = nullptr;
  if ((flags_of(record) & kOutside) == 0) {
    data = inline_at(record);
    set_inline_size(record, end);
  } else {
    OutsideString& outside = outside_string(record);
    if (end > outside.capacity) {
      // Half as much again, so that appending costs the same for each byte however long the string gets.
      const OutsideString old = outside;
      attach_outside(record, std::max(end, std::size_t{old.capacity} + old.capacity / 2));
      std::memcpy(outside.data, old.data, size);
      heap_.give_block(old.data);
    }
    data = outside.data;
    outside.size = static_cast<std::uint32_t>(end);
  }
  if (offset > size) std::memset(data + size, 0, offset - size);
  if (!bytes.empty()) std::memcpy(data + offset, bytes.data(), bytes.size());
  return handle;
}

// ---- Any ----

Handle Records::set_expiry(Handle handle, std::int64_t expiry) {
  char* const record = at(handle);
  Shape shape{name_of(record), expiry, encoding_of(record), inline_size(record)};
  if (shape.flags() == flags_of(record)) {
    set_expiry_bytes(record, expiry);
    return handle;
  }
  // Four to eight bytes more may not fit a cell any longer.
  if (shape.bytes() > kRecordCellMax && encoding_of(record) == Encoding::string_inline) {
    return rebuild_string(handle, string_of(record), expiry);
  }
  if (shape.bytes() > kRecordCellMax && encoding_of(record) == Encoding::hash_inline) {
    return set_expiry(unpack(handle), expiry);
  }
  return reshape(handle, shape);
}

Handle Records::rename(Handle handle, const Name& name) {
  const char* const record = at(handle);
  const Shape shape{name, expiry_of(record), encoding_of(record), inline_size(record)};
  if (shape.bytes() > kRecordCellMax && shape.encoding == Encoding::string_inline) {
    const Handle made = make_string(name, string_of(record), shape.expiry);
    drop(handle);
    return made;
  }
  if (shape.bytes() > kRecordCellMax && shape.encoding == Encoding::hash_inline) {
    return rename(unpack(handle), name);
  }
  return reshape(handle, shape);
}

// The same value in a record of another shape. REQUIRES: the value fits where the shape says it stands.
Handle Records::reshape(Handle handle, const Shape& shape) {
  char* const record = at(handle);
  const Handle made = build(shape);
  char* const copy = at(made);
  if ((flags_of(record) & kOutside) != 0) {
    std::memcpy(copy + kOutsideAt, record + kOutsideAt, kOutsideHeadBytes - kOutsideAt);
  } else {
    std::memcpy(inline_at(copy), inline_at(record), shape.inline_bytes);
  }
  free_cell(handle);
  return made;
}

std::size_t Records::bytes_of(const char* record) const {
  const auto head = static_cast<std::size_t>(inline_of(record).data() - record);
  const std::size_t cell = Heap::rounded(head + inline_size(record));
  if ((flags_of(record) & kOutside) == 0) return cell;
  if (!is_hash(record)) return cell + outside_string(record).capacity;
  std::size_t total = cell;
  const Table& table = outside_table(record);
  std::uint64_t position = 0;
  do {
    const Segment segment = table.segment_at(heap_, position);
    for (unsigned at = 0; at < segment.count; ++at) {
      total += sizeof(Word) + bytes_of(this->at(handle_of(segment.words[at])));
    }
    position = segment.last + 1;
  } while (position != 0 && table.count() != 0);
  return total;
}

// ---- The graveyard ----

void Records::entomb(const Table& table) {
  if (table.count() != 0) graves_.push_back({table, 0});
}

// Frees a small table at once and entombs a large one.
void Records::free_table(const Table& table) {
  if (table.count() > kFreedAtOnce) return entomb(table);
  if (table.count() == 0) return;
  Grave grave{table, 0};
  while (!bury_segment(grave)) {
  }
}

std::size_t Records::bury(std::size_t steps_max) {
  const std::uint64_t start = freed_;
  while (!graves_.empty() && freed_ - start < steps_max) {
    // Taken out meanwhile: a record in it may send a table of its own to the graveyard.
    Grave grave = graves_.back();
    graves_.pop_back();
    if (!bury_segment(grave)) graves_.push_back(grave);
  }
  if (graves_.empty()) std::vector<Grave>().swap(graves_);
  return static_cast<std::size_t>(freed_ - start);
}

// Frees the records of the next segment; true if it was the last.
bool Records::bury_segment(Grave& grave) {
  const Segment segment = grave.table.segment_at(heap_, grave.position);
  for (unsigned at = 0; at < segment.count; ++at) __builtin_prefetch(heap_.at(handle_of(segment.words[at])));
  for (unsigned at = 0; at < segment.count; ++at) {
    const Handle handle = handle_of(segment.words[at]);
    if (is_wide(heap_, handle)) {
      const Table keys = wide_at(heap_, handle).keys;
      heap_.give(handle);
      free_table(keys);
    } else {
      drop(handle);
    }
  }
  ++freed_;
  grave.table.release_segment(heap_, grave.position);
  grave.position = segment.last + 1;
  if (grave.position != 0) return false;
  grave.table.release_directory(heap_);
  return true;
}

}  // namespace limpet::store
