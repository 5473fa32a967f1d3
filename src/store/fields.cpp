// The fields of hashes: packed in the record while they are few and small, then a table of field records.
#include <limpet/base/assert.hpp>
#include <limpet/store/store.hpp>

#include "records.hpp"

namespace limpet::store {

namespace {

constexpr unsigned kPackedFieldsMax = 64;
constexpr std::size_t kPackedLengthMax = 0x7fff;

std::size_t length_bytes(std::size_t length) { return length < 0x80 ? 1 : 2; }

char* write_piece(char* at, std::string_view piece) {
  if (piece.size() < 0x80) {
    *at++ = static_cast<char>(piece.size());
  } else {
    *at++ = static_cast<char>(0x80 | piece.size() >> 8);
    *at++ = static_cast<char>(piece.size());
  }
  if (!piece.empty()) std::memcpy(at, piece.data(), piece.size());
  return at + piece.size();
}

std::string_view read_piece(const char*& at) {
  std::size_t length = static_cast<unsigned char>(*at++);
  if (length >= 0x80) length = (length & 0x7f) << 8 | static_cast<unsigned char>(*at++);
  const std::string_view piece{at, length};
  at += length;
  return piece;
}

std::size_t packed_bytes(std::string_view name, std::string_view value) {
  return length_bytes(name.size()) + name.size() + length_bytes(value.size()) + value.size();
}

// Where a field stands among the packed ones.
struct Found {
  bool present = false;
  std::size_t offset = 0;  // of the field, or the end
  std::size_t bytes = 0;   // that it takes with its lengths
  std::string_view value;
  unsigned fields = 0;  // passed on the way: all of them if it is absent
};

Found find_packed(const char* record, std::string_view name) {
  const std::string_view packed = inline_of(record);
  Found found;
  for (const char* at = packed.data(); at < packed.data() + packed.size(); ++found.fields) {
    const char* const begin = at;
    const std::string_view have = read_piece(at);
    const std::string_view value = read_piece(at);
    if (have != name) continue;
    found.present = true;
    found.offset = static_cast<std::size_t>(begin - packed.data());
    found.bytes = static_cast<std::size_t>(at - begin);
    found.value = value;
    return found;
  }
  found.offset = packed.size();
  return found;
}

}  // namespace

Handle Records::make_hash(const Name& name, std::int64_t expiry) {
  Shape shape{name, expiry, Encoding::hash_inline, 0};
  if (shape.bytes() > kRecordCellMax) shape.encoding = Encoding::hash_outside;
  const Handle handle = build(shape);
  if (shape.encoding == Encoding::hash_outside) new (at(handle) + kOutsideAt) Table;
  return handle;
}

Handle Records::put_field(Handle handle, std::string_view name, std::string_view value, bool& added) {
  if (encoding_of(at(handle)) == Encoding::hash_inline) return put_packed(handle, name, value, added);
  put_in_table(handle, name, value, added);
  return handle;
}

Handle Records::put_packed(Handle handle, std::string_view name, std::string_view value, bool& added) {
  char* record = at(handle);
  const Found found = find_packed(record, name);
  added = !found.present;
  const std::size_t head = static_cast<std::size_t>(inline_at(record) - record);
  const std::size_t bytes = head + inline_size(record) - found.bytes + packed_bytes(name, value);
  const bool too_large = bytes > kRecordCellMax || name.size() > kPackedLengthMax;
  if (too_large || (added && found.fields >= kPackedFieldsMax)) {
    handle = unpack(handle);
    put_in_table(handle, name, value, added);
    return handle;
  }
  handle = resize_packed(handle, found.offset, found.bytes, packed_bytes(name, value));
  char* const field = inline_at(at(handle)) + found.offset;
  write_piece(write_piece(field, name), value);
  return handle;
}

// Makes the `before` bytes at `at` of the packed fields into `after` unwritten ones.
Handle Records::resize_packed(Handle handle, std::size_t at_offset, std::size_t before, std::size_t after) {
  if (before == after) return handle;
  char* const record = at(handle);
  char* const packed = inline_at(record);
  const std::size_t size = inline_size(record);
  const std::size_t size_after = size - before + after;
  const std::size_t bytes = static_cast<std::size_t>(packed - record) + size_after;
  const std::size_t room = heap_.room(handle);
  const std::size_t behind = size - at_offset - before;
  if (bytes <= room && bytes >= room / 2) {
    std::memmove(packed + at_offset + after, packed + at_offset + before, behind);
    set_inline_size(record, size_after);
    return handle;
  }
  const Handle made = build(Shape{name_of(record), expiry_of(record), Encoding::hash_inline, size_after});
  char* const copy = inline_at(at(made));
  std::memcpy(copy, packed, at_offset);
  std::memcpy(copy + at_offset + after, packed + at_offset + before, behind);
  free_cell(handle);
  return made;
}

// From packed fields to a table of them.
Handle Records::unpack(Handle handle) {
  const char* const record = at(handle);
  const Handle made = build(Shape{name_of(record), expiry_of(record), Encoding::hash_outside, 0});
  auto* const table = new (at(made) + kOutsideAt) Table;
  const std::string_view packed = inline_of(record);
  for (const char* from = packed.data(); from < packed.data() + packed.size();) {
    const std::string_view name = read_piece(from);
    const std::string_view value = read_piece(from);
    table->insert(heap_, name_hash(name), make_string(Name{.key = name}, value, kNoExpiry), kNever, *this);
  }
  free_cell(handle);
  return made;
}

Word* Records::find_in_table(const Table& table, std::string_view name) const {
  return table.find(heap_, name_hash(name), [&](Word word) { return key_of(at(handle_of(word))) == name; });
}

void Records::put_in_table(Handle handle, std::string_view name, std::string_view value, bool& added) {
  Table& table = outside_table(at(handle));
  Word* const word = find_in_table(table, name);
  added = word == nullptr;
  if (word != nullptr) {
    *word = with_handle(*word, put_string(handle_of(*word), value, kNoExpiry));
  } else {
    const Handle made = make_string(Name{.key = name}, value, kNoExpiry);
    table.insert(heap_, name_hash(name), made, kNever, *this);
  }
}

Handle Records::erase_field(Handle handle, std::string_view name, bool& erased) {
  char* const record = at(handle);
  if (encoding_of(record) == Encoding::hash_inline) {
    const Found found = find_packed(record, name);
    erased = found.present;
    return erased ? resize_packed(handle, found.offset, found.bytes, 0) : handle;
  }
  Table& table = outside_table(record);
  const Word* const word = find_in_table(table, name);
  erased = word != nullptr;
  if (!erased) return handle;
  const Handle gone = handle_of(*word);
  table.erase(heap_, name_hash(name), word);
  drop(gone);
  return handle;
}

bool Records::field(const char* record, std::string_view name, std::string_view& value) const {
  if (encoding_of(record) == Encoding::hash_inline) {
    const Found found = find_packed(record, name);
    if (found.present) value = found.value;
    return found.present;
  }
  const Word* const word = find_in_table(outside_table(record), name);
  if (word != nullptr) value = string_of(at(handle_of(*word)));
  return word != nullptr;
}

std::size_t Records::fields(const char* record) const {
  if (encoding_of(record) == Encoding::hash_outside) return outside_table(record).count();
  const std::string_view packed = inline_of(record);
  std::size_t count = 0;
  for (const char* at = packed.data(); at < packed.data() + packed.size(); ++count) {
    read_piece(at);
    read_piece(at);
  }
  return count;
}

void Records::each_field(const char* record,
                         const std::function<void(std::string_view, std::string_view)>& visit) const {
  scan_fields(record, 0, SIZE_MAX, visit);
}

// A position is the first bits of a name's hash, and whole segments are visited; packed fields all at once.
std::uint64_t Records::scan_fields(
    const char* record, std::uint64_t position, std::size_t count,
    const std::function<void(std::string_view, std::string_view)>& visit) const {
  if (encoding_of(record) == Encoding::hash_inline) {
    const std::string_view packed = inline_of(record);
    for (const char* at = packed.data(); at < packed.data() + packed.size();) {
      const std::string_view name = read_piece(at);
      visit(name, read_piece(at));
    }
    return 0;
  }
  static_assert(kFieldPositionBits == Table::kDepthMax);
  constexpr unsigned kShift = 64 - kFieldPositionBits;
  const Table& table = outside_table(record);
  if (table.count() == 0 || position >> kFieldPositionBits != 0) return 0;
  std::uint64_t hash = position << kShift;
  std::size_t visited = 0;
  do {
    const Segment segment = table.segment_at(heap_, hash);
    for (unsigned at = 0; at < segment.count; ++at, ++visited) {
      const char* const field = this->at(handle_of(segment.words[at]));
      visit(key_of(field), string_of(field));
    }
    hash = segment.last + 1;
  } while (hash != 0 && visited < count);
  return hash >> kShift;
}

// Whole segments while they are small. In one that is not, those of one tag are visited together, so that the
// hash behind that tag says what was visited, whatever comes and goes meanwhile, and however the segment
// splits.
std::uint64_t Records::walk_fields(
    const char* record, std::uint64_t from, std::size_t count, std::size_t bytes,
    const std::function<void(std::string_view, std::string_view)>& visit) const {
  if (encoding_of(record) == Encoding::hash_inline) return scan_fields(record, 0, count, visit);
  const Table& table = outside_table(record);
  if (table.count() == 0) return 0;
  std::size_t visited = 0;
  std::size_t told = 0;
  std::uint64_t hash = from;
  do {
    const Segment segment = table.segment_at(heap_, hash);
    const unsigned tag_shift = 64 - kTagBits - segment.depth;
    const auto first_tag = static_cast<unsigned>((hash - segment.first) >> tag_shift);
    for (unsigned at = 0; at < segment.count; ++at) {
      const Word word = segment.words[at];
      if (tag_of(word) < first_tag) continue;
      if (told >= bytes && at > 0 && tag_of(word) != tag_of(segment.words[at - 1])) {
        return segment.first + (std::uint64_t{tag_of(word)} << tag_shift);
      }
      const char* const field = this->at(handle_of(word));
      visit(key_of(field), string_of(field));
      ++visited;
      told += key_of(field).size() + string_of(field).size();
    }
    hash = segment.last + 1;
  } while (hash != 0 && visited < count && told < bytes);
  return hash;
}

}  // namespace limpet::store
