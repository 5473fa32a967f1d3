#include "files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limpet/base/limits.hpp>

namespace limpet::limpetd {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

struct FileText {
  std::string text;
  mode_t mode = 0;
};

std::string kind_of(mode_t mode) {
  return S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
}

tl::unexpected<Error> cannot_read(const std::string& path, int error) {
  return fail(Code::io, path + ": cannot be read: " + std::strerror(error));
}

Result<FileText> read_whole(const std::string& path, std::size_t bytes_max) {
  // O_NONBLOCK so that a FIFO in the file's place is an error and not a wait without end.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return cannot_read(path, errno);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return cannot_read(path, errno);
  if (S_ISDIR(about.st_mode)) return cannot_read(path, EISDIR);
  if (!S_ISREG(about.st_mode)) {
    return fail(Code::io, path + ": cannot be read: it is " + kind_of(about.st_mode) + ", and not a file");
  }

  FileText out;
  out.mode = about.st_mode;
  char buffer[16 * 1024];
  while (out.text.size() <= bytes_max) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count == 0) return out;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(path, errno);
    out.text.append(buffer, static_cast<std::size_t>(count));
  }
  return fail(Code::bad_config, path + ": larger than " + std::to_string(bytes_max) + " bytes");
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  return read_whole(path, bytes_max).map([](FileText file) { return std::move(file.text); });
}

Result<SecretText> read_secrets(const std::string& path) {
  auto file = read_whole(path, kSecretBytesMax);
  if (!file) return tl::unexpected(file.error());
  auto secrets = parse_secrets(file->text, path);
  if (secrets && (file->mode & (S_IRGRP | S_IROTH)) != 0) {
    secrets->warnings.push_back(path + ": others than its owner can read it; chmod 600 it");
  }
  return secrets;
}

}  // namespace limpet::limpetd
