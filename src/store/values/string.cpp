#include "values/string.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>

namespace limpet::store::strings {

namespace {

void attach_outside(Records& records, char* record, std::size_t capacity) {
  auto& outside = outside_of<Outside>(record);
  outside.data = static_cast<char*>(records.heap().take_block(std::max<std::size_t>(capacity, 1)));
  outside.size = 0;
  outside.capacity = static_cast<std::uint32_t>(Heap::block_room(outside.data));
}

// An inline string goes to a block with room for `capacity` bytes.
Handle move_to_block(Records& records, Handle handle, std::size_t capacity) {
  const char* const old = records.at(handle);
  const Handle made = records.build(Shape{name_of(old), expiry_of(old), Type::string, true});
  char* const record = records.at(made);
  attach_outside(records, record, capacity);
  const std::string_view value = view_of(old);
  auto& outside = outside_of<Outside>(record);
  std::memcpy(outside.data, value.data(), value.size());
  outside.size = static_cast<std::uint32_t>(value.size());
  records.free_cell(handle);
  return made;
}

Handle rebuild(Records& records, Handle record, const Name& name, std::string_view value,
               std::int64_t expiry) {
  const Handle made = make(records, name, value, expiry);
  records.drop(record);
  return made;
}

Handle grow_inline(Records& records, Handle handle, std::size_t size, std::size_t end) {
  char* const record = records.at(handle);
  const Handle made = records.build(Shape{name_of(record), expiry_of(record), Type::string, false, end});
  std::memcpy(inline_at(records.at(made)), inline_at(record), size);
  records.free_cell(handle);
  return made;
}

// Half as much again, so that appending costs the same for each byte however long the string gets.
void grow_block(Records& records, char* record, std::size_t end) {
  const Outside old = outside_of<Outside>(record);
  attach_outside(records, record, std::max(end, std::size_t{old.capacity} + old.capacity / 2));
  std::memcpy(outside_of<Outside>(record).data, old.data, old.size);
  records.heap().give_block(old.data);
}

// Where the bytes stand, of which there are `end` from now on; those behind the `size` that there were are
// not written.
char* resize(Records& records, Handle& handle, std::size_t size, std::size_t end) {
  char* record = records.at(handle);
  if (!is_outside(record)) {
    const auto head = static_cast<std::size_t>(inline_at(record) - record);
    if (head + end > kRecordCellMax) {
      handle = move_to_block(records, handle, end + end / 2);
    } else if (head + end > records.heap().room(handle)) {
      handle = grow_inline(records, handle, size, end);
    }
    record = records.at(handle);
  }
  if (!is_outside(record)) {
    set_inline_size(record, Type::string, end);
    return inline_at(record);
  }
  if (end > outside_of<Outside>(record).capacity) grow_block(records, record, end);
  auto& outside = outside_of<Outside>(record);
  outside.size = static_cast<std::uint32_t>(end);
  return outside.data;
}

// REQUIRES: it is a string, and the bytes are not part of the store.
Handle write_at(Records& records, Handle handle, std::size_t offset, std::string_view bytes) {
  const std::size_t size = view_of(records.at(handle)).size();
  char* const data = resize(records, handle, size, std::max(size, offset + bytes.size()));
  if (offset > size) std::memset(data + size, 0, offset - size);
  if (!bytes.empty()) std::memcpy(data + offset, bytes.data(), bytes.size());
  return handle;
}

// ---- As a type ----

constexpr EffectLayout kEffects[] = {
    {.kind = Effect::put_string, .bits = kTimed, .parts = EffectLayout::value, .replaces = true},
    {.kind = Effect::write_string, .bits = kFresh, .parts = EffectLayout::offset | EffectLayout::value},
};

Handle make_empty(Records& records, const Name& name, std::int64_t expiry) {
  return make(records, name, {}, expiry);
}

Handle move_outside(Records& records, Handle record, const Name& name, std::int64_t expiry) {
  return rebuild(records, record, name, view_of(records.at(record)), expiry);
}

std::size_t block_bytes(const Records&, const char* record) { return outside_of<Outside>(record).capacity; }

void free_block(Records& records, char* record) {
  const auto& outside = outside_of<Outside>(record);
  records.count_freed(outside.capacity);
  records.heap().give_block(outside.data);
}

bool never_many(const Records&, const char*) { return false; }

void tell_string(const Records&, const char* record, const KeyChanges& to) {
  to.next().put_string(to.key, view_of(record), expiry_of(record));
}

std::uint64_t tell_string_piece(const Records&, const char* record, std::uint64_t at, std::size_t bytes,
                                const KeyChanges& to) {
  const std::string_view all = view_of(record);
  if (at >= all.size() && at != 0) return 0;
  const std::string_view piece = all.substr(at, bytes);
  if (at == 0) {
    to.next().put_string(to.key, piece, expiry_of(record));
  } else {
    to.next().write_string(to.key, at, piece, false);
  }
  return at + piece.size() < all.size() ? at + piece.size() : 0;
}

std::string_view content_of_string(const Records&, const char* record, std::string&) {
  return view_of(record);
}

Expiry expiry_at(std::int64_t unix_ms) { return unix_ms == kNoExpiry ? Expiry::none() : Expiry::at(unix_ms); }

bool unpack_string(Keyspace& keys, const KeyRef& key, std::string_view content, std::int64_t expires_unix_ms,
                   std::int64_t unix_ms) {
  put(keys, key, content, expiry_at(expires_unix_ms), unix_ms);
  return true;
}

void apply_to_string(Keyspace& keys, const KeyRef& key, const EffectView& effect) {
  if (effect.kind == Effect::write_string) {
    write(keys, key, effect.offset, effect.value, kBeforeAnyExpiry);
    return;
  }
  put(keys, key, effect.value, expiry_at(effect.expires_unix_ms), kBeforeAnyExpiry);
}

}  // namespace

const ValueType kType{
    .type = Type::string,
    .effects = kEffects,
    .make = make_empty,
    .move_outside = move_outside,
    .outside_bytes = block_bytes,
    .release = free_block,
    .has_many = never_many,
    .tell = tell_string,
    .tell_piece = tell_string_piece,
    .mark = 's',
    .content = content_of_string,
    .unpack = unpack_string,
    .apply = apply_to_string,
};

Handle make(Records& records, const Name& name, std::string_view value, std::int64_t expiry) {
  Shape shape{name, expiry, Type::string, false, value.size()};
  if (shape.bytes() > kRecordCellMax) {
    shape.outside = true;
    shape.inline_bytes = 0;
  }
  const Handle handle = records.build(shape);
  char* const record = records.at(handle);
  char* to = nullptr;
  if (shape.outside) {
    attach_outside(records, record, value.size());
    auto& outside = outside_of<Outside>(record);
    outside.size = static_cast<std::uint32_t>(value.size());
    to = outside.data;
  } else {
    to = inline_at(record);
  }
  if (!value.empty()) std::memcpy(to, value.data(), value.size());
  return handle;
}

Handle overwrite(Records& records, Handle handle, std::string_view value, std::int64_t expiry) {
  char* const record = records.at(handle);
  const unsigned flags = flags_of(record);
  const unsigned expiry_flag = expiry == kNoExpiry ? 0 : expiry > kExpiry6Max ? kExpiry8 : kExpiry6;
  if (type_of(record) != Type::string || (flags & (kExpiry6 | kExpiry8)) != expiry_flag) {
    return rebuild(records, handle, name_of(record), value, expiry);
  }
  if ((flags & kOutside) != 0) {
    auto& outside = outside_of<Outside>(record);
    // A value that fits inline again, or wastes half of its block, moves.
    if (value.size() > outside.capacity || value.size() <= kRecordCellMax ||
        value.size() < outside.capacity / 2) {
      return rebuild(records, handle, name_of(record), value, expiry);
    }
    std::memmove(outside.data, value.data(), value.size());
    outside.size = static_cast<std::uint32_t>(value.size());
  } else {
    char* const to = inline_at(record);
    const std::size_t bytes = static_cast<std::size_t>(to - record) + value.size();
    const std::size_t room = records.heap().room(handle);  // an inline value is never behind kIndirect
    if (bytes > room || bytes < room - room / 4) {
      return rebuild(records, handle, name_of(record), value, expiry);
    }
    if (!value.empty()) std::memmove(to, value.data(), value.size());
    set_inline_size(record, Type::string, value.size());
  }
  set_expiry_bytes(record, expiry);
  return handle;
}

// ---- Keys ----

void put(Keyspace& keys, const KeyRef& key, std::string_view value, Expiry expiry, std::int64_t unix_ms) {
  Records& records = keys.records();
  records.set_clock(unix_ms);
  Spot spot = keys.locate(key);
  if (expiry.kind == Expiry::Kind::at && expiry.unix_ms <= unix_ms) {
    if (spot.word == nullptr) return;
    if (keys.telling()) keys.telling().of(key).erase(key.key);
    return keys.detach(spot);
  }
  std::int64_t after = expiry.kind == Expiry::Kind::at ? expiry.unix_ms : kNoExpiry;
  if (spot.word == nullptr) {
    if (keys.telling()) keys.telling().of(key).put_string(key.key, value, after);
    return keys.attach(spot, make(records, name_of(key), value, after));
  }

  // An expired key is overwritten where it stands, not taken out first: the value may be its own.
  char* const record = keys.record_of(spot);
  const std::int64_t before = expiry_of(record);
  if (before != kNoExpiry && before <= unix_ms) {
    keys.counts().expired();
  } else if (expiry.kind == Expiry::Kind::keep) {
    after = before;
  }
  if (keys.telling()) keys.telling().of(key).put_string(key.key, value, after);
  set_seen(record, records.clock());
  keys.moved(spot, overwrite(records, handle_of(*spot.word), value, after));
  if (after != before) keys.change_expiry(spot, before, after);
}

std::size_t write(Keyspace& keys, const KeyRef& key, std::size_t offset, std::string_view bytes,
                  std::int64_t unix_ms) {
  Spot spot = keys.locate_live(key, unix_ms);
  if (keys.telling()) keys.telling().of(key).write_string(key.key, offset, bytes, spot.word == nullptr);
  keys.make_if_absent(spot, kType);
  keys.moved(spot, write_at(keys.records(), handle_of(*spot.word), offset, bytes));
  return view_of(keys.record_of(spot)).size();
}

}  // namespace limpet::store::strings
