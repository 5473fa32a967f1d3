// Progress: how far the sessions of a cluster have got to where they are to be, from what CLUSTER STATUS
// says. Pure.
#pragma once

#include <cstdint>
#include <limpet/resp/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::client {

struct Progress {
  std::uint64_t left = 0;      // slots that are to go elsewhere, or on their way
  std::uint64_t sessions = 0;  // in those that are to go
  std::uint64_t sessions_per_second = 0;
  std::uint64_t bytes_per_second = 0;
  std::optional<std::uint64_t> seconds_left = {};  // as it goes now
  std::uint64_t epoch = 0;                         // the newest that a node has read
  std::uint64_t silent_slots = 0;                  // held by nodes that do not answer
  std::uint64_t unreachable = 0;                   // slots that some node, or every node, cannot reach
  std::uint64_t cut_off = 0;                       // of them, those that a node that answers reaches
  std::uint64_t placed_there = 0;  // of them, placed on who is silent; nobody knows the holder
  std::uint64_t unheld = 0;        // slots that nobody holds
  std::uint64_t forgotten = 0;     // slots of nodes whose disks do not know of them
  std::uint64_t silent = 0;        // nodes that should answer, and do not
  bool one_file = true;            // all nodes that answer run the same
  std::string waits_for = {};      // what has to happen besides; empty: nothing
  bool settled = false;            // there is nothing to wait for any more
  bool lost = false;               // and there never will be: it is not as it should be
};

// The most that was left at any time.
struct Most {
  std::uint64_t slots = 0;
  std::uint64_t sessions = 0;
  void take(const Progress& progress);
};

// Of the whole cluster.
[[nodiscard]] Progress progress_of(const resp::Value& status);
// Of a node that gives everything away.
[[nodiscard]] Progress progress_of_node(const resp::Value& status, std::string_view name);

// In one line. `bar`: with a picture.
[[nodiscard]] std::string progress_text(const Progress& progress, const Most& most, bool bar);
// "2100 sessions/s, 1.2 MB/s, 7 s left"; empty: nothing goes.
[[nodiscard]] std::string pace_text(const Progress& progress);

}  // namespace limpet::client
