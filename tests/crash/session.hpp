// Session: what a test knows of the keys of one user: every state that they have been in, or will be once all
// commands that were sent have run, and which of these nothing may take back.
#pragma once

#include <cstdint>
#include <limits>
#include <limpet/base/slot.hpp>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace limpet::crash {

struct Key {
  std::string text = {};                           // of a string
  std::map<std::string, std::string> fields = {};  // of a hash
  std::int64_t expires_unix_ms = -1;               // -1: never
  friend bool operator==(const Key&, const Key&) = default;
};

// By the part of the name behind the user's: one letter, which says the type too.
using State = std::map<char, Key>;
inline constexpr std::string_view kStringKeys = "srqmon";
inline constexpr char kHashKey = 'h';

struct Version {
  State state = {};
  std::size_t client = 0;
  unsigned shard = 0;         // that ran it
  std::uint64_t command = 0;  // the client's, from 1; 0: it was read from the disk
};

struct Session {
  std::string uid;
  Slot slot = 0;
  std::vector<Version> versions = std::vector<Version>(1);
  // The newest version that a reply, or a read of anybody, has shown. What is older is as safe.
  std::size_t shown = 0;
  std::size_t syncing = 0;  // the same when the sync that is under way began
  std::size_t synced = 0;   // and that is on the disk

  [[nodiscard]] std::string name(char key) const { return uid + ":" + key; }
  [[nodiscard]] const State& newest() const { return versions.back().state; }
  [[nodiscard]] std::size_t last() const { return versions.size() - 1; }
  void show(std::size_t version) { shown = std::max(shown, version); }
  // The first version from `from` on that has this key so.
  [[nodiscard]] std::optional<std::size_t> find(std::size_t from, char key,
                                                const std::optional<Key>& value) const;
  // The first and the last version from `from` on that is this state at that time.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> find(std::size_t from, const State& state,
                                                                        std::int64_t unix_ms) const;
  // What came behind this version never was.
  void forget_after(std::size_t version);
  // From here on this is all there was.
  void begin_with(State state);
};

[[nodiscard]] State at_time(State state, std::int64_t unix_ms);
[[nodiscard]] std::string to_text(const State& state);

// Of what one client changed on one shard: a later command may not be there without an earlier one.
struct OrderKept {
  std::uint64_t newest_there = 0;
  std::uint64_t oldest_missing = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace limpet::crash
