// Store::Impl: the tables of the slots and all that changes them.
//
// A slot's table holds a word for each session, by the hash of its uid: the record of its one key, or a wide
// cell with a table of its records. Every change goes through the few functions under "Changes" below, which
// keep the counts, the bounds of the time-outs and the account together.
//
// Bounds. The due bits of a word, the bound of a segment, of a table, of the store: each is never later than
// what it stands for, and may be earlier. Writes only bring bounds down; the sweep alone, having looked,
// raises them.
#pragma once

#include <bitset>
#include <limpet/store/store.hpp>
#include <vector>

#include "records.hpp"
#include "wide.hpp"

namespace limpet::store {

class Store::Impl final : public Hasher {
 public:
  explicit Impl(std::uint64_t seed);
  ~Impl();

  void look_ahead(std::span<KeyRef* const> keys) const;
  [[nodiscard]] Item find(const KeyRef& key, std::int64_t unix_ms);
  [[nodiscard]] Item peek(const KeyRef& key, std::int64_t unix_ms);
  void put_string(const KeyRef& key, std::string_view value, Expiry expiry, std::int64_t unix_ms);
  std::size_t write_string(const KeyRef& key, std::size_t offset, std::string_view bytes,
                           std::int64_t unix_ms);
  bool put_field(const KeyRef& key, std::string_view name, std::string_view value, std::int64_t unix_ms);
  bool erase_field(const KeyRef& key, std::string_view name, std::int64_t unix_ms);
  bool erase(const KeyRef& key, std::int64_t unix_ms);
  bool set_expiry(const KeyRef& key, std::int64_t expires_unix_ms, std::int64_t unix_ms);
  bool rename(const KeyRef& from, const KeyRef& to, std::int64_t unix_ms);
  bool evict(std::uint64_t bytes_max, std::size_t sessions_max, std::int64_t unix_ms);
  void clear();
  void clear(Slot slot);
  void erase_session(Slot slot, std::string_view uid);
  void set_sink(ChangeSink* sink) { sink_ = sink; }
  void copying(bool begins) { copies_ += begins ? 1 : -1; }
  void set_aside(Slot slot, bool aside) { aside_[slot] = aside; }
  void set_clock(std::int64_t unix_ms) { records_.set_clock(unix_ms); }
  std::uint64_t scan(Slot slot, std::uint64_t position, std::size_t count, std::int64_t unix_ms,
                     const std::function<void(const Item&)>& visit);
  [[nodiscard]] std::uint64_t seed_mark() const;
  [[nodiscard]] std::uint64_t keys_in(Slot slot) const { return keys_[slot]; }
  [[nodiscard]] std::uint64_t sessions_in(Slot slot) const { return tables_[slot].count(); }
  std::size_t reclaim(std::int64_t unix_ms, std::size_t steps_max);
  [[nodiscard]] const StoreStats& stats();

  // Of the uid of a session, for the slots' tables.
  std::uint64_t hash_of(Handle session) const override;

 private:
  // Where a key stands, or would stand. The pointers are good until a table changes.
  struct Spot {
    const KeyRef* key = nullptr;
    std::uint64_t uid_hash = 0;
    std::uint64_t key_hash = 0;  // only if the session is wide
    Word* session = nullptr;     // the uid's word in the slot's table, if it has one
    Wide* wide = nullptr;        // if the session is wide
    Word* word = nullptr;        // the key's word, in the slot's table or the session's
  };

  // ---- Finding ----
  [[nodiscard]] std::uint64_t uid_hash(std::string_view uid) const;
  [[nodiscard]] std::uint64_t uid_hash(const KeyRef& key) const;
  [[nodiscard]] Spot locate(const KeyRef& key);
  // The same on behalf of a write: it counts as a use, and a key that has expired is taken out first.
  [[nodiscard]] Spot locate_live(const KeyRef& key, std::int64_t unix_ms);
  [[nodiscard, gnu::noinline]] Item find_in_run(const KeyRef& key, std::uint64_t hash, std::int64_t unix_ms,
                                                Table::Run run);
  [[gnu::noinline]] Item find_expired(const KeyRef& key);
  [[nodiscard]] char* record_of(const Spot& spot) { return records_.at(handle_of(*spot.word)); }

