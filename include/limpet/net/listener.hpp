// Listener: accepts connections and hands them on. It goes on when descriptors run out: it waits a moment and
// tries again, and does not spin.
//
// Runs on the io_context that it is given; every function is called on its thread, start() before it runs.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <limpet/base/result.hpp>
#include <memory>
#include <string>

namespace limpet::net {

class Listener {
 public:
  // Which io_context the next connection is for.
  using Next = std::function<asio::io_context&()>;
  using Accepted = std::function<void(asio::ip::tcp::socket)>;  // bound to the io_context that Next named
  using Trouble = std::function<void(const std::string&)>;      // for the log; at most one a second

  // Binds and listens. Error: in words of the operating system, with the address.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> bind(asio::io_context& io, const std::string& host,
                                                              std::uint16_t port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start(Next next, Accepted accepted, Trouble trouble);
  void stop();
  [[nodiscard]] bool on_loopback() const;
  [[nodiscard]] std::uint16_t port() const;

 private:
  class Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Sends a last line to a connection that is not wanted, and closes it.
void turn_away(asio::ip::tcp::socket socket, const std::string& line);

}  // namespace limpet::net
