// Keyspace: the tables of the slots and all that changes them.
//
// A slot's table holds a word for each session, by the hash of its uid: the record of its one key, or a wide
// cell with a table of its records. Every change goes through the few functions under "Changes" below, which
// keep the counts, the bounds of the time-outs and the account together. What a value is, the types know
// (values/); they find a key here, change its record, and say where it is from then on.
//
// Bounds. The due bits of a word, the bound of a segment, of a table, of the store: each is never later than
// what it stands for, and may be earlier. Writes only bring bounds down; the sweep alone, having looked,
// raises them.
#pragma once

#include <algorithm>
#include <bitset>
#include <limpet/store/store.hpp>
#include <span>
#include <vector>

#include "key_counts.hpp"
#include "records.hpp"
#include "telling.hpp"
#include "wide.hpp"

namespace limpet::store {

struct ValueType;

// Where a key stands, or would stand. The pointers are good until a table changes.
struct Spot {
  const KeyRef* key = nullptr;
  std::uint64_t uid_hash = 0;
  std::uint64_t key_hash = 0;  // only if the session is wide
  Word* session = nullptr;     // the uid's word in the slot's table, if it has one
  Wide* wide = nullptr;        // if the session is wide
  Word* word = nullptr;        // the key's word, in the slot's table or the session's
};

// The bounds of the whole store, for the sweep.
struct DueBounds {
  Coarse all = kNever;   // no time-out of the store is before
  Coarse pass = kNever;  // the same for the slots that the pass has behind it, and what came since
  void lower(Coarse due) {
    all = std::min(all, due);
    pass = std::min(pass, due);
  }
};

// The key as a record will hold it.
[[nodiscard]] Name name_of(const KeyRef& key);
[[nodiscard]] std::string_view uid_of_session(const Records& records, Handle session);

class Keyspace final : public Hasher {
 public:
  Keyspace(std::uint64_t seed, const ValueTypes& types);
  ~Keyspace();
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  // ---- Finding: as Store's calls of the same names ----
  void prefetch(std::span<KeyRef* const> keys) const;
  [[nodiscard]] Item find(const KeyRef& key, std::int64_t unix_ms);
  [[nodiscard]] Item peek(const KeyRef& key, std::int64_t unix_ms);

  [[nodiscard]] Spot locate(const KeyRef& key);
  // The same on behalf of a write: it counts as a use, and a key that has expired is taken out first.
  [[nodiscard]] Spot locate_live(const KeyRef& key, std::int64_t unix_ms);
  [[nodiscard]] char* record_of(const Spot& spot) { return records_.at(handle_of(*spot.word)); }

  // ---- Writing keys of any type: as Store's calls of the same names ----
  bool erase(const KeyRef& key, std::int64_t unix_ms);
  bool set_expiry(const KeyRef& key, std::int64_t expires_unix_ms, std::int64_t unix_ms);
  bool rename(const KeyRef& from, const KeyRef& to, std::int64_t unix_ms);
  void clear();
  void clear(Slot slot);
  void erase_session(Slot slot, std::string_view uid);
  // The same for a session that was found to make room.
  void evict_session(Slot slot, Handle session);

  // ---- Changes ----
  void attach(Spot& spot, Handle record);  // a new key
  // Makes an empty value of this type if there is none. REQUIRES: what is there is of this type.
  void make_if_absent(Spot& spot, const ValueType& type);
  void detach(Spot& spot);  // takes the key out and frees it
  void moved(Spot& spot, Handle record) { *spot.word = with_handle(*spot.word, record); }
  void change_expiry(Spot& spot, std::int64_t before, std::int64_t after);  // the record has it already
  // The sweep has found a key whose time-out has passed: by a hash in its segment, in its slot's table or its
  // session's.
  void take_expired(Slot slot, Table& table, std::uint64_t hash, Word* word, bool in_session);
  // A wide session that lost keys is no longer wide with one, and gone with none.
  void shrink_session(Table& table, std::uint64_t uid_hash, Word* session);

  // ---- What it is made of ----
  [[nodiscard]] Records& records() { return records_; }
  [[nodiscard]] const Records& records() const { return records_; }
  [[nodiscard]] Telling& telling() { return telling_; }
  [[nodiscard]] Table& table(Slot slot) { return tables_[slot]; }
  [[nodiscard]] const Table& table(Slot slot) const { return tables_[slot]; }
  [[nodiscard]] DueBounds& due() { return due_; }
  void suspend_reclaim(Slot slot, bool suspended) { reclaim_suspended_[slot] = suspended; }
  [[nodiscard]] bool may_reclaim(Slot slot) const { return !reclaim_suspended_[slot]; }
  [[nodiscard]] KeyCounts& counts() { return counts_; }
  [[nodiscard]] const StoreStats& stats();  // with the bytes as they are now

  // Of the uid of a session, for the slots' tables.
  std::uint64_t hash_of(Handle session) const override;

 private:
  [[nodiscard]] std::uint64_t uid_hash(std::string_view uid) const;
  [[nodiscard]] std::uint64_t uid_hash(const KeyRef& key) const;
  [[nodiscard, gnu::noinline]] Item find_in_run(const KeyRef& key, std::uint64_t hash, std::int64_t unix_ms,
                                                Table::Run run);
  [[gnu::noinline]] Item find_expired(const KeyRef& key);

  [[nodiscard]] Handle take_out(Spot& spot);
  void detach_expired(Spot& spot, Slot slot);
  void widen(Spot& spot);
  void lower_bounds(const Spot& spot, Coarse due);
  void drop_session(Slot slot, Handle session);
  void tell_rename(const KeyRef& from, const KeyRef& to, const char* record);

  const std::uint64_t seed_;
  Records records_;
  std::vector<Table> tables_;  // by slot
  Telling telling_;
  std::bitset<kSlots> reclaim_suspended_;
  KeyCounts counts_;
  DueBounds due_;
};

}  // namespace limpet::store
