// ShardThread: one shard with its driver, its io_context, its mailbox and the thread that runs them.
//
// start() and stop() are called by the node's owner; everything else is handed over through mailbox().
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <functional>
#include <limpet/net/driver.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>
#include <thread>

#include "mailbox.hpp"

namespace limpet::node {

class ShardThread {
 public:
  ShardThread(shard::ShardConfig config, shard::ShardTunables tunables, net::Resolver& resolver,
              net::DriverHooks hooks, std::int64_t tcp_keepalive_s);
  ~ShardThread();  // REQUIRES: stopped, if it was started
  ShardThread(const ShardThread&) = delete;
  ShardThread& operator=(const ShardThread&) = delete;

  void start();
  // Closes every connection at once and joins the thread.
  void stop();

  [[nodiscard]] Mailbox& mailbox() { return mailbox_; }
  [[nodiscard]] asio::io_context& io() { return io_; }

  // On the shard's thread only, by way of the mailbox.
  [[nodiscard]] shard::Shard& shard() { return shard_; }
  [[nodiscard]] net::Driver& driver() { return driver_; }

 private:
  void open(Mailbox::Letter& letter);

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  shard::Shard shard_;
  net::Driver driver_;
  Mailbox mailbox_;
  std::thread thread_;
};

}  // namespace limpet::node
