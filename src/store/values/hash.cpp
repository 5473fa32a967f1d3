#include "values/hash.hpp"

#include <limits>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <utility>
#include <vector>

#include "values/string.hpp"

namespace limpet::store::hashes {

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

// ---- Changes ----

Table& table_of(char* record) { return outside_of<Table>(record); }
const Table& table_of(const char* record) { return outside_of<Table>(record); }

Handle make(Records& records, const Name& name, std::int64_t expiry) {
  Shape shape{name, expiry, Type::hash, false};
  shape.outside = shape.bytes() > kRecordCellMax;
  const Handle handle = records.build(shape);
  if (shape.outside) new (records.at(handle) + kOutsideAt) Table;
  return handle;
}

Word* find_in_table(const Records& records, const Table& table, std::string_view name) {
  return table.find(records.heap(), records.name_hash(name),
                    [&](Word word) { return key_of(records.at(handle_of(word))) == name; });
}

void insert_field(Records& records, Table& table, std::string_view name, std::string_view value) {
  const Handle made = strings::make(records, Name{.key = name}, value, kNoExpiry);
  table.insert(records.heap(), records.name_hash(name), made, kNever, records);
}

// True if the field is new, here and below.
bool put_in_table(Records& records, Handle handle, std::string_view name, std::string_view value) {
  Table& table = table_of(records.at(handle));
  Word* const word = find_in_table(records, table, name);
  if (word == nullptr) {
    insert_field(records, table, name, value);
    return true;
  }
  *word = with_handle(*word, strings::overwrite(records, handle_of(*word), value, kNoExpiry));
  return false;
}

// From packed fields to a table of them.
Handle move_outside(Records& records, Handle handle, const Name& name, std::int64_t expiry) {
  const char* const record = records.at(handle);
  const Handle made = records.build(Shape{name, expiry, Type::hash, true});
  auto* const table = new (records.at(made) + kOutsideAt) Table;
  const std::string_view packed = inline_of(record);
  for (const char* from = packed.data(); from < packed.data() + packed.size();) {
    const std::string_view field = read_piece(from);
    insert_field(records, *table, field, read_piece(from));
  }
  records.free_cell(handle);  // in which the name may stand
  return made;
}

// Makes the `before` bytes at `at` of the packed fields into `after` unwritten ones.
Handle resize_packed(Records& records, Handle handle, std::size_t at, std::size_t before, std::size_t after) {
  if (before == after) return handle;
  char* const record = records.at(handle);
  char* const packed = inline_at(record);
  const std::size_t size = inline_size(record);
  const std::size_t size_after = size - before + after;
  const std::size_t bytes = static_cast<std::size_t>(packed - record) + size_after;
  const std::size_t room = records.heap().room(handle);
  const std::size_t behind = size - at - before;
  if (bytes <= room && bytes >= room / 2) {
    std::memmove(packed + at + after, packed + at + before, behind);
    set_inline_size(record, Type::hash, size_after);
    return handle;
  }
  const Handle made = records.build(Shape{name_of(record), expiry_of(record), Type::hash, false, size_after});
  char* const copy = inline_at(records.at(made));
  std::memcpy(copy, packed, at);
  std::memcpy(copy + at + after, packed + at + before, behind);
  records.free_cell(handle);
  return made;
}

bool put_packed(Records& records, Handle& handle, std::string_view name, std::string_view value) {
  char* const record = records.at(handle);
  const Found found = find_packed(record, name);
  const auto head = static_cast<std::size_t>(inline_at(record) - record);
  const std::size_t bytes = head + inline_size(record) - found.bytes + packed_bytes(name, value);
  const bool too_large = bytes > kRecordCellMax || name.size() > kPackedLengthMax;
  if (too_large || (!found.present && found.fields >= kPackedFieldsMax)) {
    handle = move_outside(records, handle, name_of(record), expiry_of(record));
    return put_in_table(records, handle, name, value);
  }
  handle = resize_packed(records, handle, found.offset, found.bytes, packed_bytes(name, value));
  char* const field = inline_at(records.at(handle)) + found.offset;
  write_piece(write_piece(field, name), value);
  return !found.present;
}

// True if the field was there.
bool take_field_out(Records& records, Handle& handle, std::string_view name) {
  char* const record = records.at(handle);
  if (!is_outside(record)) {
    const Found found = find_packed(record, name);
    if (found.present) handle = resize_packed(records, handle, found.offset, found.bytes, 0);
    return found.present;
  }
  Table& table = table_of(record);
  const Word* const word = find_in_table(records, table, name);
  if (word == nullptr) return false;
  const Handle gone = handle_of(*word);
  table.erase(records.heap(), records.name_hash(name), word);
  records.drop(gone);
  return true;
}

bool is_empty(const char* record) {
  return is_outside(record) ? table_of(record).count() == 0 : inline_size(record) == 0;
}

// ---- As a type ----

constexpr EffectLayout kEffects[] = {
    {.kind = Effect::put_field, .bits = kFresh, .parts = EffectLayout::name | EffectLayout::value},
    {.kind = Effect::erase_field, .parts = EffectLayout::name},
};

std::size_t table_bytes(const Records& records, const char* record) {
  std::size_t total = 0;
  const Table& table = table_of(record);
  std::uint64_t position = 0;
  do {
    const Segment segment = table.segment_at(records.heap(), position);
    for (unsigned at = 0; at < segment.count; ++at) {
      total += sizeof(Word) + records.bytes_of(records.at(handle_of(segment.words[at])));
    }
    position = segment.last + 1;
  } while (position != 0 && table.count() != 0);
  return total;
}

void free_fields(Records& records, char* record) { records.free_table(table_of(record)); }

bool has_many_fields(const Records& records, const char* record) {
  return count_fields(records, record) > kCopySliceFields;
}

void tell_hash(const Records& records, const char* record, const KeyChanges& to) {
  bool fresh = true;
  scan(records, record, 0, std::numeric_limits<std::size_t>::max(),
       [&](auto name, auto value) { to.next().put_field(to.key, name, value, std::exchange(fresh, false)); });
  if (expiry_of(record) != kNoExpiry) to.next().set_expiry(to.key, expiry_of(record));
}

std::uint64_t tell_hash_piece(const Records& records, const char* record, std::uint64_t at, std::size_t bytes,
                              const KeyChanges& to) {
  if (at == 0) to.next().erase(to.key);
  const std::uint64_t next = walk(records, record, at, kCopySliceFields, bytes, [&](auto name, auto value) {
    to.next().put_field(to.key, name, value, false);
  });
  // With the first of them, so that no part of it can outlive the whole.
  if (at == 0 && expiry_of(record) != kNoExpiry) to.next().set_expiry(to.key, expiry_of(record));
  return next;
}

void append_piece(std::string& out, std::string_view piece) {
  char size[4];
  store_le(size, static_cast<std::uint32_t>(piece.size()));
  out.append(size, sizeof size).append(piece);
}

// Takes a piece from the front of `rest`; false if there is none.
bool take_piece(std::string_view& rest, std::string_view& piece) {
  if (rest.size() < 4) return false;
  const auto size = load_le<std::uint32_t>(rest.data());
  if (rest.size() - 4 < size) return false;
  piece = rest.substr(4, size);
  rest.remove_prefix(4 + std::size_t{size});
  return true;
}

std::string_view content_of_hash(const Records& records, const char* record, std::string& made) {
  scan(records, record, 0, std::numeric_limits<std::size_t>::max(), [&](auto name, auto value) {
    append_piece(made, name);
    append_piece(made, value);
  });
  return made;
}

// All of it is looked at before any of it is made.
bool unpack_hash(Keyspace& keys, const KeyRef& key, std::string_view content, std::int64_t expires_unix_ms,
                 std::int64_t unix_ms) {
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  while (!content.empty()) {
    auto& [name, value] = fields.emplace_back();
    if (!take_piece(content, name) || !take_piece(content, value)) return false;
  }
  for (const auto& [name, value] : fields) put(keys, key, name, value, unix_ms);
  if (expires_unix_ms != kNoExpiry) keys.set_expiry(key, expires_unix_ms, unix_ms);
  return !fields.empty();
}

void apply_to_hash(Keyspace& keys, const KeyRef& key, const EffectView& effect) {
  if (effect.kind == Effect::put_field) {
    put(keys, key, effect.name, effect.value, kBeforeAnyExpiry);
  } else {
    erase(keys, key, effect.name, kBeforeAnyExpiry);
  }
}

}  // namespace

