#include "storage.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limpet/disk/set_aside.hpp>
#include <limpet/disk/title_file.hpp>
#include <limpet/journal/recovery.hpp>
#include <limpet/journal/segment.hpp>

#include "random_seed.hpp"

namespace limpet::node {

Storage::~Storage() { stop(); }

Result<std::unique_ptr<Storage>> Storage::open(const Settings& settings) {
  auto storage = std::unique_ptr<Storage>(new Storage(settings));
  auto directory = disk::Directory::open(settings.data_dir, {settings.view.name, settings.me().name});
  if (!directory) return tl::unexpected(std::move(directory.error()));
  storage->directory_ = std::move(*directory);
  return storage;
}

Result<void> Storage::remove_unfinished() const {
  const auto unfinished = directory_->list(disk::kUnfinishedExtension);
  if (!unfinished) return tl::unexpected(unfinished.error());
  for (const std::string& name : *unfinished) directory_->remove(name);
  return {};
}

Result<void> Storage::begin(LoaderHooks hooks) {
  const auto taken_back = disk::take_back(*directory_);
  if (!taken_back) return tl::unexpected(taken_back.error());
  if (*taken_back > 0) {
    spdlog::warn(
        "{}: the start before set {} files of the journal aside and did not get to its end: taken back",
        directory_->path(), *taken_back);
  }
  const Result<std::uint64_t> generations = disk::last_generation(*directory_);
  if (!generations) return tl::unexpected(generations.error());
  // A backup has no fence.
  const Result<std::uint64_t> boots = disk::last_boot(*directory_);
  if (!boots) return tl::unexpected(boots.error());
  if (journaled()) {
    loader_ = std::make_unique<Loader>(*directory_, settings_.shards, settings_.repair, std::move(hooks));
    if (Result<void> looked = loader_->look(); !looked) return looked;
  }
  // From here on a process that had the directory before finds that it is no longer its own.
  const auto generation = directory_->begin_generation(std::max(*generations, *boots));
  if (!generation) return tl::unexpected(generation.error());
  generation_ = *generation;
  if (*boots == 0 && settings_.in_cluster()) {
    if (Result<void> looked = warn_of_no_titles(); !looked) return looked;
  }
  // Behind the fence: a snapshot that another process is about to finish is not to get its name any more.
  if (Result<void> tidied = remove_unfinished(); !tidied) return tidied;
  if (journal::earlier_runs(journaled()) == journal::EarlierRuns::set_aside) {
    if (Result<void> aside = set_aside(); !aside) return aside;
  }
  if (!journaled()) return {};
  for (unsigned shard = 0; shard < settings_.shards; ++shard) {
    headers_.push_back({.stream = {.generation = generation_, .shard = shard},
                        .shards = settings_.shards,
                        .nonce = random_seed()});
  }
  return {};
}

// Which of its slots are its own is known to nobody but the others.
Result<void> Storage::warn_of_no_titles() const {
  const auto journals = directory_->list(journal::kJournalExtension);
  if (!journals) return tl::unexpected(journals.error());
  if (journals->empty()) return {};
  spdlog::warn(
      "{} has a journal, but no titles that say which slots are this node's: they are lost, or it is of a "
      "backup of "
      "limpet 0.1.0, or of a node that was in no cluster. Its sessions are served only where nobody holds "
      "any slot. "
      "If others do: restore a directory that has titles; or restore all nodes of that moment and start them "
      "with "
      "--new-cluster and the cluster file of that time",
      directory_->path());
  return {};
}

// From here on sessions change and nothing keeps that: the journal says no more what they are.
Result<void> Storage::set_aside() const {
  const auto aside = disk::set_journal_aside(*directory_, generation_);
  if (!aside) return tl::unexpected(aside.error());
  if (!*aside) return {};
  spdlog::warn(
      "durability is none, but {} has a journal: its {} files, {} bytes, were set aside in {}. No start "
      "reads "
      "them any more, and limpet never removes them. To have those sessions back, stop this node, move the "
      "files except limpet.id back while no other journal is there, and start it under interval or always; "
      "if nobody needs them, remove the folder",
      directory_->path(), (*aside)->files, (*aside)->bytes, (*aside)->folder);
  return {};
}

Result<void> Storage::start(const std::function<disk::AppenderEvents(unsigned shard)>& events_of,
                            disk::SnapshotEvents snapshot_events) {
  if (!journaled()) {
    directory_->reserve().settle();
    return {};
  }
  const bool always = settings_.view.durability == cluster::Durability::always;
  for (unsigned shard = 0; shard < settings_.shards; ++shard) {
    auto appender = disk::Appender::start(*directory_, headers_[shard], always, events_of(shard));
    if (!appender) return tl::unexpected(std::move(appender.error()));
    appenders_.push_back(std::move(*appender));
  }
  snapshot_events.file_of = [this](unsigned shard, std::uint64_t position) {
    return appenders_[shard]->file_of(position);
  };
  snapshots_ = std::make_unique<disk::SnapshotFiles>(*directory_, generation_, settings_.shards,
                                                     std::move(snapshot_events));
  spdlog::info("{}: this is run {}", directory_->path(), generation_);
  loader_->start(generation_);
  return {};
}

void Storage::append(unsigned shard, Bytes changes) { appenders_[shard]->append(std::move(changes)); }

void Storage::append_snapshot(unsigned shard, std::vector<journal::SnapshotPiece> pieces) {
  snapshots_->append(shard, std::move(pieces));
}

void Storage::stop(const std::function<Bytes(unsigned, std::uint64_t)>& last) {
  if (loader_) loader_->stop();
  if (snapshots_) snapshots_->stop();
  for (unsigned shard = 0; shard < appenders_.size(); ++shard) {
    if (last) {
      appenders_[shard]->stop([&](std::uint64_t synced) { return last(shard, synced); });
    } else {
      appenders_[shard]->stop();
    }
  }
}

}  // namespace limpet::node
