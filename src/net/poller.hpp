// Poller: waits for many sockets at once, at the price of one wait of Asio.
//
// Asio tells the kernel anew for every wait on every socket, and calls a handler for each: for a small
// request that is a third of its system calls. Here the sockets stand in an epoll of their own,
// edge-triggered and for good, so that nothing is ever said again about them; only that epoll's descriptor is
// waited for by Asio.
//
// Edges. An event says that something has changed: there are bytes, there is room, the other side has gone.
// It is not repeated, so its taker keeps it in mind until a read or write has said that it would block.
//
// Belongs to one thread, that of its io_context. A socket leaves by being closed.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <functional>
#include <span>

namespace limpet::net {

class Poller {
 public:
  // `ready` is called when there is something to take; nothing waits on after it until wait(). Throws
  // std::system_error if there is no descriptor for the epoll.
  Poller(asio::io_context& io, std::function<void()> ready);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `owner` is in the events' data.ptr. False if the kernel has no room for it.
  [[nodiscard]] bool add(int descriptor, void* owner);
  // What has changed since the last call; valid until the next one. Never waits.
  [[nodiscard]] std::span<const epoll_event> take();
  void wait();
  void close();

 private:
  static constexpr std::size_t kEventsMax = 256;

  asio::posix::stream_descriptor epoll_;
  std::function<void()> ready_;
  bool waiting_ = false;
  std::array<epoll_event, kEventsMax> events_;
};

}  // namespace limpet::net
