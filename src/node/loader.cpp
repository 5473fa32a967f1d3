#include "loader.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/disk/snapshot_files.hpp>
#include <limpet/journal/seals.hpp>
#include <limpet/journal/segment.hpp>
#include <limpet/ownership/route.hpp>
#include <utility>

namespace limpet::node {

using shard::LoadPiece;

namespace {

// Far more than a journal grows to before the next snapshot.
constexpr std::uint64_t kSnapshotAtOnce = std::uint64_t{1} << 62;

}  // namespace

Loader::Loader(const disk::Directory& directory, unsigned shards, bool repair, LoaderHooks hooks)
    : directory_(directory),
      shards_(shards),
      repair_(repair),
      hooks_(std::move(hooks)),
      recovery_(std::make_unique<journal::Recovery>()),
      began_(std::chrono::steady_clock::now()),
      targets_(shards) {}

Result<void> Loader::look() {
  const auto base = directory_.generation_in(disk::kBaseName);
  if (!base) return tl::unexpected(base.error());
  recovery_->require_snapshots_of(*base);
  const auto sealed = directory_.list(journal::kSealsExtension);
  if (!sealed) return tl::unexpected(sealed.error());
  if (sealed->empty()) return {};
  const auto text = directory_.read(sealed->back());
  if (!text) return tl::unexpected(text.error());
  auto seals = journal::read_seals(*text);
  if (!seals) return fail(Code::refused, directory_.path() + "/" + sealed->back() + " " + seals.error().text);
  recovery_->seal(std::move(*seals));
  return {};
}

Result<std::vector<std::string>> Loader::list() const {
  std::vector<std::string> all;
  for (const std::string_view extension : {journal::kJournalExtension, journal::kSnapshotExtension}) {
    const auto names = directory_.list(extension);
    if (!names) return names;
    all.insert(all.end(), names->begin(), names->end());
  }
  return all;
}

void Loader::start(std::uint64_t generation) {
  generation_ = generation;
  thread_ = std::thread([this] { run(); });
}

void Loader::stop() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Loader::want(unsigned shard, const std::vector<Slot>& slots) {
  const std::lock_guard lock(mutex_);
  targets_[shard].wanted.insert(targets_[shard].wanted.end(), slots.begin(), slots.end());
}

void Loader::taken(unsigned shard) {
  const std::lock_guard lock(mutex_);
  --targets_[shard].ahead;
  changed_.notify_all();
}

std::string Loader::progress() const {
  if (done_) return {};
  if (reading_) return fmt::format("loading: {} MiB of its files are read", bytes_read_ >> 20);
  return fmt::format("loading: {} of {} slots are loaded", slots_given_.load(), kSlots);
}

// ---- The thread that reads ----

void Loader::run() {
  read_files();
  if (stopping_) return;
  const bool sound = report();
  // Where something is damaged the streams stay as they are, for whoever puts the files in order.
  Result<void> kept = sync_files();
  if (kept && damaged_ == 0) kept = seal();
  directory_.reserve().settle();
  if (!kept) hooks_.failed("the files of earlier runs cannot be kept: " + kept.error().text);
  reading_ = false;
  hooks_.read(sound ? recovery_->journal_bytes() / shards_ : kSnapshotAtOnce);
  std::vector<std::thread> threads;
  for (unsigned shard = 0; shard < shards_; ++shard) {
    static_assert(ownership::shard_of(Slot{7}, 4) == 7 % 4, "deliver() and the streams' headers go by it");
    threads.emplace_back([this, shard] { deliver(shard); });
  }
  for (std::thread& thread : threads) thread.join();
  if (stopping_) return;
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
  spdlog::info("{}: {} changes read in {} ms", directory_.path(), recovery_->changes(), took.count());
  recovery_.reset();
  contents_.clear();
  done_ = true;
}

void Loader::read_files() {
  auto names = list();
  if (names) {
    names_ = std::move(*names);
  } else {
    recovery_->add_unreadable(".", names.error().text);
  }
  std::erase_if(names_, [this](const std::string& name) {
    const auto file = journal::read_name(name);
    return file && file->stream.generation >= generation_;
  });
  contents_.reserve(names_.size());
  for (const std::string& name : names_) {
    if (stopping_) return;
    Result<disk::Mapping> content = directory_.map(name);
    if (!content) {
      recovery_->add_unreadable(name, content.error().text);
      continue;
    }
    contents_.push_back(std::move(*content));
    recovery_->add(name, contents_.back().bytes());
    bytes_read_ += contents_.back().bytes().size();
  }
  recovery_->finish();
}

// A run that was killed may have left what only the kernel has. It is about to be served, and the changes of
// this run count on from it: no later failure of the host may take it back.
Result<void> Loader::sync_files() const {
  for (const std::string& name : names_) {
    const auto file = journal::read_name(name);
    if (!file || file->kind == journal::FileKind::snapshot || recovery_->sealed(file->stream)) continue;
    if (Result<void> synced = directory_.sync(name); !synced) return synced;
  }
  return {};
}

// From the fence on, who ran before acknowledges nothing more; what it wrote until then may be acknowledged.
// All of that has been read, and what comes later is nothing.
Result<void> Loader::seal() const {
  const auto old = directory_.list(journal::kSealsExtension);
  if (!old) return tl::unexpected(old.error());
  const journal::Seals seals = recovery_->seals(generation_);
  if (Result<void> sealed = directory_.replace(journal::seals_name(generation_), journal::seals_text(seals));
      !sealed) {
    return sealed;
  }
  for (const std::string& name : *old) directory_.remove(name);
  return {};
}

// Says what is wrong. True: nothing that matters.
bool Loader::report() {
  for (const std::string& refusal : recovery_->refusals()) spdlog::error("{}/{}", directory_.path(), refusal);
  for (const journal::Finding& finding : recovery_->findings()) {
    const bool damage = finding.kind == journal::Finding::Kind::damage;
    spdlog::log(damage ? spdlog::level::err : spdlog::level::warn, "{}/{}, offset {}: {}", directory_.path(),
                finding.file, finding.offset, finding.text);
  }
  if (recovery_->outlived() > 0) {
    spdlog::warn(
        "{}: of {} slots there is what an earlier life of this node has left, who gave them away since: it "
        "is "
        "not read",
        directory_.path(), recovery_->outlived());
  }
  std::size_t damaged = 0;
  for (unsigned slot = 0; slot < kSlots; ++slot)
    damaged += recovery_->damaged(static_cast<Slot>(slot)) ? 1U : 0U;
  if (damaged == 0) return true;
  if (repair_) {
    spdlog::warn(
        "{}: --repair: {} slots are served with what can be read of them. What they changed in the places "
        "named above is dropped: their keys may be older than they were, or be back although they were "
        "deleted",
        directory_.path(), damaged);
    return false;
  }
  damaged_ = damaged;
  spdlog::error(
      "{}: {} slots are damaged in the places named above, and not served; all others are. Restore a copy of "
      "the directory, or start once with --repair: what can be read of them is served then, and the rest "
      "dropped",
      directory_.path(), damaged);
  return true;
}

// ---- A thread for each shard ----

void Loader::deliver(unsigned shard) {
  Delivery delivery{.shard = shard, .next = shard, .given = std::vector<bool>(kSlots), .piece = {}};
  delivery.piece = std::make_shared<LoadPiece>();
  Slot slot = 0;
  bool urgent = false;
  while (!stopping_ && next_slot(delivery, slot, urgent)) {
    add(delivery, slot);
    const LoadPiece& piece = *delivery.piece;
    if (urgent || piece.bytes.size() >= kLoadPieceBytes || piece.steps.size() >= kLoadPieceSlots)
      send(delivery);
  }
  send(delivery);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return targets_[shard].ahead == 0 || stopping_; });
}

