#include "shard_thread.hpp"

#include <limpet/net/clock.hpp>

namespace limpet::node {

ShardThread::ShardThread(shard::ShardConfig config, shard::ShardTunables tunables, net::Resolver& resolver,
                         net::DriverHooks hooks, std::int64_t tcp_keepalive_s)
    : work_(asio::make_work_guard(io_)),
      shard_(std::move(config), std::move(tunables), net::read_clocks()),
      driver_(io_, shard_, resolver, std::move(hooks), tcp_keepalive_s),
      mailbox_(io_, [this] {
        driver_.turn([this] { mailbox_.open_all([this](Mailbox::Letter& letter) { open(letter); }); });
      }) {}

ShardThread::~ShardThread() = default;

void ShardThread::open(Mailbox::Letter& letter) {
  letter.task ? letter.task() : driver_.from_sibling(letter.from, letter.batch);
}

void ShardThread::start() {
  thread_ = std::thread([this] {
    driver_.start();
    io_.run();
  });
}

void ShardThread::stop() {
  if (!thread_.joinable()) return;
  // The io_context ends by itself once the last handler has run.
  mailbox_.send_task([this] {
    driver_.abandon();
    work_.reset();
  });
  thread_.join();
}

}  // namespace limpet::node
