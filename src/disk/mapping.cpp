#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <limpet/disk/directory.hpp>
#include <limpet/disk/mapping.hpp>

#include "io.hpp"

#ifndef MADV_POPULATE_READ  // of Linux 5.14, which older headers do not know
#define MADV_POPULATE_READ 22
#endif

namespace limpet::disk {

Result<std::optional<Mapping>> Mapping::of(const std::string& path) {
  // Not to wait for a writer, should it be a pipe.
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open() && errno == ENOENT) return std::nullopt;
  if (!file.open()) return io_error(path, "cannot be opened");
  struct ::stat facts {};
  if (::fstat(file.get(), &facts) != 0) return io_error(path, "cannot be looked at");
  if (!S_ISREG(facts.st_mode)) return fail(Code::io, path + ": is no file");
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) return Mapping(nullptr, 0);
  void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (at == MAP_FAILED) return io_error(path, "cannot be mapped");
  ::madvise(at, size, MADV_SEQUENTIAL);
  return Mapping(at, size);
}

Result<void> Mapping::read_all() const {
  if (at_ == nullptr || ::madvise(at_, size_, MADV_POPULATE_READ) == 0) return {};
  if (errno == EINVAL || errno == ENOSYS) return {};  // an older kernel reads when it has to
  // EFAULT stands for what would have been a signal.
  return fail(Code::io, std::string("cannot be read: ") + std::strerror(errno == EFAULT ? EIO : errno));
}

Mapping::~Mapping() {
  if (at_ != nullptr) ::munmap(at_, size_);
}

}  // namespace limpet::disk
