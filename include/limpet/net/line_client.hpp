// LineClient: a connection to a server, seen from the other end: sends commands, reads replies, waits for
// them.
//
// For programs that do one thing at a time, such as the command-line client; a node never uses it. Blocks its
// caller, but for no longer than the time-outs say. While it writes it also reads, so a long pipeline cannot
// lock up with a server that waits for its replies to be read. Owned and used by one thread. Times are
// milliseconds.
//
// Errors: Code::unavailable (cannot connect, connection lost, time-out), Code::refused (wrong password),
// Code::bad_input (the bytes that came are no RESP). After any of them the connection is closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/result.hpp>
#include <limpet/resp/value.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace limpet::net {

struct LineClientOptions {
  std::string host = {};
  std::uint16_t port = 0;
  std::string path = {};      // of a Unix socket, instead of host and port
  std::string password = {};  // empty: none; else AUTH is the first command
  bool resp3 = false;         // HELLO 3 before anything else is sent
  std::int64_t connect_ms = 3'000;
  std::int64_t reply_ms = 10'000;  // the longest silence while a reply is awaited or bytes are to be sent
};

class LineClient {
 public:
  explicit LineClient(LineClientOptions options);
  LineClient(LineClient&&) noexcept;
  ~LineClient();

  // Connects and authenticates. Closes what was open before.
  [[nodiscard]] Result<void> connect();
  [[nodiscard]] bool connected() const;
  // Is the connection still there? Notices, without waiting, that the server has closed it.
  [[nodiscard]] bool alive();
  void close();

  // Puts a command behind those that wait to be sent.
  void queue(std::span<const std::string_view> args);
  [[nodiscard]] std::size_t queued_bytes() const;
  // Sends what is queued.
  [[nodiscard]] Result<void> flush();
  // The next reply; RESP3's pushes are passed over. REQUIRES: a command was sent whose reply was not read.
  [[nodiscard]] Result<resp::Value> receive();

  // Sends one command and waits for its reply. An error reply is a value.
  [[nodiscard]] Result<resp::Value> ask(std::span<const std::string_view> args);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limpet::net
