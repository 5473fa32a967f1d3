// The command table: one row for each command, and the handlers of those that work on sessions.
//
// Routing reads the keys and the scope of a row, the admission of a client its flags; COMMAND is answered out
// of it. A handler runs to completion on one shard's store and appends exactly one reply.
#pragma once

#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/resp/reply.hpp>
#include <limpet/store/store.hpp>
#include <span>
#include <string_view>

namespace limpet::command {

// A request: [0] is the command's name, in whatever case the client wrote it.
using Args = std::span<const std::string_view>;

// Whom a command concerns.
enum class Scope : std::uint8_t {
  connection,  // the connection alone, or facts of the process: answered by the shard where the client is
  session,     // the keys of one session: runs at its owner
  pair,        // two keys of any sessions: at the owner if it is one, else in steps (relocate.hpp)
  split,       // keys of any sessions: split by session, run in parallel, put together as `merge` says
  node,        // every shard of the node asked
  cluster,     // every shard of every node
};

// How the replies of the parts of a split, node or cluster command become one.
enum class Merge : std::uint8_t {
  none,
  sum,      // integers, added
  least,    // integers: the least of them, again and again until it is enough (WAIT)
  any,      // integers: +OK unless their sum is 0
  all_ok,   // +OK if all say so
  gather,   // arrays, back in the order of the keys
  concat,   // arrays, one behind the other
  text,     // bulk strings in arrays, one behind the other in one text
  pick,     // of [how many, one of them] one, by chance
  scan,     // parts of a walk over all keys (scan.hpp)
  by_node,  // [name of the node, what it says, ...]
  info,     // a shard's figures, into INFO
  status,   // a shard's figures, into what their node says of itself; and that of all nodes
};

// What the shard itself does, as it is about connections, or about more than the keys of a request.
enum class Builtin : std::uint8_t {
  none,    // the row's handler runs it
  accept,  // +OK: of clients that know Redis Cluster, as here every node answers for every key
  auth,
  client,  // a container, as are cluster and config: its subcommands say what they do
  cluster,
  command,
  config,
  dbsize,
  echo,
  hello,
  help,
  info,
  ping,
  quit,
  randomkey,
  reset,
  role,
  select,
  time,
  wait,
  client_getname,
  client_id,
  client_info,
  client_kill,
  client_list,
  client_reply,
  client_setinfo,
  client_setname,
  client_switch,  // on or off, to no effect
  cluster_check,
  cluster_claim,
  cluster_countkeysinslot,
  cluster_drain,
  cluster_info,
  cluster_keyslot,
  cluster_myid,
  cluster_partial,
  cluster_reload,
  cluster_status,
  cluster_undrain,
  cluster_where,
  config_get,
  config_resetstat,
  config_set,
};

// How a request is executed: by its row, or by that of its subcommand.
struct Execution {
  Builtin builtin = Builtin::none;
  Merge merge = Merge::none;
  // Of the form in which nodes ask each other for their parts; 0: they do not.
  std::uint8_t part_args = 0;
};

enum Flag : std::uint32_t {
  kWrite = 1u << 0,
  kReadonly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kNoAuth = 1u << 4,  // allowed before AUTH
  kFast = 1u << 5,
  kLoading = 1u << 6,
  kStale = 1u << 7,
  kNoScript = 1u << 8,
  kSkipMonitor = 1u << 9,  // the rest only matter to those who ask with COMMAND INFO
  kSkipSlowlog = 1u << 10,
  kAsking = 1u << 11,
  kNoMulti = 1u << 12,
  kAllowBusy = 1u << 13,
};

// Counted by handlers that read: keys that were there, and keys that were not.
struct Lookups {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};

struct Context {
  store::Store& store;
  resp::ReplyWriter& reply;
  Lookups& lookups;
  Now now;
  const KeyRef* first_key = nullptr;  // args[1], if the caller has worked it out already, as routing does
};

using Handler = void (*)(Context&, Args);

struct Spec;

// One subcommand of a command that is a container of them. Its key, if it has one, is Spec::routed_by.
struct Subcommand {
  std::string_view name;  // lower case
  std::int16_t arity;     // counts the command's name too
  std::string_view summary;
  std::uint32_t flags = 0;
  std::string_view since = {};
  std::string_view complexity = {};
  std::string_view categories = {};
  std::string_view syntax = {};
  std::string_view tips = {};
  Execution does = {};

