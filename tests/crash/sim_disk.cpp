#include "sim_disk.hpp"

#include <algorithm>
#include <utility>

namespace limpet::crash {

namespace {

constexpr std::size_t kSectorBytes = 512;

}  // namespace

SimDisk::FileId SimDisk::create(const std::string& name) {
  note(Operation::create);
  files_.emplace_back();
  change_names({.gone = {}, .made = name, .file = files_.size() - 1});
  return files_.size() - 1;
}

void SimDisk::write(FileId file, std::string_view bytes) {
  note(Operation::write);
  files_[file].content += bytes;
}

void SimDisk::sync(FileId file) {
  note(Operation::sync);
  files_[file].synced = files_[file].content.size();
}

void SimDisk::rename(const std::string& from, const std::string& to) {
  note(Operation::rename);
  change_names({.gone = from, .made = to, .file = find(from)});
}

void SimDisk::remove(const std::string& name) {
  note(Operation::remove);
  change_names({.gone = name, .made = {}, .file = 0});
}

void SimDisk::sync_directory() {
  note(Operation::sync_directory);
  safe_names_ = names_;
  unsynced_.clear();
}

void SimDisk::change_names(const NameChange& change) {
  apply(names_, change);
  unsynced_.push_back(change);
}

void SimDisk::apply(Names& names, const NameChange& change) {
  if (!change.gone.empty()) names.erase(change.gone);
  if (!change.made.empty()) names[change.made] = change.file;
}

std::vector<std::string> SimDisk::list(std::string_view extension) const {
  std::vector<std::string> found;
  for (const auto& [name, file] : names_) {
    if (name.ends_with(extension)) found.push_back(name);
  }
  return found;
}

void SimDisk::lose_power(Dice& dice) {
  for (File& file : files_) tear(file, dice);
  // All of them, none, those up to one, or any.
  const std::uint64_t how = dice.below(4);
  const std::uint64_t first = dice.below(unsynced_.size() + 1);
  for (std::size_t at = 0; at < unsynced_.size(); ++at) {
    const bool there = how == 0 || (how == 2 && at < first) || (how == 3 && dice.one_in(2));
    if (there) apply(safe_names_, unsynced_[at]);
  }
  unsynced_.clear();
  names_ = safe_names_;
}

void SimDisk::tear(File& file, Dice& dice) {
  const std::size_t synced = file.synced;
  const std::size_t written = file.content.size();
  if (synced == written) return;
  const std::uint64_t length = dice.below(3);
  const std::size_t part = dice.below(written - synced + 1);
  file.content.resize(length == 0 ? written : length == 1 ? synced + part : synced + part / 64);
  // All sectors, none, all but one, or any.
  const std::uint64_t how = dice.below(4);
  const std::size_t first = synced / kSectorBytes;
  const std::size_t hole = first + dice.below(file.content.size() / kSectorBytes - first + 1);
  for (std::size_t sector = first; sector * kSectorBytes < file.content.size(); ++sector) {
    const bool there = how == 0 || (how == 2 && sector != hole) || (how == 3 && dice.one_in(2));
    if (there) continue;
    const std::size_t from = std::max(sector * kSectorBytes, synced);
    const std::size_t to = std::min((sector + 1) * kSectorBytes, file.content.size());
    std::fill(file.content.begin() + static_cast<std::ptrdiff_t>(from),
              file.content.begin() + static_cast<std::ptrdiff_t>(to), '\0');
  }
  file.synced = file.content.size();
}

}  // namespace limpet::crash