const ValueType kType{
    .type = Type::hash,
    .effects = kEffects,
    .make = make,
    .move_outside = move_outside,
    .outside_bytes = table_bytes,
    .release = free_fields,
    .has_many = has_many_fields,
    .tell = tell_hash,
    .tell_piece = tell_hash_piece,
    .mark = 'h',
    .content = content_of_hash,
    .unpack = unpack_hash,
    .apply = apply_to_hash,
};

bool find_field(const Records& records, const char* record, std::string_view name, std::string_view& value) {
  if (!is_outside(record)) {
    const Found found = find_packed(record, name);
    if (found.present) value = found.value;
    return found.present;
  }
  const Word* const word = find_in_table(records, table_of(record), name);
  if (word != nullptr) value = strings::view_of(records.at(handle_of(*word)));
  return word != nullptr;
}

std::size_t count_fields(const Records&, const char* record) {
  if (is_outside(record)) return table_of(record).count();
  const std::string_view packed = inline_of(record);
  std::size_t count = 0;
  for (const char* at = packed.data(); at < packed.data() + packed.size(); ++count) {
    read_piece(at);
    read_piece(at);
  }
  return count;
}

// A position is the first bits of a name's hash, and whole segments are visited; packed fields all at once.
std::uint64_t scan(const Records& records, const char* record, std::uint64_t position, std::size_t count,
                   const Visit& visit) {
  if (!is_outside(record)) {
    const std::string_view packed = inline_of(record);
    for (const char* at = packed.data(); at < packed.data() + packed.size();) {
      const std::string_view name = read_piece(at);
      visit(name, read_piece(at));
    }
    return 0;
  }
  static_assert(kFieldPositionBits == Table::kDepthMax);
  constexpr unsigned kShift = 64 - kFieldPositionBits;
  const Table& table = table_of(record);
  if (table.count() == 0 || position >> kFieldPositionBits != 0) return 0;
  std::uint64_t hash = position << kShift;
  std::size_t visited = 0;
  do {
    const Segment segment = table.segment_at(records.heap(), hash);
    for (unsigned at = 0; at < segment.count; ++at, ++visited) {
      const char* const field = records.at(handle_of(segment.words[at]));
      visit(key_of(field), strings::view_of(field));
    }
    hash = segment.last + 1;
  } while (hash != 0 && visited < count);
  return hash >> kShift;
}

