#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <limpet/disk/set_aside.hpp>
#include <limpet/disk/snapshot_files.hpp>
#include <limpet/journal/seals.hpp>
#include <limpet/journal/segment.hpp>
#include <vector>

#include "io.hpp"
#include "small_files.hpp"

namespace limpet::disk {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinishedFolder = ".unfinished";

Result<std::vector<std::string>> streams_in(const Directory& directory) {
  std::vector<std::string> all;
  for (const std::string_view extension : {journal::kJournalExtension, journal::kSnapshotExtension}) {
    const auto names = directory.list(extension);
    if (!names) return names;
    all.insert(all.end(), names->begin(), names->end());
  }
  return all;
}

Result<void> move(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return io_error(from, "cannot be moved to " + to);
  return {};
}

// So that tools know whose it is. It is no loss if the disk has no room for it.
void identify(const Directory& directory, const std::string& folder) {
  const std::string from = directory.path() + "/" + kIdentityName;
  const std::string to = folder + "/" + kIdentityName;
  std::error_code ignored;
  if (::link(from.c_str(), to.c_str()) != 0) fs::copy_file(from, to, ignored);
}

// What belongs to the journal beside its streams.
Result<void> add_small_files(const Directory& directory, std::vector<std::string>& names) {
  const auto seals = directory.list(journal::kSealsExtension);
  if (!seals) return tl::unexpected(seals.error());
  names.insert(names.end(), seals->begin(), seals->end());
  if (fs::exists(directory.path() + "/" + kBaseName)) names.emplace_back(kBaseName);
  return {};
}

}  // namespace

Result<std::optional<SetAside>> set_journal_aside(const Directory& directory, std::uint64_t generation) {
  Result<std::vector<std::string>> names = streams_in(directory);
  if (!names) return tl::unexpected(std::move(names.error()));
  if (names->empty()) return std::nullopt;
  if (Result<void> added = add_small_files(directory, *names); !added) return tl::unexpected(added.error());
  SetAside aside{.folder = fmt::format("{}/set-aside-{:010}", directory.path(), generation)};
  const std::string unfinished = aside.folder + std::string(kUnfinishedFolder);
  if (::mkdir(unfinished.c_str(), 0700) != 0) return io_error(unfinished, "cannot be made");
  identify(directory, unfinished);
  for (const std::string& name : *names) {
    // Whoever has taken the directory over reads these files.
    if (Result<void> mine = directory.fenced(); !mine) return tl::unexpected(std::move(mine.error()));
    std::error_code ignored;
    const auto bytes = fs::file_size(directory.path() + "/" + name, ignored);
    Result<void> moved = move(directory.path() + "/" + name, unfinished + "/" + name);
    if (!moved) return tl::unexpected(std::move(moved.error()));
    ++aside.files;
    aside.bytes += ignored ? 0 : bytes;
  }
  Result<void> done = sync_folder(unfinished);
  if (done) done = directory.sync();
  if (done) done = move(unfinished, aside.folder);
  if (done) done = directory.sync();
  if (!done) return tl::unexpected(std::move(done.error()));
  return aside;
}

Result<std::size_t> take_back(const Directory& directory) {
  const auto folders = directory.list(kUnfinishedFolder);
  if (!folders) return tl::unexpected(folders.error());
  std::size_t files = 0;
  for (const std::string& folder : *folders) {
    const std::string path = directory.path() + "/" + folder;
    std::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    if (error) return fail(Code::io, path + ": cannot be listed: " + error.message());
    for (const std::string& name : names) {
      if (name == kIdentityName) continue;
      Result<void> moved = move(path + "/" + name, directory.path() + "/" + name);
      if (!moved) return tl::unexpected(std::move(moved.error()));
      ++files;
    }
    if (Result<void> synced = directory.sync(); !synced) return tl::unexpected(std::move(synced.error()));
    fs::remove_all(path, error);
    if (error) return fail(Code::io, path + ": cannot be removed: " + error.message());
  }
  return files;
}

Result<std::uint64_t> last_generation(const Directory& directory) {
  const Result<std::vector<std::string>> names = streams_in(directory);
  if (!names) return tl::unexpected(names.error());
  std::uint64_t last = 0;
  for (const std::string& name : *names) {
    const auto head = directory.read_head(name, journal::kSegmentHeaderBytes);
    if (!head) return tl::unexpected(head.error());
    const Result<journal::SegmentHeader> header = journal::read_header(*head);
    if (header) {
      last = std::max(last, header->stream.generation);
    } else if (header.error().code == Code::refused) {
      return fail(Code::refused, directory.path() + "/" + name + " " + header.error().text);
    }
  }
  return last;
}

}  // namespace limpet::disk
