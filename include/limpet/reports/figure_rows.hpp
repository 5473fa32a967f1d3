// Rows of figures: a table for what a shard counts of clients and their commands (Counters), one for
// slots that change hands (HandoffStats), and one for copies (CopiesStats). A row says how the figures of
// several shards become one, and by which names /status, /metrics, INFO and CLUSTER STATUS show it: all of
// them go by these tables. So a new figure is a field of its struct, a row here, and whoever counts it.
//
// The order of rows is the order in which they are shown. Values, set once; no label ever holds a key or a
// uid.
#pragma once

#include <array>
#include <cstdint>
#include <limpet/reports/stats.hpp>
#include <string_view>

namespace limpet::reports {

template <class Stats>
struct FigureRow {
  enum class Kind : std::uint8_t {
    gauge,    // as it is now
    counter,  // since the start
  };
  // What is counted: figures are shown in groups by it.
  enum class Of : std::uint8_t {
    slots,
    sessions,
    bytes,
    milliseconds,  // /metrics shows seconds
    clients,
    commands,    // wherever they are executed
    forwarding,  // commands that are executed elsewhere, or for others
    keyspace,    // reads of keys
  };
  enum class OfShards : std::uint8_t { sum, largest };

  std::uint64_t Stats::*field;
  Kind kind;
  Of of;
  std::string_view status;  // its name in /status
  std::string_view metric;  // in /metrics
  std::string_view help;
  std::string_view info = {};            // in INFO; empty: it is not shown there, or by a name of Redis
  std::string_view cluster_status = {};  // in CLUSTER STATUS; empty: it is not shown there
  OfShards of_shards = OfShards::sum;
};

inline constexpr std::array kCounterRows = [] {
  using Row = FigureRow<Counters>;
  using enum Row::Kind;
  using enum Row::Of;
  return std::to_array<Row>({
      {&Counters::connected_clients, gauge, clients, "clients", "limpet_clients_connected",
       "Client connections now."},
      {&Counters::clients_paused, gauge, clients, "clients_paused", "limpet_clients_paused",
       "Clients not read from, because output or an owner's queue is full."},
      {&Counters::client_memory_bytes, gauge, clients, "client_memory_bytes", "limpet_client_memory_bytes",
       "Requests and replies under way, which client-memory bounds."},
      {&Counters::connections_received, counter, clients, "connections_received",
       "limpet_connections_received_total", "Client connections accepted."},
      {&Counters::commands_processed, counter, commands, "commands_processed",
       "limpet_commands_processed_total", "Commands of this node's clients, wherever they were executed."},
      {&Counters::commands_forwarded, counter, forwarding, "commands_forwarded",
       "limpet_forwarded_commands_total", "Commands of clients sent on to another node.",
       "forwarded_commands"},
      {&Counters::commands_to_siblings, counter, forwarding, "commands_to_siblings",
       "limpet_sibling_commands_total", "Commands of clients sent on to another shard of this node.",
       "sibling_commands"},
      {&Counters::commands_for_peers, counter, forwarding, "commands_for_peers",
       "limpet_commands_for_peers_total", "Commands executed for clients of other nodes.",
       "commands_for_peers"},
      {&Counters::forward_retries, counter, forwarding, "forward_retries", "limpet_forward_retries_total",
       "Forwarded commands that were sent again.", "forward_retries"},
      {&Counters::forward_errors, counter, forwarding, "forward_errors", "limpet_forward_errors_total",
       "Forwards answered CLUSTERDOWN, TRYAGAIN or BUSY: they did not happen.", "forward_errors"},
      {&Counters::forward_indoubt, counter, forwarding, "forward_indoubt", "limpet_forward_indoubt_total",
       "Forwards answered INDOUBT: they may have happened.", "forward_indoubt"},
      {&Counters::keyspace_hits, counter, keyspace, "keyspace_hits", "limpet_keyspace_hits_total",
       "Reads that found their key."},
      {&Counters::keyspace_misses, counter, keyspace, "keyspace_misses", "limpet_keyspace_misses_total",
       "Reads that did not."},
      {&Counters::net_input_bytes, counter, clients, "net_input_bytes", "limpet_net_input_bytes_total",
       "Bytes read from clients."},
      {&Counters::net_output_bytes, counter, clients, "net_output_bytes", "limpet_net_output_bytes_total",
       "Bytes written to clients."},
      {&Counters::protocol_errors, counter, clients, "protocol_errors", "limpet_protocol_errors_total",
       "Connections ended because of bytes that are no request."},
      {&Counters::error_replies, counter, clients, "error_replies", "limpet_error_replies_total",
       "Replies that were an error."},
  });
}();

// INFO and CLUSTER STATUS show slots first, then sessions.
inline constexpr std::array kHandoffRows = [] {
  using Row = FigureRow<HandoffStats>;
  using enum Row::Kind;
  using enum Row::Of;
  return std::to_array<Row>({
      {&HandoffStats::slots, gauge, slots, "slots", "limpet_slots_held", "Slots that this node holds.",
       "limpet_slots", "slots"},
      {&HandoffStats::to_give, gauge, slots, "slots_to_give", "limpet_slots_to_give",
       "Of those, slots that the cluster file gives to another node.", "limpet_slots_to_give",
       "slots_to_give"},
      {&HandoffStats::sessions_to_give, gauge, sessions, "sessions_to_give", "limpet_sessions_to_give",
       "Sessions in the slots that are to be given to another node.", "limpet_sessions_to_give",
       "sessions_to_give"},
      {&HandoffStats::giving, gauge, slots, "slots_given_now", "limpet_slots_giving",
       "Slots that are being handed over to other nodes.", "limpet_slots_giving", "slots_giving"},
      {&HandoffStats::receiving, gauge, slots, "slots_received_now", "limpet_slots_receiving",
       "Slots that are being received from other nodes.", "limpet_slots_receiving", "slots_receiving"},
      {&HandoffStats::unheld, gauge, slots, "slots_held_by_nobody", "limpet_slots_unheld",
       "Slots that should be this node's, and that no node is known to hold.", "limpet_slots_unheld",
       "slots_unheld"},
      {&HandoffStats::forgotten, gauge, slots, "slots_forgotten", "limpet_slots_forgotten",
       "Slots that this node held later than its data directory knows of: it is an old copy.",
       "limpet_slots_forgotten", "slots_forgotten"},
      {&HandoffStats::unreachable, gauge, slots, "slots_unreachable", "limpet_slots_unreachable",
       "Slots of the whole cluster whose holder does not answer this node: their sessions are unavailable.",
       "limpet_slots_unreachable", "slots_unreachable"},
      {&HandoffStats::given_total, counter, slots, "slots_given_total", "limpet_slots_given_total",
       "Slots handed over."},
      {&HandoffStats::received_total, counter, slots, "slots_received_total", "limpet_slots_received_total",
       "Slots received."},
      {&HandoffStats::failed_total, counter, slots, "handovers_failed_total", "limpet_handovers_failed_total",
       "Tries to hand a slot over that were given up."},
      {&HandoffStats::sessions_total, counter, sessions, "sessions_given_total",
       "limpet_handover_sessions_total", "Sessions handed over."},
      {&HandoffStats::bytes_total, counter, bytes, "handover_bytes_total", "limpet_handover_bytes_total",
       "Bytes of the slots that were handed over."},
      {&HandoffStats::sent_total, counter, bytes, "handover_sent_bytes_total",
       "limpet_handover_sent_bytes_total",
       "The same, with those of slots on their way and of tries that were given up."},
      {&HandoffStats::took_ms_total, counter, milliseconds, "handover_took_ms_total",
       "limpet_handover_seconds_total", "Time that hand-overs took, in sum."},
      {&HandoffStats::held_ms_total, counter, milliseconds, "handover_held_ms_total",
       "limpet_handover_held_seconds_total", "Time that commands waited for slots that were handed over."},
      {&HandoffStats::held_ms_max,
       gauge,
       milliseconds,
       "handover_held_ms_max",
       "limpet_handover_held_seconds_max",
       "The longest that commands waited for one.",
       {},
       {},
       Row::OfShards::largest},
      {&HandoffStats::rate_max, gauge, bytes, "handover_rate_max", "limpet_handover_rate_max_bytes",
       "Setting handover-rate, in bytes per second; 0: no limit."},
  });
}();

inline constexpr std::array kCopiesRows = [] {
  using Row = FigureRow<CopiesStats>;
  using enum Row::Kind;
  using enum Row::Of;
  return std::to_array<Row>({
      {&CopiesStats::wanted, gauge, slots, "copies_wanted", "limpet_copies_wanted",
       "Copies of slots of this node that other nodes are to have.", "limpet_copies_wanted", "copies_wanted"},
      {&CopiesStats::in_sync, gauge, slots, "copies_in_sync", "limpet_copies_in_sync",
       "Of those, copies that replies can count on.", "limpet_copies_in_sync", "copies_in_sync"},
      {&CopiesStats::parted, gauge, slots, "copies_parted", "limpet_copies_parted",
       "Of those, copies that have what this node has lost, and are left as they are.",
       "limpet_copies_parted", "copies_parted"},
      {&CopiesStats::behind_bytes, gauge, bytes, "follow_behind_bytes", "limpet_follow_behind_bytes",
       "Bytes of changes that followers have not confirmed.", "limpet_follow_behind_bytes", "behind_bytes"},
      {&CopiesStats::behind_ms, gauge, milliseconds, "follow_behind_ms", "limpet_follow_behind_seconds",
       "For so long the slowest follower has confirmed nothing of what it was sent.",
       "limpet_follow_behind_ms", "behind_ms", Row::OfShards::largest},
      {&CopiesStats::kept, gauge, slots, "copies_kept", "limpet_copies_kept",
       "Slots of other nodes of which this one has whole copies.", "limpet_copies_kept", "copies_kept"},
      {&CopiesStats::kept_sessions, gauge, sessions, "copied_sessions", "limpet_copied_sessions",
       "Sessions of other nodes that this one has copies of."},
      {&CopiesStats::kept_keys, gauge, sessions, "copied_keys", "limpet_copied_keys",
       "Keys of those sessions."},
      {&CopiesStats::outs_total, counter, slots, "follow_outs_total", "limpet_follow_outs_total",
       "How often a follower was counted on no more, by a shard."},
      {&CopiesStats::alone_total, counter, commands, "writes_alone_total", "limpet_writes_alone_total",
       "Changes that were made while all followers of their slot were away."},
      {&CopiesStats::refused_total, counter, commands, "noreplicas_total", "limpet_noreplicas_total",
       "Writes answered NOREPLICAS: they did not happen."},
      {&CopiesStats::copied_bytes_total, counter, bytes, "copied_bytes_total", "limpet_copied_bytes_total",
       "Bytes of slots that were copied to followers, which lacked more than was changed last."},
  });
}();

// Each number of `other` into that of `all`, as its row says.
template <class Stats, std::size_t rows>
void add_figures(const std::array<FigureRow<Stats>, rows>& table, Stats& all, const Stats& other) {
  for (const FigureRow<Stats>& row : table) {
    std::uint64_t& sum = all.*row.field;
    const std::uint64_t more = other.*row.field;
    sum = row.of_shards == FigureRow<Stats>::OfShards::sum ? sum + more : sum < more ? more : sum;
  }
}

}  // namespace limpet::reports
