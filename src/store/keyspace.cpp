#include "keyspace.hpp"

#include <algorithm>
#include <array>
#include <limpet/base/assert.hpp>
#include <new>

#include "hashing.hpp"
#include "values/value_type.hpp"

namespace limpet::store {

namespace {

// Keys and uids are often the same bytes; their hashes must not be.
constexpr std::uint64_t kNameSeed = 0x9e3779b97f4a7c15;
constexpr std::size_t kCacheLine = 64;

}  // namespace

Name name_of(const KeyRef& key) {
  Name name{.key = key.key};
  if (key.uid.size() == key.key.size()) return name;
  const auto offset =
      reinterpret_cast<std::uintptr_t>(key.uid.data()) - reinterpret_cast<std::uintptr_t>(key.key.data());
  LIMPET_ASSERT(offset <= key.key.size() && key.uid.size() <= key.key.size() - offset);
  name.uid_offset = static_cast<std::uint32_t>(offset);
  name.uid_size = static_cast<std::uint32_t>(key.uid.size());
  name.uid_part = true;
  return name;
}

Keyspace::Keyspace(std::uint64_t seed, const ValueTypes& types)
    : seed_(seed), records_(seed + kNameSeed, types), tables_(kSlots) {}

Keyspace::~Keyspace() {
  telling_.set_sink(nullptr);
  clear();
}

const StoreStats& Keyspace::stats() {
  counts_.set_bytes(records_.heap().bytes());
  return counts_.totals();
}

// ---- Finding ----

std::uint64_t Keyspace::uid_hash(std::string_view uid) const { return hash_of_bytes(uid, seed_); }

std::uint64_t Keyspace::hash_of(Handle session) const {
  if (is_wide(records_.heap(), session)) return wide_at(records_.heap(), session).uid_hash;
  return uid_hash(uid_in(records_.at(session)));
}

std::uint64_t Keyspace::uid_hash(const KeyRef& key) const {
  return key.prefetched.hash != 0 ? key.prefetched.hash : uid_hash(key.uid);
}

void Keyspace::prefetch(std::span<KeyRef* const> keys) const {
  LIMPET_ASSERT(keys.size() <= kLookAheadMax);
  const Heap& heap = records_.heap();
  for (KeyRef* const key : keys) {
    key->prefetched.hash = uid_hash(key->uid);
    __builtin_prefetch(&tables_[key->slot]);
  }
  std::array<Table::Window, kLookAheadMax> windows;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    windows[i] = tables_[keys[i]->slot].window_of(heap, keys[i]->prefetched.hash);
    __builtin_prefetch(windows[i].guess());
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Table::Run run = windows[i].run();
    if (!run.more()) continue;
    keys[i]->prefetched.word = run.at;
    keys[i]->prefetched.as_of = heap.moves();
    const char* const cell = heap.at(handle_of(*run.at));
    __builtin_prefetch(cell);
    __builtin_prefetch(cell + kCacheLine);
  }
}

// For writing.
Spot Keyspace::locate(const KeyRef& key) {
  const Heap& heap = records_.heap();
  Spot spot{.key = &key, .uid_hash = uid_hash(key)};
  spot.session = tables_[key.slot].find(heap, spot.uid_hash, [&](Word& word) {
    if (is_wide(heap, handle_of(word))) {
      Wide& wide = wide_at(heap, handle_of(word));
      if (wide.uid_hash != spot.uid_hash) return false;
      spot.wide = &wide;
      return true;
    }
    const char* const record = records_.at(handle_of(word));
    if (key_of(record) == key.key) {
      spot.word = &word;
      return true;
    }
    return uid_in(record) == key.uid;
  });
  if (spot.wide != nullptr) {
    spot.key_hash = records_.name_hash(key.key);
    spot.word = spot.wide->keys.find(
        heap, spot.key_hash, [&](Word word) { return key_of(records_.at(handle_of(word))) == key.key; });
  }
  return spot;
}

Spot Keyspace::locate_live(const KeyRef& key, std::int64_t unix_ms) {
  records_.set_clock(unix_ms);
  Spot spot = locate(key);
  if (spot.word == nullptr) return spot;
  if (!expired(record_of(spot), unix_ms)) {
    set_seen(record_of(spot), records_.clock());
    return spot;
  }
  detach_expired(spot, key.slot);
  return locate(key);
}

