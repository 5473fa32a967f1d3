#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <limpet/base/limits.hpp>
#include <limpet/disk/directory.hpp>
#include <limpet/disk/reserve.hpp>

namespace limpet::disk {

bool Reserve::spend() {
  if (!starting_ || ::unlink(path_.c_str()) != 0) return false;
  spent_ = true;
  return true;
}

void Reserve::settle() {
  starting_ = false;
  if (!spent_) return refill();
  for (std::uint64_t bytes = kStartRoomBytes; bytes > 0; bytes -= kStartRoomStepBytes) {
    if (keep(bytes)) return;
  }
  ::unlink(path_.c_str());
}

// Never the last room that there is: that is for the journal.
void Reserve::refill() {
  if (starting_ || kept() >= kStartRoomBytes || free_bytes() < kStartRoomBytes + kDiskRoomBytes) return;
  if (!keep(kStartRoomBytes)) ::unlink(path_.c_str());
}

bool Reserve::keep(std::uint64_t bytes) const {
  const File file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  return file.open() && ::posix_fallocate(file.get(), 0, static_cast<::off_t>(bytes)) == 0;
}

std::uint64_t Reserve::kept() const {
  struct ::stat facts {};
  constexpr std::uint64_t kBlock = 512;  // as stat() counts
  return ::stat(path_.c_str(), &facts) == 0 ? static_cast<std::uint64_t>(facts.st_blocks) * kBlock : 0;
}

std::uint64_t Reserve::free_bytes() const {
  struct ::statvfs facts {};
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  return ::statvfs(folder.c_str(), &facts) == 0 ? facts.f_bavail * facts.f_frsize : 0;
}

}  // namespace limpet::disk