bool Loader::next_slot(Delivery& delivery, Slot& slot, bool& urgent) {
  {
    const std::lock_guard lock(mutex_);
    std::deque<Slot>& wanted = targets_[delivery.shard].wanted;
    for (urgent = false; !wanted.empty() && !urgent; wanted.pop_front()) {
      slot = wanted.front();
      urgent = !delivery.given[slot];
    }
  }
  while (!urgent && delivery.next < kSlots && delivery.given[delivery.next]) delivery.next += shards_;
  if (!urgent && delivery.next >= kSlots) return false;
  if (!urgent) slot = static_cast<Slot>(delivery.next);
  delivery.given[slot] = true;
  return true;
}

void Loader::add(Delivery& delivery, Slot slot) {
  ++slots_given_;
  if (recovery_->damaged(slot) && !repair_) {
    delivery.piece->steps.push_back({.slot = slot, .end = LoadPiece::End::damaged});
    return;
  }
  std::size_t begin = delivery.piece->bytes.size();
  const auto close = [&](LoadPiece::End end) {
    delivery.piece->steps.push_back({.slot = slot,
                                     .end = end,
                                     .bytes = delivery.piece->bytes.size() - begin,
                                     .changes = recovery_->last_sequence(slot),
                                     .version = recovery_->version(slot)});
  };
  recovery_->each_change(slot, [&](std::string_view effects) {
    if (!delivery.piece->bytes.empty() && delivery.piece->bytes.size() + effects.size() > kLoadPieceBytes) {
      close(LoadPiece::End::none);
      send(delivery);
      begin = 0;
    }
    delivery.piece->bytes.append(effects);
  });
  close(LoadPiece::End::whole);
}

void Loader::send(Delivery& delivery) {
  const auto piece = std::exchange(delivery.piece, std::make_shared<LoadPiece>());
  {
    std::unique_lock lock(mutex_);
    Target& target = targets_[delivery.shard];
    changed_.wait(lock, [&] { return target.ahead < kLoadAheadPieces || stopping_; });
    if (stopping_) return;
    ++target.ahead;
  }
  hooks_.give(delivery.shard, piece);
}

}  // namespace limpet::node