// The hottest path of a node: for a key alone in its session it calls nothing but the hash.
Item Keyspace::find(const KeyRef& key, std::int64_t unix_ms) {
  const Heap& heap = records_.heap();
  const Prefetched& ahead = key.prefetched;
  if (ahead.word != nullptr && ahead.as_of == heap.moves()) {
    // Looked ahead for, and no word has moved since.
    char* const cell = heap.at(handle_of(*ahead.word));
    if (plainly_holds(cell, key.key) && !expired(cell, unix_ms)) {
      set_seen(cell, seen_clock(unix_ms));
      return {records_, cell};
    }
  }
  const std::uint64_t hash = uid_hash(key);
  for (Table::Run run = tables_[key.slot].run_of(heap, hash); run.more(); ++run.at) {
    char* const cell = heap.at(handle_of(*run.at));
    if (plainly_holds(cell, key.key)) {
      if (expired(cell, unix_ms)) return find_expired(key);
      set_seen(cell, seen_clock(unix_ms));
      return {records_, cell};
    }
    if (!is_plain(cell)) return find_in_run(key, hash, unix_ms, run);
  }
  return {};
}

// The rest of a run in which there are not plain records alone.
Item Keyspace::find_in_run(const KeyRef& key, std::uint64_t hash, std::int64_t unix_ms, Table::Run run) {
  const Heap& heap = records_.heap();
  const auto holds = [&](Word word) { return key_of(records_.at(handle_of(word))) == key.key; };
  for (; run.more(); ++run.at) {
    const Word* word = run.at;
    if (is_wide(heap, handle_of(*word))) {
      const Wide& wide = wide_at(heap, handle_of(*word));
      if (wide.uid_hash != hash) continue;
      word = wide.keys.find(heap, records_.name_hash(key.key), holds);
      if (word == nullptr) return {};
    } else if (!holds(*word)) {
      continue;
    }
    char* const record = records_.at(handle_of(*word));
    if (expired(record, unix_ms)) return find_expired(key);
    set_seen(record, seen_clock(unix_ms));
    return {records_, record};
  }
  return {};
}

Item Keyspace::find_expired(const KeyRef& key) {
  Spot spot = locate(key);
  detach_expired(spot, key.slot);
  return {};
}

Item Keyspace::peek(const KeyRef& key, std::int64_t unix_ms) {
  const Spot spot = locate(key);
  if (spot.word == nullptr || expired(record_of(spot), unix_ms)) return {};
  return {records_, record_of(spot)};
}

// ---- Writing ----

bool Keyspace::erase(const KeyRef& key, std::int64_t unix_ms) {
  Spot spot = locate(key);
  if (spot.word == nullptr) return false;
  const bool live = !expired(record_of(spot), unix_ms);
  if (live && telling_) telling_.of(key).erase(key.key);
  live ? detach(spot) : detach_expired(spot, key.slot);
  return live;
}

bool Keyspace::set_expiry(const KeyRef& key, std::int64_t expires_unix_ms, std::int64_t unix_ms) {
  Spot spot = locate(key);
  if (spot.word == nullptr) return false;
  const std::int64_t before = expiry_of(record_of(spot));
  if (before != kNoExpiry && before <= unix_ms) {
    detach_expired(spot, key.slot);
    return false;
  }
  if (expires_unix_ms != kNoExpiry && expires_unix_ms <= unix_ms) {
    if (telling_) telling_.of(key).erase(key.key);
    detach(spot);
    return true;
  }
  records_.set_clock(unix_ms);
  set_seen(record_of(spot), records_.clock());
  if (expires_unix_ms == before) return true;
  if (telling_) telling_.of(key).set_expiry(key.key, expires_unix_ms);
  moved(spot, records_.set_expiry(handle_of(*spot.word), expires_unix_ms));
  change_expiry(spot, before, expires_unix_ms);
  return true;
}

bool Keyspace::rename(const KeyRef& from, const KeyRef& to, std::int64_t unix_ms) {
  if (locate_live(from, unix_ms).word == nullptr) return false;
  if (from.key == to.key) return true;
  if (telling_) tell_rename(from, to, record_of(locate(from)));
  if (Spot replaced = locate(to); replaced.word != nullptr) detach(replaced);
  Spot source = locate(from);
  const Handle record = records_.rename(take_out(source), name_of(to));
  Spot spot = locate(to);
  attach(spot, record);
  return true;
}

// Where a copy is under way, or it is not one slot's matter alone, as what is there afterwards: first under
// the new name, so that it is never under none.
void Keyspace::tell_rename(const KeyRef& from, const KeyRef& to, const char* record) {
  if (!telling_.copied() && from.slot == to.slot) return telling_.of(from).rename(from.key, to.key);
  records_.types().of(record).tell(records_, record, {telling_.sink(), to.slot, to.key});
  telling_.of(from).erase(from.key);
}

