// A server of one thread that answers each command as a function says: the other end of the line client in
// tests.
#pragma once

#include <array>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limpet/resp/request.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace limpet::net::testing {

class FakeServer {
 public:
  // The bytes to answer with; nothing: ends the connection.
  using Answer = std::function<std::optional<std::string>(const resp::Args&)>;

  explicit FakeServer(Answer answer)
      : answer_(std::move(answer)), acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {
    port_ = acceptor_.local_endpoint().port();
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    stopping_ = true;
    // Wakes the thread from its accept.
    asio::error_code ignored;
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::make_address("127.0.0.1"), port_}, ignored);
    thread_.join();
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  // One connection after the other.
  void serve() {
    while (true) {
      asio::error_code error;
      asio::ip::tcp::socket socket(io_);
      acceptor_.accept(socket, error);
      if (stopping_ || error) return;
      ++connections_;
      converse(socket);
    }
  }

  void converse(asio::ip::tcp::socket& socket) {
    constexpr resp::RequestLimits kLimits{1'000'000, std::size_t{64} << 20, std::size_t{64} << 20};
    resp::RequestParser parser;
    resp::Args args;
    std::string input;
    std::array<char, 65536> chunk;
    asio::error_code error;
    while (true) {
      const auto step = parser.next(input, kLimits, args);
      if (step.kind == resp::RequestStep::Kind::need_more) {
        const std::size_t count = socket.read_some(asio::buffer(chunk), error);
        if (error) return;
        input.append(chunk.data(), count);
        continue;
      }
      const auto reply = answer_(args);
      if (!reply) return;
      asio::write(socket, asio::buffer(*reply), error);
      if (error) return;
      input.erase(0, step.consumed);
    }
  }

  Answer answer_;
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

}  // namespace limpet::net::testing
