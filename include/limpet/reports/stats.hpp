// ShardStats: what one shard has counted, and what it sees of its peers. A value: taken on the shard's
// thread, added up and shown elsewhere (INFO, /metrics, /status).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/command/command.hpp>
#include <limpet/engine/command_stats.hpp>
#include <limpet/handoff/progress.hpp>
#include <limpet/links/link_stats.hpp>
#include <limpet/store/store.hpp>
#include <optional>
#include <string>
#include <vector>

namespace limpet::reports {

using engine::CommandCount;
using engine::Latencies;

// The numbers of Counters and of HandoffStats have their rows in figure_rows.hpp.
struct Counters {
  std::uint64_t connections_received = 0;
  std::uint64_t connected_clients = 0;
  std::uint64_t clients_paused = 0;        // not read from: their output or their owner's queue is full
  std::uint64_t client_memory_bytes = 0;   // kept for clients, and for nodes that ask for theirs
  std::uint64_t commands_processed = 0;    // of clients, wherever they were executed
  std::uint64_t commands_forwarded = 0;    // of those, sent to another node
  std::uint64_t commands_to_siblings = 0;  // of those, sent to another shard of this node
  std::uint64_t commands_for_peers = 0;    // executed for clients of other nodes
  std::uint64_t forward_retries = 0;
  std::uint64_t forward_errors = 0;   // answered -CLUSTERDOWN, -TRYAGAIN or -BUSY
  std::uint64_t forward_indoubt = 0;  // answered -INDOUBT
  std::uint64_t net_input_bytes = 0;
  std::uint64_t net_output_bytes = 0;
  std::uint64_t protocol_errors = 0;
  std::uint64_t keyspace_hits = 0;    // reads of keys that were there
  std::uint64_t keyspace_misses = 0;  // and of those that were not
  std::uint64_t error_replies = 0;

  void add(const Counters& other);
};

using links::LinkState;
using links::PeerStats;

// What a shard knows of its journal and of the slots on its disk.
struct DiskStats {
  enum class State : std::uint8_t { ok, full, failed };
  State state = State::ok;                 // the worst of all shards
  bool journaled = false;                  // it keeps a journal
  bool snapshot_open = false;              // its sessions are being copied
  std::uint64_t slots_loading = 0;         // not loaded yet
  std::uint64_t slots_damaged = 0;         // not served, since their files are damaged
  std::uint64_t unwritten_bytes = 0;       // changes that are not as safe yet as they are to be
  std::uint64_t unsynced_bytes = 0;        // changes that are not on the disk yet
  std::uint64_t journal_bytes = 0;         // of changes, since the start
  std::uint64_t since_snapshot_bytes = 0;  // of journal that only the next snapshot takes the place of

  void add(const DiskStats& other);
};

[[nodiscard]] const char* name_of(DiskStats::State state);

// Slots that change hands, and those that are held.
struct HandoffStats : handoff::Progress {
  std::uint64_t slots = 0;             // held
  std::uint64_t sessions_to_give = 0;  // in slots that should be another's
  std::uint64_t unheld = 0;            // should be this node's, and are held by nobody that is known
  // It held them later than its disk knows of, and nobody has since: its data directory is an old copy.
  std::uint64_t forgotten = 0;
  std::uint64_t unreachable = 0;  // whoever holds them, or is to, does not answer this node
  std::uint64_t rate_max = 0;     // in bytes per second; 0: without a limit

  void add(const HandoffStats& other);
};

// Copies: of the slots of this node on others, and of others' slots here.
struct CopiesStats {
  std::uint64_t wanted = 0;         // of slots of this node, as the file in force has it
  std::uint64_t in_sync = 0;        // of them: replies may count on them
  std::uint64_t parted = 0;         // they have what this node has lost, and are left as they are
  std::uint64_t behind_bytes = 0;   // on their way to followers, or waiting
  std::uint64_t behind_ms = 0;      // for so long something has waited to be confirmed
  std::uint64_t kept = 0;           // slots of others that are whole here
  std::uint64_t kept_sessions = 0;  // of slots of others
  std::uint64_t kept_keys = 0;
  std::uint64_t outs_total = 0;          // how often a follower was counted on no more
  std::uint64_t alone_total = 0;         // changes of slots whose followers were all away
  std::uint64_t refused_total = 0;       // writes for want of followers
  std::uint64_t copied_bytes_total = 0;  // of slots that were sent to followers as a whole

  void add(const CopiesStats& other);
};

// One node, as a follower of slots of this one.
struct FollowerStats {
  std::uint64_t wanted = 0;  // slots that it is to follow
  std::uint64_t in_sync = 0;
  std::uint64_t behind_bytes = 0;
  std::uint64_t behind_ms = 0;

  void add(const FollowerStats& other);
};

// In the last seconds, each second.
struct Rates {
  double operations = 0;  // commands on keys that were executed here
  double slots_given = 0;
  double sessions_given = 0;
  double bytes_sent = 0;  // of the slots that are given

  void add(const Rates& other);
};

// How long what is to be given will take, as it goes now; nothing: nothing is to be given, or nothing goes.
[[nodiscard]] std::optional<double> seconds_left(const HandoffStats& handoff, const Rates& rates);

struct ShardStats {
  Counters counters;
  Latencies latencies;
  std::uint64_t memory_max = 0;  // of the sessions of the node; 0: no bound
  DiskStats disk;
  HandoffStats handoff;
  CopiesStats copies;
  std::vector<FollowerStats> followers;  // by node index of the view
  Rates rates;
  store::StoreStats store;
  std::vector<CommandCount> commands;  // by command::index_of
  std::vector<PeerStats> peers;        // by node index of the view; this node's own entry is empty

  // Adds another shard's figures. For a peer the worse state wins.
  void add(const ShardStats& other);
};

}  // namespace limpet::reports
