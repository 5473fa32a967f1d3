#include <limpet/net/wire.hpp>

namespace limpet::net {

Io Wire::stopped(Io::State wants) {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {.state = wants};
  return {.state = Io::State::failed, .error = errno};
}

Io Wire::shut_socket(int socket) {
  if (::shutdown(socket, SHUT_WR) != 0) return {.state = Io::State::failed, .error = errno};
  return {};
}

}  // namespace limpet::net
