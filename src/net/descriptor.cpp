#include <unistd.h>

#include <limpet/net/descriptor.hpp>

namespace limpet::net {

void Descriptor::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace limpet::net
