// Wire: a socket and what is known of it. It belongs to a Driver.
#pragma once

#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <limpet/net/connection.hpp>
#include <limpet/shard/shard.hpp>
#include <string>

namespace limpet::net {

struct Wire {
  StreamId id;
  Descriptor socket;  // none while it is being dialled
  bool dialing = false;
  bool readable = false;  // as far as we know, a read would not block
  bool hung_up = false;   // the other side sends no more
  bool gone = false;      // nor does it read
  bool blocked = false;   // the last write would have blocked
  bool queued = false;    // stands in the list of those to be read from again
  // The shard is done with it: what the other side still sends is thrown away until it closes or time is up.
  // Closing with unread bytes would reset the connection and could take the last replies with it.
  bool lingering = false;
  bool closed = false;
  std::int64_t linger_until_ms = 0;
  std::int64_t finish_by_ms = 0;  // by then its last bytes have to be written; 0: it is not to be closed
};

// Options of every connection. Failures are not worth a word: the connection works without them, and on a
// Unix socket none of them means anything.
void tune(int socket, std::int64_t keepalive_s, bool between_nodes);

// "127.0.0.1:7601", "[::1]:7601"
[[nodiscard]] std::string text_of(const asio::ip::tcp::endpoint& endpoint);

}  // namespace limpet::net
