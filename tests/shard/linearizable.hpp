// Is there an order of these commands on one key, in which each happens between its call and its return, that
// explains all replies?
//
// The search of Wing and Gong with the memory of Lowe ("Testing for linearizability", 2017): a set of
// commands that have happened and the value that they left is looked at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace limpet::shard {

inline constexpr std::int64_t kNeverReturned = INT64_MAX;

struct Operation {
  enum class Kind : std::uint8_t { get, set, set_if_absent, append, take, erase, exists };
  Kind kind = Kind::get;
  std::string value = {};  // set, set_if_absent, append
  // Commands of one client on this key happen in their order, but for those that have not returned.
  std::size_t client = 0;
  // Moments, of which no two are the same.
  std::int64_t called = 0;
  std::int64_t returned = kNeverReturned;  // it may have happened at any time since, or may not
  std::string reply = {};                  // as text: "OK", "3", "(null)"; of one that has returned
};

// The reply of a part of a command, of whose parts only the sum is known.
inline constexpr char kAnyReply[] = "*";

// What it leaves, and what it answers. A value of "(null)" is none: keys are not set to that.
inline constexpr char kNoValue[] = "(null)";
[[nodiscard]] std::string apply(const Operation& operation, std::string& value);

enum class Linearizable : std::uint8_t { yes, no, undecided };

// Undecided: it has looked at `steps` sets, and there are more.
[[nodiscard]] Linearizable check_history(const std::vector<Operation>& history, std::size_t steps = 50'000);

}  // namespace limpet::shard
