#include "sockets.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <limpet/base/limits.hpp>

namespace limpet::net {

namespace {

// Bytes that a socket between nodes may hold unsent: more would stand between a small frame and the network.
constexpr int kUnsentBytes = 128 * 1024;
constexpr int kKeepaliveProbes = 3;

void set_option(int descriptor, int level, int name, int value) {
  (void)::setsockopt(descriptor, level, name, &value, sizeof value);
}

}  // namespace

void tune(int descriptor, std::int64_t keepalive_s, bool between_nodes) {
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  if (keepalive_s > 0) {
    const int seconds = static_cast<int>(keepalive_s);
    set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL,
               seconds / kKeepaliveProbes > 0 ? seconds / kKeepaliveProbes : 1);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
  }
  if (between_nodes) {
    set_option(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
    set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(kPeerDeadMs));
  }
}

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  const std::string port = std::to_string(endpoint.port());
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

}  // namespace limpet::net
