#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limpet/base/limits.hpp>
#include <limpet/disk/backup.hpp>
#include <limpet/disk/backup_titles.hpp>
#include <limpet/disk/capture.hpp>
#include <limpet/disk/directory.hpp>
#include <limpet/disk/snapshot_files.hpp>

#include "io.hpp"
#include "small_files.hpp"

namespace limpet::disk {

namespace {

namespace fs = std::filesystem;

// A directory beside the target that goes away unless it becomes the target.
class Unfinished {
 public:
  explicit Unfinished(const std::string& target) : path_(target + ".unfinished-XXXXXX") {}
  ~Unfinished() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  Result<void> make(const struct ::stat& like);
  Result<void> add(const std::string& name, std::string_view bytes) const;
  Result<void> become(const std::string& target);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  // Root makes copies for others: a node that is not root has to be able to read its own.
  void give_away(int fd) const {
    if (::geteuid() == 0 && ::fchown(fd, owner_, group_) != 0) errno = 0;  // not every file system can
  }

  std::string path_;
  bool made_ = false;
  ::uid_t owner_ = 0;
  ::gid_t group_ = 0;
};

Result<void> Unfinished::make(const struct ::stat& like) {
  owner_ = like.st_uid;
  group_ = like.st_gid;
  if (::mkdtemp(path_.data()) == nullptr) return io_error(path_, "cannot be made");  // 0700
  made_ = true;
  const File self(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!self.open()) return io_error(path_, "cannot be opened");
  give_away(self.get());
  return {};
}

Result<void> Unfinished::add(const std::string& name, std::string_view bytes) const {
  const std::string path = path_ + "/" + name;
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.open()) return io_error(path, "cannot be made");
  give_away(file.get());
  if (Result<void> written = write_whole(file.get(), bytes, path); !written) return written;
  if (::fsync(file.get()) != 0) return io_error(path, "cannot be synced");
  return {};
}

Result<void> Unfinished::become(const std::string& target) {
  if (Result<void> synced = sync_folder(path_); !synced) return synced;
  // Takes the place of nothing, or of an empty directory.
  if (::rename(path_.c_str(), target.c_str()) != 0) return io_error(target, "cannot be put in place");
  made_ = false;
  const fs::path parent = fs::path(target).parent_path();
  return sync_folder(parent.empty() ? "." : parent.string());
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

Result<void> check_target(const std::string& directory, const std::string& target) {
  std::error_code error;
  const fs::path inside =
      fs::weakly_canonical(target, error).lexically_relative(fs::canonical(directory, error));
  if (!error && !inside.empty() && *inside.begin() != "..") {
    return fail(Code::bad_input,
                target + ": is inside the directory that is to be copied: choose another place");
  }
  const fs::file_status status = fs::symlink_status(target, error);
  if (fs::exists(status) && !(fs::is_directory(status) && fs::is_empty(target, error))) {
    return fail(Code::bad_input, target + ": is there already: choose a new name, or remove it");
  }
  const fs::path parent = fs::path(target).parent_path();
  if (!parent.empty() && !fs::is_directory(parent, error)) {
    return fail(Code::bad_input, parent.string() + ": there is no such directory: make it first");
  }
  return {};
}

// The copy is read as a start would read it.
Result<void> check_copy(const std::string& directory, const std::string& copy) {
  const auto capture = Capture::of(copy);
  if (!capture) return tl::unexpected(capture.error());
  if (capture->check().sound()) return {};
  return fail(Code::refused, directory +
                                 ": the copy is damaged, so it was not kept. `limpet journal verify " +
                                 directory + "` says whether the original is");
}

// The journal, and the titles as they belong to it.
struct Taken {
  Capture journal;
  std::optional<handoff::TitleBook> titles;
};

Result<Taken> take(const std::string& directory) {
  for (int look = 0; look < kCaptureLooksMax; ++look) {
    const auto before = titles_in(directory);
    if (!before) return tl::unexpected(before.error());
    auto journal = Capture::of(directory);
    if (!journal) return tl::unexpected(journal.error());
    const auto after = titles_in(directory);
    if (!after) return tl::unexpected(after.error());
    if (!*before && !*after) return Taken{std::move(*journal), std::nullopt};
    if (!*before || !*after) continue;
    auto titles = titles_between(**before, **after);
    if (titles) return Taken{std::move(*journal), std::move(titles)};
  }
  return fail(Code::unavailable, directory + ": slots come and go faster than they can be copied: try again");
}

void describe(Backup& backup, const handoff::TitleBook& titles) {
  backup.titles = true;
  backup.epoch = titles.epoch();
  backup.starts = handoff::counter_of(titles.boot());
  for (const handoff::SlotTitle& title : titles.titles()) {
    backup.owned += owns(title) ? 1U : 0U;
    backup.promised += title.promise ? 1U : 0U;
  }
}

}  // namespace

Result<Backup> back_up(const std::string& directory, const std::string& to) {
  const std::string target = without_slash(to);
  const auto taken = take(directory);
  if (!taken) return tl::unexpected(taken.error());
  const Capture* const capture = &taken->journal;
  if (Result<void> free = check_target(directory, target); !free) return tl::unexpected(free.error());
  struct ::stat facts {};
  if (::stat(directory.c_str(), &facts) != 0) return io_error(directory, "cannot be looked at");

  Unfinished copy(target);
  Result<void> done = copy.make(facts);
  if (done) done = copy.add(kIdentityName, capture->identity_text());
  if (done && !capture->base_text().empty()) done = copy.add(kBaseName, capture->base_text());
  if (done && !capture->seals_name().empty()) done = copy.add(capture->seals_name(), capture->seals_text());
  for (const journal::NamedBytes& file : capture->files()) {
    if (done) done = copy.add(file.name, file.bytes);
  }
  if (done && taken->titles) {
    const TitleCopy titles = copy_of(*taken->titles);
    done = copy.add(titles.name, titles.bytes.view());
  }
  if (done) done = check_copy(directory, copy.path());
  if (done) done = copy.become(target);
  if (!done) return tl::unexpected(std::move(done.error()));
  Backup backup;
  backup.cluster = capture->cluster();
  backup.node = capture->node();
  backup.files = capture->files().size();
  backup.bytes = capture->bytes();
  if (taken->titles) describe(backup, *taken->titles);
  return backup;
}

}  // namespace limpet::disk
