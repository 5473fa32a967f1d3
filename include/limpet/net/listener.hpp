// Listener: accepts connections, over TCP or on a Unix socket, and hands them on. It goes on when descriptors
// run out: it waits a moment and tries again, and does not spin.
//
// Runs on the io_context that it is given; every function is called on its thread, start() before it runs.
#pragma once

#include <asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <limpet/base/result.hpp>
#include <limpet/net/connection.hpp>
#include <memory>
#include <string>

namespace limpet::net {

class Listener {
  class Impl;

 public:
  using Accepted = std::function<void(Connection)>;
  using Trouble = std::function<void(const std::string&)>;  // for the log; at most one a second

  // Binds and listens, at the first address of a name that this host has. May wait for a name server, for
  // kLookUpMs at most. Error: in words of the operating system, with the address.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> bind(asio::io_context& io, const std::string& host,
                                                              std::uint16_t port);
  // On a Unix socket, a file with these permissions that goes with the listener. One that a dead process left
  // is replaced; one that somebody still listens on, or a file of another kind, is an error.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> bind_unix(asio::io_context& io,
                                                                   const std::string& path,
                                                                   unsigned permissions);
  explicit Listener(std::unique_ptr<Impl> impl);  // for bind(): nobody else has an Impl
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start(Accepted accepted, Trouble trouble);
  void stop();
  [[nodiscard]] std::string local() const;  // "127.0.0.1:7601": also where a name was given, or port 0
  [[nodiscard]] bool on_loopback() const;   // or on a Unix socket

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace limpet::net
