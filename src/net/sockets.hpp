// Options and names of sockets.
#pragma once

#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

namespace limpet::net {

// Options of every connection. Failures are not worth a word: the connection works without them, and on a
// Unix socket none of them means anything.
void tune(int socket, std::int64_t keepalive_s, bool between_nodes);

// "127.0.0.1:7601", "[::1]:7601"
[[nodiscard]] std::string text_of(const asio::ip::tcp::endpoint& endpoint);

}  // namespace limpet::net
