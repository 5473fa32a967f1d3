#include <limpet/net/connection.hpp>

namespace limpet::net {

void turn_away(Connection connection, const std::string& line) {
  Wire wire(std::move(connection.descriptor), std::move(connection.layer));
  (void)wire.write(line);
  (void)wire.shut();
}

}  // namespace limpet::net