// Whole segments while they are small. In one that is not, those of one tag are visited together, so that the
// hash behind that tag says what was visited, whatever comes and goes meanwhile, and however the segment
// splits.
std::uint64_t walk(const Records& records, const char* record, std::uint64_t from, std::size_t count,
                   std::size_t bytes, const Visit& visit) {
  if (!is_outside(record)) return scan(records, record, 0, count, visit);
  const Table& table = table_of(record);
  if (table.count() == 0) return 0;
  std::size_t visited = 0;
  std::size_t told = 0;
  std::uint64_t hash = from;
  do {
    const Segment segment = table.segment_at(records.heap(), hash);
    const unsigned tag_shift = 64 - kTagBits - segment.depth;
    const auto first_tag = static_cast<unsigned>((hash - segment.first) >> tag_shift);
    for (unsigned at = 0; at < segment.count; ++at) {
      const Word word = segment.words[at];
      if (tag_of(word) < first_tag) continue;
      if (told >= bytes && at > 0 && tag_of(word) != tag_of(segment.words[at - 1])) {
        return segment.first + (std::uint64_t{tag_of(word)} << tag_shift);
      }
      const char* const field = records.at(handle_of(word));
      visit(key_of(field), strings::view_of(field));
      ++visited;
      told += key_of(field).size() + strings::view_of(field).size();
    }
    hash = segment.last + 1;
  } while (hash != 0 && visited < count && told < bytes);
  return hash;
}

// ---- Keys ----

bool put(Keyspace& keys, const KeyRef& key, std::string_view name, std::string_view value,
         std::int64_t unix_ms) {
  Spot spot = keys.locate_live(key, unix_ms);
  if (keys.telling()) keys.telling().of(key).put_field(key.key, name, value, spot.word == nullptr);
  keys.make_if_absent(spot, kType);
  Handle record = handle_of(*spot.word);
  const bool added = is_outside(keys.record_of(spot)) ? put_in_table(keys.records(), record, name, value)
                                                      : put_packed(keys.records(), record, name, value);
  keys.moved(spot, record);
  return added;
}

bool erase(Keyspace& keys, const KeyRef& key, std::string_view name, std::int64_t unix_ms) {
  Spot spot = keys.locate_live(key, unix_ms);
  if (spot.word == nullptr) return false;
  LIMPET_ASSERT(type_of(keys.record_of(spot)) == Type::hash);
  Handle record = handle_of(*spot.word);
  if (!take_field_out(keys.records(), record, name)) return false;
  keys.moved(spot, record);
  if (keys.telling()) keys.telling().of(key).erase_field(key.key, name);
  if (is_empty(keys.record_of(spot))) keys.detach(spot);
  return true;
}

}  // namespace limpet::store::hashes
