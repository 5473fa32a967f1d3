// Directory: the data directory of a node. It belongs to one node of one cluster, and to one process at a
// time.
//
//   limpet.id       whose it is: cluster, node, format
//   limpet.lock     locked by the process that runs (flock)
//   limpet.fence    the run that owns it: a generation that every start raises, and a number drawn at random
//   limpet.room     nothing: room for the next start on a disk that is full by then (reserve.hpp)
//   set-aside-*     journals that no start reads any more (set_aside.hpp)
//   *.titles        which slots are its own (title_file.hpp)
//   *.seals         how far earlier runs go (journal/seals.hpp)
//   *.journal       the journal (journal/segment.hpp)
//
// A lock does not hold between hosts that share a volume wrongly, so there is the fence: who starts replaces
// it, and who ran before finds that it is not its own any more before it acknowledges anything.
//
// Any thread may call fenced() and fenced_here(); everything else is for the owner. Errors name the path and
// what to do.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <limpet/base/result.hpp>
#include <limpet/disk/mapping.hpp>
#include <limpet/disk/reserve.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::disk {

// Of a file that is not whole yet: removed by the next start.
inline constexpr std::string_view kUnfinishedExtension = ".new";

struct Identity {
  std::string cluster;
  std::string node;
};

// A file descriptor that is closed with its owner.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

class Directory {
 public:
  // Makes it if it is not there (for its user alone), checks whose it is, locks it.
  static Result<std::unique_ptr<Directory>> open(const std::string& path, const Identity& identity);
  // Whether a node has kept something there.
  [[nodiscard]] static bool is_there(const std::string& path);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Reserve& reserve() const { return *reserve_; }
  [[nodiscard]] Result<std::vector<std::string>> list(std::string_view extension) const;
  [[nodiscard]] Result<std::string> read(const std::string& name) const;
  // The first bytes of a file, as many as it has up to `bytes`.
  [[nodiscard]] Result<std::string> read_head(const std::string& name, std::size_t bytes) const;
  [[nodiscard]] Result<Mapping> map(const std::string& name) const;

  // Begins a run: its generation is above all before, and above `at_least`. On the disk when this returns.
  Result<std::uint64_t> begin_generation(std::uint64_t at_least);
  // Is the directory still this run's? An error says whose it is now.
  [[nodiscard]] Result<void> fenced() const;
  // The same as far as the kernel of this host knows, with one call: on a network file system it may know
  // some seconds late what another host did.
  [[nodiscard]] Result<void> fenced_here() const;

  // A new, empty file for appending. The name is on the disk once sync() has returned.
  [[nodiscard]] Result<File> create(const std::string& name) const;
  // A file that is there.
  [[nodiscard]] Result<File> open_to_append(const std::string& name) const;
  void remove(const std::string& name) const;
  [[nodiscard]] Result<void> sync() const;
  // The same for what anybody has written to a file.
  [[nodiscard]] Result<void> sync(const std::string& name) const;
  // On the disk when this returns.
  [[nodiscard]] Result<void> rename(const std::string& from, const std::string& to) const;
  // A small file, whole or not at all, and on the disk when this returns. A start may take the reserve for
  // it.
  [[nodiscard]] Result<void> replace(const std::string& name, std::string_view content) const;
  // The generation that a small file of one line names; 0 without the file.
  [[nodiscard]] Result<std::uint64_t> generation_in(const std::string& name) const;

 private:
  Directory(std::string path, File self, File lock);
  Result<void> check_identity(const Identity& identity);
  [[nodiscard]] Result<void> write_anew(const std::string& name, std::string_view content) const;

  std::string path_;
  File self_;
  File lock_;
  std::unique_ptr<Reserve> reserve_;
  std::string fence_;            // what this run wrote
  struct ::stat fence_stat_ {};  // of that file
};

}  // namespace limpet::disk