void Keyspace::clear() {
  for (unsigned slot = 0; telling_ && slot < kSlots; ++slot) {
    if (counts_.keys_in(static_cast<Slot>(slot)) != 0) telling_.of(static_cast<Slot>(slot)).clear();
  }
  records_.heap().note_move();
  for (Table& table : tables_) {
    records_.entomb(table);
    table = Table{};
  }
  counts_.all_gone();
  due_ = {};
}

// ---- Changes ----

void Keyspace::lower_bounds(const Spot& spot, Coarse due) {
  if (due == kNever) return;
  if (spot.wide != nullptr) {
    spot.wide->keys.lower_due(spot.key_hash, due);
    *spot.session = with_due(*spot.session, spot.wide->keys.due());
  }
  tables_[spot.key->slot].lower_due(spot.uid_hash, due);
  due_.lower(due);
}

void Keyspace::change_expiry(Spot& spot, std::int64_t before, std::int64_t after) {
  counts_.expiry_changed(before, after);
  const Coarse due = coarse_due(after);
  *spot.word = with_due(*spot.word, due);
  lower_bounds(spot, due);
}

// The one key of a session gets company.
void Keyspace::widen(Spot& spot) {
  Heap& heap = records_.heap();
  const Handle only = handle_of(*spot.session);
  const Coarse due = coarse_due(expiry_of(records_.at(only)));
  const Handle cell = heap.take(sizeof(Wide));
  spot.wide = new (heap.at(cell)) Wide;
  spot.wide->uid_hash = spot.uid_hash;
  spot.wide->keys.insert(heap, records_.hash_of(only), only, due, records_);
  *spot.session = with_handle(*spot.session, cell);
  spot.key_hash = records_.name_hash(spot.key->key);
}

void Keyspace::attach(Spot& spot, Handle record) {
  Heap& heap = records_.heap();
  const std::int64_t expiry = expiry_of(records_.at(record));
  const Coarse due = coarse_due(expiry);
  if (spot.session == nullptr) {
    spot.session = spot.word = tables_[spot.key->slot].insert(heap, spot.uid_hash, record, due, *this);
    counts_.session_added();
  } else {
    if (spot.wide == nullptr) widen(spot);
    spot.word = spot.wide->keys.insert(heap, spot.key_hash, record, due, records_);
  }
  lower_bounds(spot, due);
  counts_.key_added(spot.key->slot, expiry);
}

void Keyspace::make_if_absent(Spot& spot, const ValueType& type) {
  if (spot.word == nullptr) attach(spot, type.make(records_, name_of(*spot.key), kNoExpiry));
  LIMPET_ASSERT(type_of(record_of(spot)) == type.type);
}

// Takes the key out of its tables; the record is the caller's now.
Handle Keyspace::take_out(Spot& spot) {
  Heap& heap = records_.heap();
  Table& table = tables_[spot.key->slot];
  const Handle record = handle_of(*spot.word);
  counts_.key_gone(spot.key->slot, expiry_of(records_.at(record)));
  if (spot.wide != nullptr) {
    spot.wide->keys.erase(heap, spot.key_hash, spot.word);
    shrink_session(table, spot.uid_hash, spot.session);
  } else {
    table.erase(heap, spot.uid_hash, spot.word);
    counts_.session_gone();
  }
  return record;
}

void Keyspace::detach(Spot& spot) {
  const Handle record = take_out(spot);
  records_.drop(record);  // last: the key that the caller named may point into it
}

void Keyspace::detach_expired(Spot& spot, Slot slot) {
  telling_.expired(slot, key_of(record_of(spot)));
  counts_.expired();
  detach(spot);
}

void Keyspace::take_expired(Slot slot, Table& table, std::uint64_t hash, Word* word, bool in_session) {
  const Handle handle = handle_of(*word);
  const char* const record = records_.at(handle);
  telling_.expired(slot, key_of(record));
  table.erase(records_.heap(), hash, word);
  if (!in_session) counts_.session_gone();
  counts_.key_gone(slot, expiry_of(record));
  counts_.expired();
  records_.drop(handle);
}

void Keyspace::shrink_session(Table& table, std::uint64_t hash, Word* session) {
  Heap& heap = records_.heap();
  const Handle cell = handle_of(*session);
  Table& keys = wide_at(heap, cell).keys;
  if (keys.count() > 1) return;
  if (keys.count() == 0) {
    table.erase(heap, hash, session);
    counts_.session_gone();
  } else {
    Segment segment = keys.segment_at(heap, 0);
    while (segment.count == 0) segment = keys.segment_at(heap, segment.last + 1);
    const Word only = *segment.words;
    const Coarse due = coarse_due(expiry_of(records_.at(handle_of(only))));
    keys.erase(heap, segment.first, segment.words);
    *session = with_due(with_handle(*session, handle_of(only)), due);
  }
  heap.give(cell);
}

}  // namespace limpet::store
