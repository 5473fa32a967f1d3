// Store: one shard's sessions, a table for each slot, with values, time-outs and an account of the memory
// they take.
//
// Owned by one shard and touched by its thread alone. It reads no clock: `unix_ms` comes in with every call
// that needs it, and a key whose time-out has passed counts as absent from that very millisecond, whether its
// memory has been reclaimed or not.
//
// Writes are absolute effects (a value, bytes at an offset, a field, an expiry, a deletion), never commands.
// A sink is told of each (change.hpp), and what a journal, a follower or a new owner replays are these same
// calls.
//
// Views. A KeyRef may point into the store (a key that scan() showed), and so may the value of put_string().
// The bytes of write_string() and the field names and values of put_field() and erase_field() must not: copy
// them before. KeyRef::uid is a part of KeyRef::key.
//
// Time. No call does more work than its own value asks for: tables grow a piece at a time, and what is large
// to free (a hash of many fields, everything after clear()) is taken out at once and freed by reclaim().
// Copying one large string is the one thing that takes as long as its bytes take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limpet/base/limits.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/item.hpp>
#include <memory>
#include <span>
#include <string_view>

namespace limpet::store {

class Keyspace;
class ValueTypes;

// How many bits the positions of scan() take, and seed_mark().
inline constexpr unsigned kScanPositionBits = 23;
inline constexpr unsigned kSeedMarkBits = 16;

struct StoreStats {
  std::uint64_t sessions = 0;  // uids that have at least one key
  std::uint64_t keys = 0;
  std::uint64_t expiring_keys = 0;  // keys with a time-out
  std::uint64_t bytes = 0;          // what the sessions take, tables and allocator's rounding included
  std::uint64_t expired_total = 0;  // keys whose time-out passed, since the start
  std::uint64_t evicted_total = 0;  // keys that evict() took out, since the start
};

// What a write does to the time-out of its key.
struct Expiry {
  enum class Kind : std::uint8_t { keep, none, at };
  Kind kind = Kind::none;
  std::int64_t unix_ms = 0;

  [[nodiscard]] static Expiry keep() { return {Kind::keep, 0}; }
  [[nodiscard]] static Expiry none() { return {Kind::none, 0}; }
  [[nodiscard]] static Expiry at(std::int64_t unix_ms) { return {Kind::at, unix_ms}; }
};

class Store {
 public:
  // `seed` makes the tables' hash unpredictable for clients that choose keys.
  explicit Store(std::uint64_t seed);
  // The same with other types of values than the usual ones (src/store/values/value_type.hpp). The types
  // outlive it.
  Store(std::uint64_t seed, const ValueTypes& types);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // ---- Reading ----
  // Begins to fetch what the next calls for these keys will need, all at once, where each call for itself
  // would wait for memory three times: for the table, its words and the record. Notes the hashes in `keys`.
  // REQUIRES: at most kLookAheadMax keys.
  void prefetch(std::span<KeyRef* const> keys) const;
  // Counts as a use of the key; peek() does not.
  [[nodiscard]] Item find(const KeyRef& key, std::int64_t unix_ms);
  [[nodiscard]] Item peek(const KeyRef& key, std::int64_t unix_ms);

  // ---- Writing. Lengths are the caller's business: they are within limits.hpp. ----
  // Sets the key to a string, whatever it was. An expiry that has already passed deletes the key.
  void put_string(const KeyRef& key, std::string_view value, Expiry expiry, std::int64_t unix_ms);
  // Writes `bytes` at `offset` of a string, which grows as needed (zeros in a gap); makes the key if it is
  // absent. Returns the new length. The time-out stays. REQUIRES: the key is absent or a string.
  std::size_t write_string(const KeyRef& key, std::size_t offset, std::string_view bytes,
                           std::int64_t unix_ms);
  // Sets a field, making key and field as needed; true if the field is new. The time-out stays.
  // REQUIRES: the key is absent or a hash.
  bool put_field(const KeyRef& key, std::string_view name, std::string_view value, std::int64_t unix_ms);
  // True if the field was there. The key goes with its last field. REQUIRES: the key is absent or a hash.
  bool erase_field(const KeyRef& key, std::string_view name, std::int64_t unix_ms);
  // True if the key was there (and not expired).
  bool erase(const KeyRef& key, std::int64_t unix_ms);
  // Sets or (kNoExpiry) removes the time-out; one that has passed deletes the key. False if the key is
  // absent.
  bool set_expiry(const KeyRef& key, std::int64_t expires_unix_ms, std::int64_t unix_ms);
  // Gives a key another name, its value and time-out staying; what had that name is gone. False if the key is
  // absent. Takes no longer for a large value. REQUIRES: the names are not part of the store.
  bool rename(const KeyRef& from, const KeyRef& to, std::int64_t unix_ms);
  // Drops everything, or everything of a slot. Returns at once; memory is given back in steps by reclaim().
  void clear();
  void clear(Slot slot);
  // Drops all keys of a session at once.
  void erase_session(Slot slot, std::string_view uid);

