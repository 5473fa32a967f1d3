#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <limpet/disk/snapshot_files.hpp>
#include <mutex>
#include <thread>

#include "io.hpp"

namespace limpet::disk {

using journal::FileKind;
using journal::SegmentHeader;
using journal::SnapshotPiece;

class SnapshotFiles::Impl {
 public:
  Impl(const Directory& directory, std::uint64_t generation, unsigned shards, SnapshotEvents events)
      : directory_(directory), generation_(generation), events_(std::move(events)), shards_(shards) {
    thread_ = std::thread([this] { write_on(); });
  }
  ~Impl() { stop(); }

  void append(unsigned shard, std::vector<SnapshotPiece> pieces);
  void stop();

 private:
  // A file that has its name, of this run.
  struct Finished {
    std::string name;
    std::uint64_t snapshot = 0;
    unsigned end = kSlots + 1;  // it has slots below this one; kSlots + 1: not known
  };
  // What is written of a shard's snapshot.
  struct Shard {
    File file;
    std::string name;
    std::uint64_t snapshot = 0;   // its number
    bool failed = false;          // and with it every file of the snapshot
    bool complete = false;        // it has had a whole snapshot in this generation
    std::vector<Finished> files;  // of this run, that are there
  };
  struct Job {
    unsigned shard;
    SnapshotPiece piece;
  };

  void write_on();
  [[nodiscard]] Result<void> take(unsigned index, const SnapshotPiece& piece);
  [[nodiscard]] Result<void> finish_file(Shard& shard);
  void remove_replaced(Shard& shard, unsigned end) const;
  [[nodiscard]] Result<void> remove_covered(unsigned index, const SnapshotPiece& last);

  const Directory& directory_;
  const std::uint64_t generation_;
  const SnapshotEvents events_;
  std::vector<Shard> shards_;  // the thread's
  bool based_ = false;         // the thread's: files of older generations are gone

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

void SnapshotFiles::Impl::append(unsigned shard, std::vector<SnapshotPiece> pieces) {
  const std::lock_guard lock(mutex_);
  for (SnapshotPiece& piece : pieces) queue_.push_back({shard, std::move(piece)});
  changed_.notify_all();
}

void SnapshotFiles::Impl::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void SnapshotFiles::Impl::write_on() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !queue_.empty() || stopping_; });
      if (stopping_) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    Shard& shard = shards_[job.shard];
    if (job.piece.begins_file) {
      const std::uint64_t snapshot = job.piece.header.position >> 16;
      shard.failed = shard.failed && snapshot == shard.snapshot;
      shard.snapshot = snapshot;
    }
    if (shard.failed) continue;
    if (Result<void> done = take(job.shard, job.piece); !done) {
      shard.failed = true;
      shard.file = File();
      directory_.remove(shard.name);
      events_.failed(job.shard, done.error().text);
      continue;
    }
    events_.written(job.shard, job.piece.bytes.size());
    if (job.piece.ends_snapshot) events_.done(job.shard, job.piece.covers);
  }
}

Result<void> SnapshotFiles::Impl::take(unsigned index, const SnapshotPiece& piece) {
  Shard& shard = shards_[index];
  if (piece.begins_file) {
    shard.name = journal::file_name(piece.header) + std::string(kUnfinishedExtension);
    Result<File> made = directory_.create(shard.name);
    if (!made) return tl::unexpected(std::move(made.error()));
    shard.file = std::move(*made);
    remove_replaced(shard, static_cast<unsigned>(piece.header.position & 0xffff));
  }
  const std::string path = directory_.path() + "/" + shard.name;
  if (Result<void> written = write_whole(shard.file.get(), piece.bytes.view(), path); !written)
    return written;
  if (!piece.ends_file) return {};
  if (Result<void> finished = finish_file(shard); !finished) return finished;
  return piece.ends_snapshot ? remove_covered(index, piece) : Result<void>();
}

Result<void> SnapshotFiles::Impl::finish_file(Shard& shard) {
  if (::fdatasync(shard.file.get()) != 0) {
    return io_error(directory_.path() + "/" + shard.name, "cannot be synced");
  }
  shard.file = File();
  if (Result<void> mine = directory_.fenced(); !mine) return mine;
  std::string name = shard.name.substr(0, shard.name.size() - kUnfinishedExtension.size());
  if (Result<void> named = directory_.rename(shard.name, name); !named) return named;
  shard.files.push_back({.name = std::move(name), .snapshot = shard.snapshot});
  return {};
}

// The files of the snapshot that is written have all slots below `end`: files of earlier ones that have
// nothing else go now, so that there are never two whole snapshots. The journal since the earlier one stays
// until the end.
void SnapshotFiles::Impl::remove_replaced(Shard& shard, unsigned end) const {
  if (!shard.files.empty() && shard.files.back().snapshot == shard.snapshot) shard.files.back().end = end;
  std::erase_if(shard.files, [&](const Finished& file) {
    const bool replaced = file.snapshot < shard.snapshot && file.end <= end;
    if (replaced) directory_.remove(file.name);
    return replaced;
  });
}

Result<void> SnapshotFiles::Impl::remove_covered(unsigned index, const SnapshotPiece& last) {
  remove_replaced(shards_[index], kSlots);
  shards_[index].complete = true;
  bool all = true;
  for (const Shard& shard : shards_) all = all && shard.complete;
  if (all && !based_) {
    // Said before it is so: without its snapshots nobody takes what is left for everything.
    const Result<void> said =
        directory_.replace(kBaseName, "generation " + std::to_string(generation_) + "\n");
    if (!said) return said;
    based_ = true;
  }
  const std::uint32_t file_of_covers = events_.file_of(index, last.covers);
  for (const std::string_view extension : {journal::kJournalExtension, journal::kSnapshotExtension}) {
    const auto names = directory_.list(extension);
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
      const std::optional<SegmentHeader> file = journal::read_name(name);
      if (!file) continue;
      const bool of_old_run = based_ && file->stream.generation < generation_;
      const bool of_stream = file->stream.generation == generation_ && file->stream.shard == index;
      const bool covered =
          file->number < (file->kind == FileKind::journal ? file_of_covers : last.first_file);
      if (!of_old_run && !(of_stream && covered)) continue;
      directory_.remove(name);
      // From the oldest on, one by one: a later file that the disk has lost before an earlier one would pass
      // for damage.
      if (Result<void> synced = directory_.sync(); !synced) return synced;
    }
  }
  return {};
}

SnapshotFiles::SnapshotFiles(const Directory& directory, std::uint64_t generation, unsigned shards,
                             SnapshotEvents events)
    : impl_(std::make_unique<Impl>(directory, generation, shards, std::move(events))) {}
SnapshotFiles::~SnapshotFiles() = default;
void SnapshotFiles::append(unsigned shard, std::vector<SnapshotPiece> pieces) {
  impl_->append(shard, std::move(pieces));
}
void SnapshotFiles::stop() { impl_->stop(); }

}  // namespace limpet::disk
