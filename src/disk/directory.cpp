#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/disk/directory.hpp>
#include <random>

#include "io.hpp"
#include "small_files.hpp"

namespace limpet::disk {

namespace {

constexpr const char* kLock = "limpet.lock";
constexpr const char* kFence = "limpet.fence";

bool is_same(const ::timespec& a, const ::timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

// "DIR" of "DIR/", "DIR//" and "DIR/.": else it would be made on the way to itself, with the permissions of a
// parent.
std::string without_tail(std::string path) {
  for (;;) {
    if (path.size() > 1 && path.ends_with('/')) {
      path.pop_back();
    } else if (path.size() > 2 && path.ends_with("/.")) {
      path.resize(path.size() - 2);
    } else {
      return path;
    }
  }
}

}  // namespace

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Directory::Directory(std::string path, File self, File lock)
    : path_(std::move(path)),
      self_(std::move(self)),
      lock_(std::move(lock)),
      reserve_(std::make_unique<Reserve>(path_)) {}
Directory::~Directory() = default;

Result<std::unique_ptr<Directory>> Directory::open(const std::string& given, const Identity& identity) {
  std::error_code error;
  const std::string path = without_tail(given);
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return io_error(path, "cannot be made");
  File self(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!self.open()) return io_error(path, "cannot be opened as a directory");
  File lock(::openat(self.get(), kLock, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.open()) return io_error(path + "/" + kLock, "cannot be opened");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_error(path + "/" + kLock, "cannot be locked");
    return fail(Code::unavailable,
                path +
                    ": another limpetd runs on this data directory. Stop it, or choose another with "
                    "--data-dir");
  }
  auto directory = std::unique_ptr<Directory>(new Directory(path, std::move(self), std::move(lock)));
  if (Result<void> mine = directory->check_identity(identity); !mine) return tl::unexpected(mine.error());
  return directory;
}

bool Directory::is_there(const std::string& path) {
  return ::access((path + "/" + kIdentityName).c_str(), F_OK) == 0;
}

Result<void> Directory::check_identity(const Identity& identity) {
  const std::string wanted =
      fmt::format("{}format {}\ncluster {}\nnode {}\n", kIdentityTitle, kDirectoryFormat,
                  printable(identity.cluster), printable(identity.node));
  const std::string path = path_ + "/" + kIdentityName;
  if (::faccessat(self_.get(), kIdentityName, F_OK, 0) != 0) {
    if (errno != ENOENT) return io_error(path, "cannot be looked at");
    const auto journals = list(".journal");
    if (journals && !journals->empty()) {
      return fail(Code::refused,
                  path + " is missing, but there are journal files: put it back, or move them away");
    }
    return replace(kIdentityName, wanted);
  }
  const auto found = read(kIdentityName);
  if (!found) return tl::unexpected(found.error());
  if (*found == wanted) return {};
  if (const auto format = parse_int64(line_of(*found, "format")); !format || *format > kDirectoryFormat) {
    return fail(Code::refused,
                path + ": this directory is not of format " + std::to_string(kDirectoryFormat) +
                    ", the one that this limpetd knows: start the newer limpetd that wrote it");
  }
  return fail(Code::refused,
              fmt::format("{}: this directory belongs to node '{}' of cluster '{}', not to node '{}' of "
                          "cluster '{}': choose another with --data-dir, or start that node",
                          path_, line_of(*found, "node"), line_of(*found, "cluster"), identity.node,
                          identity.cluster));
}

Result<std::vector<std::string>> Directory::list(std::string_view extension) const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
    std::string name = at->path().filename().string();
    if (name.ends_with(extension)) names.push_back(std::move(name));
  }
  if (error) return fail(Code::io, path_ + ": cannot be listed: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

Result<Mapping> Directory::map(const std::string& name) const {
  Result<std::optional<Mapping>> mapping = Mapping::of(path_ + "/" + name);
  if (!mapping) return tl::unexpected(std::move(mapping.error()));
  if (!*mapping) return fail(Code::io, "is gone");
  if (Result<void> read = (*mapping)->read_all(); !read) return tl::unexpected(std::move(read.error()));
  return std::move(**mapping);
}

Result<std::string> Directory::read(const std::string& name) const {
  return read_head(name, std::numeric_limits<std::size_t>::max());
}

Result<std::string> Directory::read_head(const std::string& name, std::size_t bytes) const {
  const std::string path = path_ + "/" + name;
  const File file(::openat(self_.get(), name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return io_error(path, "cannot be opened");
  struct ::stat facts {};
  if (::fstat(file.get(), &facts) != 0) return io_error(path, "cannot be looked at");
  std::string content(std::min(static_cast<std::size_t>(facts.st_size), bytes), '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t count = ::read(file.get(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error(path, "cannot be read");
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  content.resize(size);
  return content;
}

Result<File> Directory::create(const std::string& name) const {
  File file(::openat(self_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.open()) return io_error(path_ + "/" + name, "cannot be made");
  return file;
}

Result<File> Directory::open_to_append(const std::string& name) const {
  File file(::openat(self_.get(), name.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file.open()) return io_error(path_ + "/" + name, "cannot be opened");
  return file;
}

void Directory::remove(const std::string& name) const { ::unlinkat(self_.get(), name.c_str(), 0); }

Result<void> Directory::sync() const {
  if (::fsync(self_.get()) != 0) return io_error(path_, "cannot be synced");
  return {};
}

Result<void> Directory::sync(const std::string& name) const {
  const File file(::openat(self_.get(), name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return io_error(path_ + "/" + name, "cannot be opened");
  if (::fdatasync(file.get()) != 0) return io_error(path_ + "/" + name, "cannot be synced");
  return {};
}

Result<void> Directory::replace(const std::string& name, std::string_view content) const {
  Result<void> written = write_anew(name, content);
  if (!written && reserve_->spend()) written = write_anew(name, content);
  if (!written) remove(name + std::string(kUnfinishedExtension));
  return written;
}

Result<void> Directory::write_anew(const std::string& name, std::string_view content) const {
  const std::string fresh = name + std::string(kUnfinishedExtension);
  const std::string path = path_ + "/" + fresh;
  {
    const File file(::openat(self_.get(), fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file.open()) return io_error(path, "cannot be made");
    if (Result<void> written = write_whole(file.get(), content, path); !written) return written;
    if (::fsync(file.get()) != 0) return io_error(path, "cannot be synced");
  }
  return rename(fresh, name);
}

Result<void> Directory::rename(const std::string& from, const std::string& to) const {
  if (::renameat(self_.get(), from.c_str(), self_.get(), to.c_str()) != 0) {
    return io_error(path_ + "/" + from, "cannot be renamed to " + to);
  }
  return sync();
}

Result<std::uint64_t> Directory::generation_in(const std::string& name) const {
  if (::faccessat(self_.get(), name.c_str(), F_OK, 0) != 0 && errno == ENOENT) return 0;
  const auto content = read(name);
  if (!content) return tl::unexpected(content.error());
  return generation_of(*content, path_ + "/" + name);
}

Result<std::uint64_t> Directory::begin_generation(std::uint64_t at_least) {
  const auto before = generation_in(kFence);
  if (!before) return before;
  const std::uint64_t last = std::max(*before, at_least);
  std::random_device device;
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  fence_ = fmt::format("generation {}\nnonce {:08x}{:08x}\nhost {}\npid {}\n", last + 1, device(), device(),
                       printable(host), ::getpid());
  if (Result<void> written = replace(kFence, fence_); !written) return tl::unexpected(written.error());
  if (::fstatat(self_.get(), kFence, &fence_stat_, 0) != 0) return io_error(path_, "cannot be looked at");
  return last + 1;
}

Result<void> Directory::fenced() const {
  const auto fence = read(kFence);
  if (!fence) return tl::unexpected(fence.error());
  if (*fence == fence_) return {};
  return fail(Code::refused, fmt::format("{}: this data directory was taken over by process {} on host {}",
                                         path_, line_of(*fence, "pid"), line_of(*fence, "host")));
}

Result<void> Directory::fenced_here() const {
  struct ::stat now {};
  const bool same = ::fstatat(self_.get(), kFence, &now, 0) == 0 && now.st_dev == fence_stat_.st_dev &&
                    now.st_ino == fence_stat_.st_ino && now.st_size == fence_stat_.st_size &&
                    is_same(now.st_mtim, fence_stat_.st_mtim) && is_same(now.st_ctim, fence_stat_.st_ctim);
  return same ? Result<void>() : fenced();
}

}  // namespace limpet::disk
