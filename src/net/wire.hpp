// Wire: a socket and what is under way on it. It belongs to a Driver and lives until the last of its handlers
// has run.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <limpet/shard/shard.hpp>
#include <string>

namespace limpet::net {

struct Wire {
  explicit Wire(asio::ip::tcp::socket s) : socket(std::move(s)) {}
  explicit Wire(asio::io_context& io) : socket(io) {}  // one to be connected

  asio::ip::tcp::socket socket;
  shard::StreamId id;
  int handlers = 0;  // that will still be called
  bool connected = true;
  bool waiting_to_read = false;
  bool waiting_to_write = false;
  // The shard is done with it: what the other side still sends is thrown away until it closes or time is up.
  // Closing with unread bytes would reset the connection and could take the last replies with it.
  bool lingering = false;
  bool closed = false;
  std::int64_t linger_until_ms = 0;
  std::int64_t finish_by_ms = 0;  // by then its last bytes have to be written; 0: it is not to be closed
};

// Options of every connection. Failures are not worth a word: the connection works without them.
void tune(asio::ip::tcp::socket& socket, std::int64_t keepalive_s, bool between_nodes);

// "127.0.0.1:7601", "[::1]:7601"; empty if the connection is gone.
[[nodiscard]] std::string text_of(const asio::ip::tcp::endpoint& endpoint);

}  // namespace limpet::net
