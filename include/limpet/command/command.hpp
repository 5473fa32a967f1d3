// The command table: one row for each command, and the handlers of those that work on sessions.
//
// Routing reads the keys and the scope of a row, the admission of a client its flags; COMMAND is answered out of it.
// A handler runs to completion on one shard's store and appends exactly one reply.
#pragma once

#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/resp/reply.hpp>
#include <limpet/store/store.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace limpet::command {

using Args = std::span<const std::string_view>;  // [0] is the command's name, in whatever case the client wrote it

// Whom a command concerns.
enum class Scope : std::uint8_t {
  connection,  // the connection alone, or facts of the process: answered by the shard where the client is (no handler)
  session,     // the keys of one session: runs at its owner
  split,       // keys of any sessions: split by session, run in parallel, put together as `merge` says
  node,        // every shard of the node asked
  cluster,     // every shard of every node
};

// How the replies of the parts of a split, node or cluster command become one.
enum class Merge : std::uint8_t {
  none,
  sum,     // integers, added
  all_ok,  // +OK if all say so
  gather,  // arrays, back in the order of the keys
  custom,  // by code of its own (SCAN, INFO, CLIENT LIST ...)
};

enum Flag : std::uint32_t {
  kWrite = 1u << 0,
  kReadonly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kNoAuth = 1u << 4,   // allowed before AUTH
  kFast = 1u << 5,
  kLoading = 1u << 6,
  kStale = 1u << 7,
  kNoScript = 1u << 8,
};

struct Context {
  store::Store& store;
  resp::ReplyWriter& reply;
  Now now;
};

using Handler = void (*)(Context&, Args);

struct Spec;

// One subcommand, for COMMAND DOCS, COMMAND LIST and "unknown subcommand" help.
struct Subcommand {
  std::string_view name;     // lower case
  std::int16_t arity;
  std::string_view summary;
};

struct Spec {
  std::string_view name;  // lower case
  std::int16_t arity;     // as in Redis: counts the name; negative: at least so many
  std::uint32_t flags;
  std::int16_t first_key;  // 0: none
  std::int16_t last_key;   // negative: counted from the end
  std::int16_t key_step;
  Scope scope;
  Merge merge;
  Handler run;  // null for Scope::connection
  std::string_view group;  // "string", "hash", "generic", "connection", "server", "cluster"
  std::string_view since;
  std::string_view summary;
  std::string_view complexity;
  std::string_view categories;  // ACL categories with "@", separated by spaces
  std::span<const Subcommand> subcommands = {};

  [[nodiscard]] bool has(Flag flag) const { return (flags & flag) != 0; }
  [[nodiscard]] bool arity_fits(std::size_t args) const {
    return arity >= 0 ? args == static_cast<std::size_t>(arity) : args >= static_cast<std::size_t>(-arity);
  }
  // Index of the last key in a request of `args` arguments. REQUIRES: first_key > 0.
  [[nodiscard]] std::size_t last_key_of(std::size_t args) const {
    return last_key >= 0 ? static_cast<std::size_t>(last_key)
                         : static_cast<std::size_t>(static_cast<std::ptrdiff_t>(args) + last_key);
  }
};

// The row of a command, whatever the case of its letters; null if there is none. Meant for the hot path: no allocation,
// one hash of the name.
[[nodiscard]] const Spec* find(std::string_view name);

// All rows, sorted by name.
[[nodiscard]] std::span<const Spec> all();

// The place of a row in all(): a small number to count by.
[[nodiscard]] inline std::size_t index_of(const Spec& spec) {
  return static_cast<std::size_t>(&spec - all().data());
}

}  // namespace limpet::command