  [[nodiscard]] bool arity_fits(std::size_t args) const {
    return arity >= 0 ? args == static_cast<std::size_t>(arity) : args >= static_cast<std::size_t>(-arity);
  }
};

struct Spec {
  std::string_view name;  // lower case
  std::int16_t arity;     // as in Redis: counts the name; negative: at least so many
  std::uint32_t flags;
  std::int16_t first_key = 0;  // 0: none
  std::int16_t last_key = 0;   // negative: counted from the end
  std::int16_t key_step = 0;
  Scope scope = Scope::connection;
  Merge merge = Merge::none;
  Handler run = nullptr;   // null for what the shard room executes itself: Scope::connection and Scope::node
  std::string_view group;  // "string", "hash", "generic", "connection", "server", "cluster"
  std::string_view since;
  std::string_view summary;
  std::string_view complexity;
  std::string_view categories;  // ACL categories with "@", separated by spaces
  std::span<const Subcommand> subcommands = {};
  std::string_view syntax = {};     // the arguments: "key value [NX|XX] [GET] [EX seconds|...]"
  std::string_view tips = {};       // COMMAND INFO's hints for clients, separated by spaces
  std::string_view key_flags = {};  // what is done to the keys: "RO access"
  std::string_view key_notes = {};
  std::int16_t routed_by = 0;  // of a container: the place of the key that its subcommands have
  Builtin builtin = Builtin::none;
  std::uint8_t part_args = 0;  // as Execution has it
  bool partial = false;        // CLUSTER PARTIAL takes it
  std::uint8_t index = 0;      // the place of the row in all(); set there

  // Is it about all keys, and executed once each slot has been answered for? A SCAN need not come to an end.
  [[nodiscard]] bool is_roll_call() const { return scope == Scope::cluster && merge != Merge::scan; }

  // The place of the key that a command of one session goes by.
  [[nodiscard]] std::size_t route_key() const {
    return static_cast<std::size_t>(routed_by > 0 ? routed_by : first_key);
  }
  [[nodiscard]] bool many_keys() const { return last_key != first_key; }
  [[nodiscard]] bool has(Flag flag) const { return (flags & flag) != 0; }
  // Also false where the last group of a run of keys is cut short, as in MSET k1 v1 k2.
  [[nodiscard]] bool arity_fits(std::size_t args) const {
    if (arity >= 0) return args == static_cast<std::size_t>(arity);
    if (args < static_cast<std::size_t>(-arity)) return false;
    return key_step <= 1 ||
           (args - static_cast<std::size_t>(first_key)) % static_cast<std::size_t>(key_step) == 0;
  }
  // Index of the last key in a request of `args` arguments. REQUIRES: first_key > 0.
  [[nodiscard]] std::size_t last_key_of(std::size_t args) const {
    return last_key >= 0 ? static_cast<std::size_t>(last_key)
                         : static_cast<std::size_t>(static_cast<std::ptrdiff_t>(args) + last_key);
  }
  // Its keys among these arguments.
  template <class Visit>
  void each_key(Args args, Visit visit) const {
    const std::size_t last = many_keys() ? last_key_of(args.size()) : route_key();
    const std::size_t step = many_keys() ? static_cast<std::size_t>(key_step) : 1;
    for (std::size_t at = route_key(); at > 0 && at <= last && at < args.size(); at += step) visit(args[at]);
  }
};

// The row of a command, whatever the case of its letters; null if there is none. Meant for the hot path: no
// allocation, one hash of the name.
[[nodiscard]] const Spec* find(std::string_view name);

// REQUIRES: the arguments fit the row, and there is such a subcommand.
[[nodiscard]] Execution execution_of(const Spec& spec, Args args);

// CLUSTER's subcommands, in lower case, that make a client go to the owners by itself, past the load
// balancer: they have no rows, and are refused as by a Redis that is no cluster.
[[nodiscard]] bool is_discovery(std::string_view subcommand);

// All rows, sorted by name.
[[nodiscard]] std::span<const Spec> all();

// The place of a row in all(): a small number to count by.
[[nodiscard]] inline std::size_t index_of(const Spec& spec) { return spec.index; }

}  // namespace limpet::command
