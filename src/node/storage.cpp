#include "storage.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <limpet/net/clock.hpp>
#include <limpet/route/router.hpp>
#include <thread>

#include "random_seed.hpp"

namespace limpet::node {

Storage::~Storage() { stop(); }

Result<std::unique_ptr<Storage>> Storage::open(const Settings& settings) {
  auto storage = std::unique_ptr<Storage>(new Storage(settings));
  auto directory = disk::Directory::open(settings.data_dir, {settings.view.name, settings.me().name});
  if (!directory) return tl::unexpected(std::move(directory.error()));
  storage->directory_ = std::move(*directory);
  if (Result<void> done = storage->read(); !done) return tl::unexpected(std::move(done.error()));
  auto generation = storage->directory_->begin_generation(storage->recovery_->generations());
  if (!generation) return tl::unexpected(std::move(generation.error()));
  storage->generation_ = *generation;
  for (unsigned shard = 0; shard < settings.shards; ++shard) {
    storage->headers_.push_back({.stream = {.generation = *generation, .shard = shard},
                                 .shards = settings.shards,
                                 .nonce = random_seed()});
  }
  return storage;
}

Result<void> Storage::read() {
  const auto unfinished = directory_->list(disk::kUnfinishedExtension);
  for (const std::string& name : unfinished ? *unfinished : std::vector<std::string>())
    directory_->remove(name);
  recovery_ = std::make_unique<journal::Recovery>();
  for (const std::string_view extension : {journal::kJournalExtension, journal::kSnapshotExtension}) {
    const auto names = directory_->list(extension);
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
      // A run that was killed may have left what only the kernel has. It is about to be served, and the
      // changes of this run count on from it: no later failure of the host may take it back.
      if (extension == journal::kJournalExtension) {
        if (Result<void> synced = directory_->sync_file(name); !synced) return synced;
      }
      auto content = directory_->read(name);
      if (!content) return tl::unexpected(std::move(content.error()));
      contents_.push_back(std::move(*content));
      recovery_->add(name, contents_.back());
    }
  }
  const auto base = directory_->generation_in(disk::kBaseName);
  if (!base) return tl::unexpected(base.error());
  recovery_->require_snapshots_of(*base);
  recovery_->finish();
  if (!recovery_->refusals().empty()) {
    return fail(Code::refused, directory_->path() + "/" + recovery_->refusals().front());
  }
  bool damaged = false;
  for (const journal::Finding& finding : recovery_->findings()) {
    const std::string text =
        fmt::format("{}/{}, offset {}: {}", directory_->path(), finding.file, finding.offset, finding.text);
    damaged = damaged || finding.kind == journal::Finding::Kind::damage;
    finding.kind == journal::Finding::Kind::damage ? spdlog::error("{}", text) : spdlog::warn("{}", text);
  }
  for (unsigned slot = 0; slot < kSlots; ++slot)
    damaged = damaged || recovery_->damaged(static_cast<Slot>(slot));
  if (damaged) {
    return fail(Code::refused, directory_->path() +
                                   ": the journal is damaged, and sessions would be lost or old. The "
                                   "log says where. Restore a copy, or choose another --data-dir");
  }
  return {};
}

Result<void> Storage::load_shard(shard::Shard& shard, unsigned index) const {
  const Now now = net::read_clocks();
  for (unsigned slot = index; slot < kSlots; slot += settings_.shards) {
    Result<void> done;
    recovery_->each_change(static_cast<Slot>(slot), [&](std::string_view effects) {
      if (done) done = shard.load(static_cast<Slot>(slot), effects, now);
    });
    if (!done) return fail(done.error().code, "slot " + std::to_string(slot) + ": " + done.error().text);
    shard.loaded(static_cast<Slot>(slot), recovery_->last_sequence(static_cast<Slot>(slot)));
  }
  shard.inherit(recovery_->journal_bytes() / settings_.shards);
  return {};
}

Result<void> Storage::load(const std::vector<shard::Shard*>& shards) {
  const auto began = std::chrono::steady_clock::now();
  std::vector<Result<void>> results(shards.size());
  std::vector<std::thread> threads;
  for (unsigned index = 0; index < shards.size(); ++index) {
    static_assert(route::shard_of(Slot{7}, 4) == 7 % 4, "load_shard() and the streams' headers go by it");
    threads.emplace_back([&, index] { results[index] = load_shard(*shards[index], index); });
  }
  for (std::thread& thread : threads) thread.join();
  for (Result<void>& result : results) {
    if (!result) return fail(result.error().code, directory_->path() + ": " + result.error().text);
  }
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  spdlog::info("{}: {} changes read in {} ms, this is run {}", directory_->path(), recovery_->changes(),
               took.count(), generation_);
  recovery_.reset();
  contents_ = {};
  return {};
}

Result<void> Storage::start(const std::function<disk::AppenderEvents(unsigned shard)>& events_of,
                            disk::SnapshotEvents snapshot_events) {
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
  return {};
}

void Storage::append(unsigned shard, Bytes changes) { appenders_[shard]->append(std::move(changes)); }

void Storage::append_snapshot(unsigned shard, std::vector<journal::SnapshotPiece> pieces) {
  snapshots_->append(shard, std::move(pieces));
}

void Storage::stop(const std::function<Bytes(unsigned, std::uint64_t)>& last) {
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
