#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <limpet/disk/directory.hpp>
#include <limpet/disk/mapping.hpp>
#include <unistd.h>

#ifndef MADV_POPULATE_READ  // of Linux 5.14; older headers do not know it
#define MADV_POPULATE_READ 22
#endif

namespace limpet::disk {

namespace {

tl::unexpected<Error> failed() { return fail(Code::io, std::string("cannot be read: ") + std::strerror(errno)); }

Result<std::string> copy_of(int fd, std::size_t size) {
  std::string content(size, '\0');
  std::size_t at = 0;
  while (at < size) {
    const ssize_t count = ::pread(fd, content.data() + at, size - at, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed();
    if (count == 0) break;
    at += static_cast<std::size_t>(count);
  }
  content.resize(at);
  return content;
}

}  // namespace

Result<Mapping> Mapping::read(int directory, const std::string& name) {
  const File file(::openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return failed();
  struct ::stat facts {};
  if (::fstat(file.get(), &facts) != 0) return failed();
  const auto size = static_cast<std::size_t>(facts.st_size);
  Mapping mapping;
  if (size == 0) return mapping;
  void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (at != MAP_FAILED) {
    mapping.bytes_ = {static_cast<const char*>(at), size};
    if (::madvise(at, size, MADV_POPULATE_READ) == 0) return mapping;
    // EFAULT is what would have been a signal.
    if (errno != EINVAL && errno != ENOSYS) {
      if (errno == EFAULT) errno = EIO;
      return failed();
    }
  }
  Result<std::string> copy = copy_of(file.get(), size);
  if (!copy) return tl::unexpected(std::move(copy.error()));
  mapping.copy_ = std::move(*copy);
  return mapping;
}

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace limpet::disk
