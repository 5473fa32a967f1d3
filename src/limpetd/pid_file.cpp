#include "pid_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <limpet/base/number.hpp>
#include <optional>
#include <string_view>
#include <utility>

namespace limpet::limpetd {
namespace {

tl::unexpected<Error> cannot_write(const std::string& path) {
  return fail(Code::io, path + ": cannot be written: " + std::strerror(errno) + "; change --pid-file");
}

tl::unexpected<Error> taken(const std::string& path, const std::string& pid) {
  return fail(Code::refused, path + ": limpetd already runs" + (pid.empty() ? "" : " as process " + pid) +
                                 "; stop it first, or change --pid-file");
}

std::string pid_in(int fd) {
  char text[32];
  const ssize_t count = ::pread(fd, text, sizeof text, 0);
  std::string_view rest(text, count > 0 ? static_cast<std::size_t>(count) : 0);
  rest = rest.substr(0, rest.find_first_not_of("0123456789"));
  return std::string(rest);
}

std::string program_of(const std::string& pid) {
  std::string name;
  std::getline(std::ifstream("/proc/" + pid + "/comm"), name);
  return name;
}

// A dead one whose parent has not asked for it yet is still there, as in a container without an init.
bool is_zombie(const std::string& pid) {
  std::string line;
  std::getline(std::ifstream("/proc/" + pid + "/stat"), line);
  const std::size_t name_end = line.rfind(") ");
  return name_end != std::string::npos && line.substr(name_end + 2, 1) == "Z";
}

// A live process of the same program. Process ids are used again, so any other program there is a
// coincidence.
bool names_a_running_limpetd(const std::string& pid) {
  const auto number = parse_int64(pid);
  if (!number || *number <= 0 || *number == ::getpid()) return false;
  return ::kill(static_cast<pid_t>(*number), 0) == 0 && program_of(pid) == program_of(to_text(::getpid())) &&
         !is_zombie(pid);
}

bool is_locked(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; }

}  // namespace

Result<void> PidFile::check(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};  // none there, or none that can be read; write() will tell
  const std::string pid = pid_in(fd);
  const bool running = is_locked(fd) || names_a_running_limpetd(pid);
  ::close(fd);
  if (running) return taken(path, pid);
  return {};
}

Result<std::unique_ptr<PidFile>> PidFile::write(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return cannot_write(path);
  std::unique_ptr<PidFile> file(new PidFile(path, fd));
  if (is_locked(fd)) {
    const std::string pid = pid_in(fd);
    ::close(std::exchange(file->fd_, -1));
    return taken(path, pid);
  }
  const std::string text = std::to_string(::getpid()) + "\n";
  errno = ENOSPC;  // also of a write that is short
  file->whole_ = ::ftruncate(fd, 0) == 0 &&
                 ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  if (!file->whole_ && errno != ENOSPC && errno != EDQUOT) return cannot_write(path);
  return file;
}

PidFile::~PidFile() {
  if (fd_ < 0) return;
  struct stat ours {};
  struct stat there {};
  const bool same = ::fstat(fd_, &ours) == 0 && ::stat(path_.c_str(), &there) == 0 &&
                    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
  if (same) ::unlink(path_.c_str());
  ::close(fd_);
}

}  // namespace limpet::limpetd
