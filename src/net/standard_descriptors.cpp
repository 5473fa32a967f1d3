#include <fcntl.h>
#include <unistd.h>

#include <limpet/net/standard_descriptors.hpp>

namespace limpet::net {

void hold_standard_descriptors() {
  for (;;) {
    // The kernel gives the lowest number that is free. Whoever is started by this process may have it, too.
    const int descriptor = ::open("/dev/null", O_RDWR);  // NOLINT(android-cloexec-open)
    if (descriptor < 0) return;
    if (descriptor > STDERR_FILENO) {
      ::close(descriptor);
      return;
    }
  }
}

}  // namespace limpet::net
