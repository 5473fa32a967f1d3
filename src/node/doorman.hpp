// Doorman: the listeners of a node, and who may come in by them.
//
// It accepts clients (over TCP and on a Unix socket) and other nodes on a thread of its own, turns away whom
// the rules do not admit, and deals the others out to the shards in turn.
//
// bind(), open() and close() belong to whoever starts and stops the node; the rest may be called from any
// thread.
#pragma once

#include <asio/io_context.hpp>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limpet/base/result.hpp>
#include <limpet/net/listener.hpp>
#include <limpet/node/settings.hpp>
#include <memory>
#include <thread>

namespace limpet::node {

class Doorman {
 public:
  struct Rules {
    std::size_t max_clients = 0;
    bool protect = false;  // no password is set, so strangers from other hosts are turned away
  };
  // Of Settings or Reloadable: what both have is called the same.
  template <class From>
  [[nodiscard]] static Rules rules_of(const From& from) {
    return {.max_clients = from.max_clients, .protect = from.protected_mode && from.password.empty()};
  }
  // Somebody was let in, and is this shard's from now on. On the doorman's thread.
  using Admitted = std::function<void(unsigned shard, std::shared_ptr<net::Connection>)>;

  explicit Doorman(unsigned shards) : shards_(shards) {}
  ~Doorman() { close(); }
  Doorman(const Doorman&) = delete;
  Doorman& operator=(const Doorman&) = delete;

  // By the rules of these settings. Error: which address, and what to do.
  [[nodiscard]] Result<void> bind(const Settings& settings);
  void set_rules(const Rules& rules);
  void open(Admitted client, Admitted peer);
  // Nobody comes in any more. False: it was not open.
  bool close();

  void client_gone() { clients_inside_.fetch_sub(1, std::memory_order_relaxed); }
  // Clients of other hosts are turned away.
  [[nodiscard]] bool protects() const { return protects_; }
  [[nodiscard]] std::size_t max_clients() const { return max_clients_; }
  [[nodiscard]] std::uint64_t rejected() const { return rejected_; }

 private:
  [[nodiscard]] Result<void> bind_clients(const Settings& settings);
  [[nodiscard]] Result<void> bind_peers(const Settings& settings);
  void take_client(net::Connection connection);

  unsigned shards_;
  asio::io_context io_{1};
  std::thread thread_;
  std::unique_ptr<net::Listener> clients_;
  std::unique_ptr<net::Listener> local_clients_;  // on a Unix socket; may be none
  std::unique_ptr<net::Listener> peers_;          // none for a node that is in no cluster
  Admitted client_;
  Admitted peer_;
  unsigned next_client_ = 0;  // its thread only
  unsigned next_peer_ = 0;

  std::atomic<bool> protects_{false};
  std::atomic<std::size_t> max_clients_{0};
  std::atomic<std::size_t> clients_inside_{0};
  std::atomic<std::uint64_t> rejected_{0};
};

}  // namespace limpet::node
