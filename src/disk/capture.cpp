#include <algorithm>
#include <filesystem>
#include <limpet/base/number.hpp>
#include <limpet/disk/capture.hpp>
#include <limpet/disk/mapping.hpp>
#include <limpet/disk/snapshot_files.hpp>

#include "small_files.hpp"

namespace limpet::disk {

namespace {

Result<std::vector<std::string>> list(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    std::string name = at->path().filename().string();
    if (name.ends_with(journal::kJournalExtension) || name.ends_with(journal::kSnapshotExtension) ||
        name.ends_with(journal::kSealsExtension)) {
      names.push_back(std::move(name));
    }
  }
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
    return fail(Code::bad_input,
                path +
                    ": there is no such directory: give the data directory of a node (--data-dir, or else "
                    "limpet-data/NAME where limpetd was started)");
  }
  if (error) return fail(Code::io, path + ": cannot be listed: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

// A small file; empty if it is not there.
Result<std::string> text_of(const std::string& path) {
  const auto mapped = Mapping::of(path);
  if (!mapped) return tl::unexpected(mapped.error());
  return *mapped ? std::string((*mapped)->bytes()) : std::string();
}

}  // namespace

Capture::Capture() = default;
Capture::~Capture() = default;
Capture::Capture(Capture&&) noexcept = default;

Result<Capture> Capture::of(const std::string& path, const std::function<void()>& between) {
  for (int i = 0; i < kCaptureLooksMax; ++i) {
    Capture capture;
    const Result<bool> stood_still = capture.look(path, between);
    if (!stood_still) return tl::unexpected(stood_still.error());
    if (*stood_still) return capture;
  }
  return fail(Code::unavailable, path + ": files come and go faster than they can be opened: try again");
}

// False: it has changed under the look.
Result<bool> Capture::look(const std::string& path, const std::function<void()>& between) {
  const auto base = text_of(path + "/" + kBaseName);
  const auto names = list(path);
  if (!names) return tl::unexpected(names.error());
  if (!base) return tl::unexpected(base.error());
  base_ = *base;
  if (Result<void> identified = identify(path); !identified) return tl::unexpected(identified.error());
  const std::string folder = path + "/";
  for (const std::string& name : *names) {
    if (name.ends_with(journal::kSealsExtension)) {
      seals_name_ = name;  // they are sorted
      continue;
    }
    auto mapped = Mapping::of(folder + name);
    if (!mapped) return tl::unexpected(mapped.error());
    if (!*mapped) return false;
    mappings_.push_back(std::move(**mapped));
    files_.push_back({name, mappings_.back().bytes()});
  }
  if (Result<void> read = read_seals(path); !read) return tl::unexpected(read.error());
  if (between) between();
  const auto names_again = list(path);
  if (!names_again) return tl::unexpected(names_again.error());
  const auto base_again = text_of(path + "/" + kBaseName);
  if (!base_again) return tl::unexpected(base_again.error());
  return *names == *names_again && *base == *base_again;
}

Result<void> Capture::read_seals(const std::string& path) {
  if (seals_name_.empty()) return {};
  auto text = text_of(path + "/" + seals_name_);
  if (!text) return tl::unexpected(std::move(text.error()));
  seals_text_ = std::move(*text);
  auto seals = journal::read_seals(seals_text_);
  // One that has just gone is a reason to look again, which the caller finds by itself.
  if (!seals && !seals_text_.empty())
    return fail(Code::io, path + "/" + seals_name_ + " " + seals.error().text);
  if (seals) seals_ = std::move(*seals);
  return {};
}

Result<void> Capture::identify(const std::string& path) {
  auto identity = text_of(path + "/" + kIdentityName);
  if (!identity) return tl::unexpected(std::move(identity.error()));
  identity_ = std::move(*identity);
  if (!identity_.starts_with(kIdentityTitle)) {
    return fail(Code::bad_input, path + ": is no data directory of limpet, as it has no " + kIdentityName +
                                     " that says whose it is. If that was lost, put it back");
  }
  const auto format = parse_uint64(line_of(identity_, "format"));
  if (!format || *format > kDirectoryFormat) {
    return fail(Code::bad_input,
                path + ": this data directory is not of format " + std::to_string(kDirectoryFormat) +
                    ", the one that this limpet knows: take the limpet of the limpetd that wrote it");
  }
  cluster_ = line_of(identity_, "cluster");
  node_ = line_of(identity_, "node");
  if (base_.empty()) return {};
  const auto generation = generation_of(base_, path + "/" + kBaseName);
  if (!generation) return tl::unexpected(generation.error());
  base_generation_ = *generation;
  return {};
}

std::uint64_t Capture::bytes() const {
  std::uint64_t all = 0;
  for (const journal::NamedBytes& file : files_) all += file.bytes.size();
  return all;
}

}  // namespace limpet::disk
