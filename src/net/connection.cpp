#include <limpet/net/connection.hpp>

namespace limpet::net {

void refuse(Connection connection, const std::string& line) {
  Wire wire(std::move(connection.descriptor), std::move(connection.layer));
  (void)wire.write(line);
  (void)wire.shut();
}

}  // namespace limpet::net
