#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limpet/disk/directory.hpp>
#include <limpet/disk/mapping.hpp>
#include <vector>

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

namespace {

// Of pages that are in memory already nothing has to be asked of the disk, and to ask for each costs more
// than to read it later.
bool in_memory(void* at, std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((size + page - 1) / page);
  if (::mincore(at, size, pages.data()) != 0) return false;
  return std::all_of(pages.begin(), pages.end(), [](unsigned char flags) { return (flags & 1) != 0; });
}

}  // namespace

Result<void> Mapping::read_all() const {
  if (at_ == nullptr || in_memory(at_, size_) || ::madvise(at_, size_, MADV_POPULATE_READ) == 0) return {};
  if (errno == EINVAL || errno == ENOSYS) return {};  // an older kernel reads when it has to
  // EFAULT stands for what would have been a signal.
  return fail(Code::io, std::string("cannot be read: ") + std::strerror(errno == EFAULT ? EIO : errno));
}

Mapping::~Mapping() {
  if (at_ != nullptr) ::munmap(at_, size_);
}

}  // namespace limpet::disk