  // ---- Changes ----
  void attach(Spot& spot, Handle record);  // a new key
  [[nodiscard]] Handle take_out(Spot& spot);
  void detach(Spot& spot);  // takes the key out and frees it
  void detach_expired(Spot& spot, Slot slot);
  void rename_record(Spot& spot, Handle record) { *spot.word = with_handle(*spot.word, record); }
  void change_expiry(Spot& spot, std::int64_t before, std::int64_t after);  // the record has it already
  void widen(Spot& spot);
  void settle(Table& table, std::uint64_t uid_hash, Word* session);
  void lower_bounds(const Spot& spot, Coarse due);
  void count_expiry(std::int64_t before, std::int64_t after);

  // ---- Whole sessions ----
  struct Counts {
    std::uint32_t keys = 0;
    std::uint32_t expiring = 0;
  };
  [[nodiscard]] Counts count_keys(Word session) const;
  [[nodiscard]] std::string_view uid_of_session(Handle session) const;
  void drop_session(Slot slot, Handle session);

  // ---- Telling of changes ----
  // Where an effect on this key goes. REQUIRES: sink_.
  [[nodiscard]] EffectWriter& change_of(const KeyRef& key) { return sink_->change_of(key.slot); }
  void tell_expired(Slot slot, const char* record);
  void tell_rename(const KeyRef& from, const KeyRef& to, const char* record);

  // ---- Sweeping ----
  struct Sweep;
  bool sweep_table(Sweep& sweep, Table& table, std::uint64_t& position, bool inner);
  bool sweep_segment(Sweep& sweep, Table& table, std::uint64_t position, bool inner);
  bool sweep_word(Sweep& sweep, Table& table, std::uint64_t position, Word* word, bool inner, Coarse& bound);
  bool sweep_wide(Sweep& sweep, Table& table, std::uint64_t position, Word* word, Coarse& bound);

  // ---- Evicting ----
  struct Candidate;
  void look_for_idle(Candidate& best);
  void look_at_slot(Candidate& best, Slot slot);
  void consider(Candidate& best, Slot slot, const Word* word);
  [[nodiscard]] bool evictable(Handle session, std::uint32_t& idle) const;
  std::uint64_t random();

  // ---- Scanning ----
  struct Walk;
  bool walk_segment(Walk& walk, const Segment& segment);
  bool walk_deep_group(Walk& walk, const Table& table, const Segment& first);
  template <class EachWord>
  bool walk_group(Walk& walk, EachWord each_word);
  void walk_range(Walk& walk, Word word, std::uint32_t key_from, std::uint32_t key_to);
  void walk_keys(Walk& walk, const Table& keys, std::uint32_t key_from, std::uint32_t key_to);
  void walk_record(Walk& walk, Handle record);

  const std::uint64_t seed_;
  Records records_;
  std::vector<Table> tables_;        // by slot
  std::vector<std::uint32_t> keys_;  // by slot
  ChangeSink* sink_ = nullptr;
  int copies_ = 0;             // that somebody makes
  std::bitset<kSlots> aside_;  // slots that are not whole yet
  StoreStats stats_;
  std::uint64_t random_state_;
  Slot evict_slot_ = 0;

  // The pass of the sweep that is under way.
  Slot sweep_slot_ = 0;
  std::uint64_t sweep_position_ = 0;  // in the slot's table
  Coarse due_ = kNever;               // no time-out of the store is before
  Coarse pass_due_ = kNever;  // the same for the slots that the pass has behind it, and what came since
};

}  // namespace limpet::store
