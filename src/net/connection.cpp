#include <sys/socket.h>
#include <unistd.h>

#include <limpet/net/connection.hpp>

namespace limpet::net {

void Descriptor::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void turn_away(Connection connection, const std::string& line) {
  const int socket = connection.descriptor.get();
  (void)::send(socket, line.data(), line.size(), MSG_NOSIGNAL);
  ::shutdown(socket, SHUT_WR);
}

}  // namespace limpet::net
