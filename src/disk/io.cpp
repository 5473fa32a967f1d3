#include "io.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace limpet::disk {

bool is_full(int error) { return error == ENOSPC || error == EDQUOT; }

tl::unexpected<Error> io_error(const std::string& path, const std::string& what) {
  const int error = errno;
  const char* const fix = is_full(error) ? "; make room there" : "";
  return fail(Code::io, path + ": " + what + ": " + std::strerror(error) + fix);
}

std::optional<std::uint64_t> room_of(int fd) {
  struct ::statvfs facts {};
  if (::fstatvfs(fd, &facts) != 0) return std::nullopt;
  return std::uint64_t{facts.f_bavail} * facts.f_frsize;
}

Result<void> write_whole(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const bool full = is_full(errno);
      tl::unexpected<Error> error = io_error(path, "cannot be written");
      if (full) error.value().code = Code::full;
      return error;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return io_error(path, "cannot be opened");
  Result<void> synced;
  if (::fsync(folder) != 0) synced = io_error(path, "cannot be synced");
  ::close(folder);
  return synced;
}

}  // namespace limpet::disk
