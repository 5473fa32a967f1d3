#include "impl.hpp"

#include <algorithm>
#include <array>
#include <limpet/base/assert.hpp>
#include <new>

#include "hashing.hpp"

namespace limpet::store {

namespace {

// Keys and uids are often the same bytes; their hashes must not be.
constexpr std::uint64_t kNameSeed = 0x9e3779b97f4a7c15;
constexpr std::size_t kCacheLine = 64;

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

}  // namespace

Store::Impl::Impl(std::uint64_t seed)
    : seed_(seed),
      records_(seed + kNameSeed),
      tables_(kSlots),
      keys_(kSlots),
      random_state_(seed ^ kNameSeed) {}

Store::Impl::~Impl() {
  sink_ = nullptr;
  clear();
}

const StoreStats& Store::Impl::stats() {
  stats_.bytes = records_.heap().bytes();
  return stats_;
}

// ---- Finding ----

std::uint64_t Store::Impl::uid_hash(std::string_view uid) const { return hash_of_bytes(uid, seed_); }

std::uint64_t Store::Impl::hash_of(Handle session) const {
  if (is_wide(records_.heap(), session)) return wide_at(records_.heap(), session).uid_hash;
  return uid_hash(uid_in(records_.at(session)));
}

std::uint64_t Store::Impl::uid_hash(const KeyRef& key) const {
  return key.hash != 0 ? key.hash : uid_hash(key.uid);
}

void Store::Impl::look_ahead(std::span<KeyRef* const> keys) const {
  LIMPET_ASSERT(keys.size() <= kLookAheadMax);
  const Heap& heap = records_.heap();
  for (KeyRef* const key : keys) {
    key->hash = uid_hash(key->uid);
    __builtin_prefetch(&tables_[key->slot]);
  }
  std::array<Table::Window, kLookAheadMax> windows;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    windows[i] = tables_[keys[i]->slot].window_of(heap, keys[i]->hash);
    __builtin_prefetch(windows[i].guess());
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Table::Run run = windows[i].run();
    if (!run.more()) continue;
    keys[i]->word = run.at;
    keys[i]->as_of = heap.moves();
    const char* const cell = heap.at(handle_of(*run.at));
    __builtin_prefetch(cell);
    __builtin_prefetch(cell + kCacheLine);
  }
}

