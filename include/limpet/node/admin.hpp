// Admin: the HTTP side of a node, for load balancers, Prometheus and people: /livez /readyz /metrics /status.
//
// Runs on two threads of its own (src/node/admin_server.hpp). It knows the node only through the two
// functions in AdminSource, which it calls from those threads; both must be safe to call from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/result.hpp>
#include <limpet/cluster/view.hpp>
#include <limpet/reports/stats.hpp>
#include <memory>
#include <string>
#include <vector>

namespace limpet::node {

// A moment of a node's life, as the admin side shows it.
// Of the file of the titles of slots: whether it can be written.
enum class TitlesState : std::uint8_t { ok, full, failed };

struct NodeSnapshot {
  std::shared_ptr<const cluster::View> view;
  cluster::NodeIndex self = 0;
  std::string version;
  std::int64_t pid = 0;
  std::int64_t started_unix_ms = 0;
  std::int64_t uptime_ms = 0;
  std::uint64_t connections_rejected = 0;
  std::uint64_t max_clients = 0;
  std::vector<reports::ShardStats> shards;  // fewer than shards_expected: some did not answer in time
  unsigned shards_expected = 0;
  TitlesState titles = TitlesState::ok;

  // Is there anything to say of this node? Not of one that has left the cluster file and holds nothing.
  // `sum`: of all shards.
  [[nodiscard]] bool shows(std::size_t node, const reports::ShardStats& sum) const {
    const bool holds = node < sum.peers.size() && sum.peers[node].slots > 0;
    return node == self || view->nodes[node].listed || holds;
  }
};

struct Health {
  bool ready = false;
  bool leaving = false;  // it gives its slots away: who is there is answered as ever
  std::string reason;    // why it is not ready, or what is wrong although it is, in words
};

struct AdminSource {
  std::function<NodeSnapshot()> snapshot;  // returns within a second
  std::function<Health()> health;          // cheap, and never waits: whoever else asks waits for it
};

class Admin {
 public:
  // Binds and starts serving. Error: the address cannot be bound (names it and what to do).
  [[nodiscard]] static Result<std::unique_ptr<Admin>> start(const cluster::Address& address,
                                                            AdminSource source);
  ~Admin();  // stops serving and joins its threads
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  [[nodiscard]] std::uint16_t port() const;  // the one in use, also where the address said 0
  [[nodiscard]] std::string local() const;   // "127.0.0.1:7801"
  [[nodiscard]] bool on_loopback() const;

 private:
  class Impl;
  explicit Admin(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The pages, apart from HTTP so that a test can look at them.
[[nodiscard]] std::string metrics_text(const NodeSnapshot& snapshot);  // Prometheus text format
[[nodiscard]] std::string status_json(const NodeSnapshot& snapshot);

}  // namespace limpet::node
