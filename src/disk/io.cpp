#include "io.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace limpet::disk {

tl::unexpected<Error> io_error(const std::string& path, const std::string& what) {
  const int error = errno;
  const char* const fix = error == ENOSPC || error == EDQUOT ? "; make room there" : "";
  return fail(Code::io, path + ": " + what + ": " + std::strerror(error) + fix);
}

Result<void> write_whole(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error(path, "cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace limpet::disk