  // ---- Changes ----
  // Tells `sink` of every change from now on; null: nobody. Keys whose time-out passes are no change, unless
  // somebody copies.
  void set_sink(ChangeSink* sink);
  // From one to the other nothing of the slot is reclaimed or evicted: while it is being filled with changes
  // of the past, of which a later one may need it, and while it is frozen.
  void suspend_reclaim(Slot slot);
  void resume_reclaim(Slot slot);
  // When keys that are written at kBeforeAnyExpiry were last used.
  void set_clock(std::int64_t unix_ms);

  // ---- Walking ----
  // Visits keys of `slot` from `position` on (0: the first) in an order that stays the same while the table
  // grows, until at least `count` keys were visited or the slot ends, and returns the position to go on from
  // (0: the slot is done). Whoever goes on until 0 has seen every key that was present throughout; a key that
  // came or went meanwhile may or may not be seen. Expired keys are passed over, though they count as
  // visited. A session of many keys is cut as well. `visit` must not change the store.
  std::uint64_t scan(Slot slot, std::uint64_t position, std::size_t count, std::int64_t unix_ms,
                     const std::function<void(const Item&)>& visit);
  // Positions mean something only to a store of the same seed. Those of another have another mark, all but
  // one in 2^16; it is never 0.
  [[nodiscard]] std::uint64_t seed_mark() const;
  [[nodiscard]] std::uint64_t keys_in(Slot slot) const;
  [[nodiscard]] std::uint64_t sessions_in(Slot slot) const;

  // ---- Housekeeping ----
  // Reclaims keys whose time-out has passed and memory that clear() left; called every tick. A step is a
  // record looked at or freed, or 16 words of a table read; `steps_max` may be passed by what one array of
  // 192 words holds.
  //
  // A key whose time-out has passed is due at the next full 1024 ms, and is found by the first pass over the
  // slots that begins after that. A pass reads only what may be due, so while the expired keys and a
  // sixteenth of the keys beside them are fewer than the steps of a second, an expired key is gone within
  // about 1.1 s plus one tick. More of them take as many calls as their number needs, and are absent to
  // find() all the while. Returns how many keys went.
  std::size_t reclaim(std::int64_t unix_ms, std::size_t steps_max);
  // Takes out whole sessions until stats().bytes is at most `bytes_max`: those that nobody has used for the
  // longest among samples of 16, and only sessions of which every key has a time-out. False if it did not get
  // there, since it found none or has taken out `sessions_max`.
  bool evict(std::uint64_t bytes_max, std::size_t sessions_max, std::int64_t unix_ms);
  [[nodiscard]] const StoreStats& stats() const;

  // What the store is made of, for the files of the types of values: what they do to a key they do there.
  [[nodiscard]] Keyspace& keyspace();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// While it lives, somebody copies the store, or a slot of it: a rename is told as an erasure and the whole
// value, and keys that go since their time-out has passed as erased. The store outlives it.
class CopyScope {
 public:
  explicit CopyScope(Store& store);
  ~CopyScope();
  CopyScope(const CopyScope&) = delete;
  CopyScope& operator=(const CopyScope&) = delete;

 private:
  Store& store_;
};

}  // namespace limpet::store