// For writing.
Store::Impl::Spot Store::Impl::locate(const KeyRef& key) {
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

Store::Impl::Spot Store::Impl::locate_live(const KeyRef& key, std::int64_t unix_ms) {
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
Item Store::Impl::find(const KeyRef& key, std::int64_t unix_ms) {
  const Heap& heap = records_.heap();
  if (key.word != nullptr && key.as_of == heap.moves()) {
    // Looked ahead for, and no word has moved since.
    char* const cell = heap.at(handle_of(*static_cast<const Word*>(key.word)));
    if (plainly_holds(cell, key.key) && !expired(cell, unix_ms)) {
      set_seen(cell, seen_clock(unix_ms));
      return {&records_, cell};
    }
  }
  const std::uint64_t hash = uid_hash(key);
  for (Table::Run run = tables_[key.slot].run_of(heap, hash); run.more(); ++run.at) {
    char* const cell = heap.at(handle_of(*run.at));
    if (plainly_holds(cell, key.key)) {
      if (expired(cell, unix_ms)) return find_expired(key);
      set_seen(cell, seen_clock(unix_ms));
      return {&records_, cell};
    }
    if (!is_plain(cell)) return find_in_run(key, hash, unix_ms, run);
  }
  return {};
}

// The rest of a run in which there are not plain records alone.
Item Store::Impl::find_in_run(const KeyRef& key, std::uint64_t hash, std::int64_t unix_ms, Table::Run run) {
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
    return {&records_, record};
  }
  return {};
}

Item Store::Impl::find_expired(const KeyRef& key) {
  Spot spot = locate(key);
  detach_expired(spot, key.slot);
  return {};
}

Item Store::Impl::peek(const KeyRef& key, std::int64_t unix_ms) {
  const Spot spot = locate(key);
  if (spot.word == nullptr || expired(record_of(spot), unix_ms)) return {};
  return {&records_, record_of(spot)};
}

// ---- Writing ----

void Store::Impl::put_string(const KeyRef& key, std::string_view value, Expiry expiry, std::int64_t unix_ms) {
  records_.set_clock(unix_ms);
  Spot spot = locate(key);
  if (expiry.kind == Expiry::Kind::at && expiry.unix_ms <= unix_ms) {
    if (spot.word == nullptr) return;
    if (sink_ != nullptr) change_of(key).erase(key.key);
    return detach(spot);
  }
  std::int64_t after = expiry.kind == Expiry::Kind::at ? expiry.unix_ms : kNoExpiry;
  if (spot.word == nullptr) {
    if (sink_ != nullptr) change_of(key).put_string(key.key, value, after);
    return attach(spot, records_.make_string(name_of(key), value, after));
  }

  // An expired key is overwritten where it stands, not taken out first: the value may be its own.
  const std::int64_t before = expiry_of(record_of(spot));
  if (before != kNoExpiry && before <= unix_ms) {
    ++stats_.expired_total;
  } else if (expiry.kind == Expiry::Kind::keep) {
    after = before;
  }
  if (sink_ != nullptr) change_of(key).put_string(key.key, value, after);
  set_seen(record_of(spot), records_.clock());
  rename_record(spot, records_.put_string(handle_of(*spot.word), value, after));
  if (after != before) change_expiry(spot, before, after);
}

std::size_t Store::Impl::write_string(const KeyRef& key, std::size_t offset, std::string_view bytes,
                                      std::int64_t unix_ms) {
  Spot spot = locate_live(key, unix_ms);
  if (sink_ != nullptr) change_of(key).write_string(key.key, offset, bytes, spot.word == nullptr);
  if (spot.word == nullptr) attach(spot, records_.make_string(name_of(key), {}, kNoExpiry));
  LIMPET_ASSERT(!is_hash(record_of(spot)));
  rename_record(spot, records_.write_string(handle_of(*spot.word), offset, bytes));
  return string_of(record_of(spot)).size();
}

bool Store::Impl::put_field(const KeyRef& key, std::string_view name, std::string_view value,
                            std::int64_t unix_ms) {
  Spot spot = locate_live(key, unix_ms);
  if (sink_ != nullptr) change_of(key).put_field(key.key, name, value, spot.word == nullptr);
  if (spot.word == nullptr) attach(spot, records_.make_hash(name_of(key), kNoExpiry));
  LIMPET_ASSERT(is_hash(record_of(spot)));
  bool added = false;
  rename_record(spot, records_.put_field(handle_of(*spot.word), name, value, added));
  return added;
}

bool Store::Impl::erase_field(const KeyRef& key, std::string_view name, std::int64_t unix_ms) {
  Spot spot = locate_live(key, unix_ms);
  if (spot.word == nullptr) return false;
  LIMPET_ASSERT(is_hash(record_of(spot)));
  bool erased = false;
  rename_record(spot, records_.erase_field(handle_of(*spot.word), name, erased));
  if (erased && sink_ != nullptr) change_of(key).erase_field(key.key, name);
  const char* const record = record_of(spot);
  const bool empty = encoding_of(record) == Encoding::hash_outside ? outside_table(record).count() == 0
                                                                   : inline_size(record) == 0;
  if (erased && empty) detach(spot);
  return erased;
}

bool Store::Impl::erase(const KeyRef& key, std::int64_t unix_ms) {
  Spot spot = locate(key);
  if (spot.word == nullptr) return false;
  const bool live = !expired(record_of(spot), unix_ms);
  if (live && sink_ != nullptr) change_of(key).erase(key.key);
  live ? detach(spot) : detach_expired(spot, key.slot);
  return live;
}

bool Store::Impl::set_expiry(const KeyRef& key, std::int64_t expires_unix_ms, std::int64_t unix_ms) {
  Spot spot = locate(key);
  if (spot.word == nullptr) return false;
  const std::int64_t before = expiry_of(record_of(spot));
  if (before != kNoExpiry && before <= unix_ms) {
    detach_expired(spot, key.slot);
    return false;
  }
  if (expires_unix_ms != kNoExpiry && expires_unix_ms <= unix_ms) {
    if (sink_ != nullptr) change_of(key).erase(key.key);
    detach(spot);
    return true;
  }
  records_.set_clock(unix_ms);
  set_seen(record_of(spot), records_.clock());
  if (expires_unix_ms == before) return true;
  if (sink_ != nullptr) change_of(key).set_expiry(key.key, expires_unix_ms);
  rename_record(spot, records_.set_expiry(handle_of(*spot.word), expires_unix_ms));
  change_expiry(spot, before, expires_unix_ms);
  return true;
}

bool Store::Impl::rename(const KeyRef& from, const KeyRef& to, std::int64_t unix_ms) {
  if (locate_live(from, unix_ms).word == nullptr) return false;
  if (from.key == to.key) return true;
  if (sink_ != nullptr) tell_rename(from, to, record_of(locate(from)));
  if (Spot replaced = locate(to); replaced.word != nullptr) detach(replaced);
  Spot source = locate(from);
  const Handle record = records_.rename(take_out(source), name_of(to));
  Spot spot = locate(to);
  attach(spot, record);
  return true;
}

// Where a copy is under way, or it is not one slot's matter alone, as what is there afterwards: first under
// the new name, so that it is never under none.
void Store::Impl::tell_rename(const KeyRef& from, const KeyRef& to, const char* record) {
  if (copies_ == 0 && from.slot == to.slot) return change_of(from).rename(from.key, to.key);
  tell_item(*sink_, to.slot, to.key, Item(&records_, record));
  change_of(from).erase(from.key);
}

void Store::Impl::clear() {
  for (unsigned slot = 0; sink_ != nullptr && slot < kSlots; ++slot) {
    if (keys_[slot] != 0) sink_->change_of(static_cast<Slot>(slot)).clear();
  }
  records_.heap().note_move();
  for (Table& table : tables_) {
    records_.entomb(table);
    table = Table{};
  }
  std::fill(keys_.begin(), keys_.end(), 0);
  stats_.sessions = stats_.keys = stats_.expiring_keys = 0;
  due_ = pass_due_ = kNever;
  sweep_slot_ = 0;
  sweep_position_ = 0;
}

// ---- Changes ----

void Store::Impl::count_expiry(std::int64_t before, std::int64_t after) {
  if (before != kNoExpiry) --stats_.expiring_keys;
  if (after != kNoExpiry) ++stats_.expiring_keys;
}

void Store::Impl::lower_bounds(const Spot& spot, Coarse due) {
  if (due == kNever) return;
  if (spot.wide != nullptr) {
    spot.wide->keys.lower_due(spot.key_hash, due);
    *spot.session = with_due(*spot.session, spot.wide->keys.due());
  }
  tables_[spot.key->slot].lower_due(spot.uid_hash, due);
  due_ = std::min(due_, due);
  pass_due_ = std::min(pass_due_, due);
}

void Store::Impl::change_expiry(Spot& spot, std::int64_t before, std::int64_t after) {
  count_expiry(before, after);
  const Coarse due = coarse_due(after);
  *spot.word = with_due(*spot.word, due);
  lower_bounds(spot, due);
}

// The one key of a session gets company.
void Store::Impl::widen(Spot& spot) {
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

void Store::Impl::attach(Spot& spot, Handle record) {
  Heap& heap = records_.heap();
  const std::int64_t expiry = expiry_of(records_.at(record));
  const Coarse due = coarse_due(expiry);
  if (spot.session == nullptr) {
    spot.session = spot.word = tables_[spot.key->slot].insert(heap, spot.uid_hash, record, due, *this);
    ++stats_.sessions;
  } else {
    if (spot.wide == nullptr) widen(spot);
    spot.word = spot.wide->keys.insert(heap, spot.key_hash, record, due, records_);
  }
  lower_bounds(spot, due);
  ++stats_.keys;
  ++keys_[spot.key->slot];
  count_expiry(kNoExpiry, expiry);
}

// Takes the key out of its tables; the record is the caller's now.
Handle Store::Impl::take_out(Spot& spot) {
  Heap& heap = records_.heap();
  Table& table = tables_[spot.key->slot];
  const Handle record = handle_of(*spot.word);
  --stats_.keys;
  --keys_[spot.key->slot];
  count_expiry(expiry_of(records_.at(record)), kNoExpiry);
  if (spot.wide != nullptr) {
    spot.wide->keys.erase(heap, spot.key_hash, spot.word);
    settle(table, spot.uid_hash, spot.session);
  } else {
    table.erase(heap, spot.uid_hash, spot.word);
    --stats_.sessions;
  }
  return record;
}

void Store::Impl::detach(Spot& spot) {
  const Handle record = take_out(spot);
  records_.drop(record);  // last: the key that the caller named may point into it
}

void Store::Impl::detach_expired(Spot& spot, Slot slot) {
  tell_expired(slot, record_of(spot));
  ++stats_.expired_total;
  detach(spot);
}

// A copy that is being made may have a part of the key, or have it still to come.
void Store::Impl::tell_expired(Slot slot, const char* record) {
  if (copies_ > 0 && sink_ != nullptr) sink_->change_of(slot).erase(key_of(record));
}

// A wide session that lost keys is no longer wide with one, and gone with none.
void Store::Impl::settle(Table& table, std::uint64_t hash, Word* session) {
  Heap& heap = records_.heap();
  const Handle cell = handle_of(*session);
  Table& keys = wide_at(heap, cell).keys;
  if (keys.count() > 1) return;
  if (keys.count() == 0) {
    table.erase(heap, hash, session);
    --stats_.sessions;
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
