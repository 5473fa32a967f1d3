// Settings: everything that a node is told at its start, merged from flags, environment, file and defaults.
#pragma once

#include <cstdint>
#include <limpet/base/limits.hpp>
#include <limpet/base/secrets.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/node/kill_at.hpp>
#include <optional>
#include <string>

namespace limpet::node {

struct Settings {
  cluster::View view;
  cluster::NodeIndex self = 0;
  std::string config_file;   // empty: started without a file
  std::string config_text;   // what stands in it
  bool new_cluster = false;  // nodes of no earlier file hold slots, whatever the epoch
  std::string data_dir;      // of the journal, unless durability is none
  bool repair = false;       // slots that are damaged in it are served with what can be read of them

  std::string socket;           // the path of a Unix socket for clients of this host; empty: none
  unsigned socket_mode = 0600;  // its permissions

  unsigned shards = 1;
  Secrets password;  // of clients
  Secrets secret;    // of the cluster
  bool protected_mode = true;

  std::size_t max_clients = kClientsMax;
  std::int64_t idle_timeout_ms = 0;    // a client that sends nothing for so long is closed; 0: never
  std::int64_t tcp_keepalive_s = 300;  // 0: off
  std::int64_t forward_timeout_ms = kForwardMs;
  std::uint64_t handover_rate = 0;  // of sessions that go to other nodes, in bytes per second; 0: no limit
  std::int64_t stop_timeout_ms = kStopMs;
  std::uint64_t max_memory = 0;                   // of all sessions, in bytes; 0: no bound
  std::uint64_t client_memory = kClientBytesMax;  // of all clients' buffers, in bytes; 0: no bound
  bool evict_when_full = false;   // the longest-idle sessions with a time-out; else writes are refused
  std::optional<KillAt> kill_at;  // a test wants it

  [[nodiscard]] const cluster::Node& me() const { return view.nodes[self]; }
  // Its slots can change hands: it has an address for other nodes.
  [[nodiscard]] bool in_cluster() const { return me().peer.has_value(); }
};

// What SIGHUP may change on a running node.
struct Reloadable {
  Secrets password;
  Secrets secret;
  bool protected_mode = true;
  std::size_t max_clients = kClientsMax;
  std::int64_t idle_timeout_ms = 0;
  std::int64_t forward_timeout_ms = kForwardMs;
  std::uint64_t handover_rate = 0;
  std::uint64_t max_memory = 0;
  std::uint64_t client_memory = kClientBytesMax;
  bool evict_when_full = false;
};

}  // namespace limpet::node
