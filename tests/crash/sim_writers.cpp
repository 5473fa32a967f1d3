#include "sim_writers.hpp"

#include <algorithm>
#include <limpet/base/assert.hpp>
#include <utility>

namespace limpet::crash {

using Step = Steps::Step;

void Steps::add_first(std::vector<Step> steps) {
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) steps_.push_front(std::move(*step));
}

void Steps::run_one() {
  const Step step = std::move(steps_.front());
  steps_.pop_front();
  step();
}

std::vector<Step> write_steps(SimShell& shell, std::function<SimDisk::FileId()> file,
                              std::shared_ptr<const std::string> bytes) {
  // Cut at any byte, so at the boundaries of records and inside them.
  const std::size_t cut = shell.dice.one_in(2) ? bytes->size() : shell.dice.below(bytes->size() + 1);
  std::vector<Step> steps;
  steps.push_back([=, &shell] { shell.disk.write(file(), std::string_view(*bytes).substr(0, cut)); });
  if (cut < bytes->size()) {
    steps.push_back([=, &shell] { shell.disk.write(file(), std::string_view(*bytes).substr(cut)); });
  }
  return steps;
}

std::vector<Step> replace_steps(SimShell& shell, const std::string& name, const std::string& content) {
  const std::string fresh = name + std::string(disk::kUnfinishedExtension);
  const auto file = [=, &shell] { return shell.disk.find(fresh); };
  std::vector<Step> steps;
  steps.push_back([=, &shell] { shell.disk.create(fresh); });
  for (Step& step : write_steps(shell, file, std::make_shared<const std::string>(content)))
    steps.push_back(std::move(step));
  steps.push_back([=, &shell] { shell.disk.sync(file()); });
  steps.push_back([=, &shell] { shell.disk.rename(fresh, name); });
  steps.push_back([&shell] { shell.disk.sync_directory(); });
  return steps;
}

void check_fence(const SimShell& shell) { LIMPET_ASSERT(shell.disk.read("limpet.fence") == shell.fence); }

// ---- The journal ----

SimAppender::SimAppender(SimShell& shell, const journal::SegmentHeader& header, Options options,
                         disk::AppenderEvents events)
    : shell_(shell), header_(header), options_(std::move(options)), events_(std::move(events)) {
  header_.number = 0;
  header_.position = 0;
}

std::vector<Step> SimAppender::next_file() {
  // Filled in by the first step: where the file begins is known then.
  struct Making {
    journal::SegmentHeader header;
    SimDisk::FileId file = 0;
    std::string head;
  };
  const auto making = std::make_shared<Making>();
  std::vector<Step> steps;
  steps.push_back([this, making] {
    making->header = header_;
    making->header.position = written_;
    ++making->header.number;
    Bytes head;
    journal::append_header(head, making->header);
    making->head = head.view();
    making->file = shell_.disk.create(journal::file_name(making->header));
  });
  steps.push_back([this, making] { shell_.disk.write(making->file, making->head); });
  steps.push_back([this, making] { shell_.disk.sync(making->file); });
  steps.push_back([this, making] {
    shell_.disk.sync_directory();
    header_ = making->header;
    file_ = making->file;
    file_bytes_ = making->head.size();
    begins_.push_back(header_.position);
    unsynced_.push_back(file_);
  });
  return steps;
}

std::uint32_t SimAppender::file_of(std::uint64_t position) const {
  return static_cast<std::uint32_t>(std::upper_bound(begins_.begin(), begins_.end(), position) -
                                    begins_.begin());
}

void SimAppender::write_on() {
  if (!writer_.idle()) return writer_.run_one();
  for (std::string& bytes : std::exchange(queue_, {})) writer_.add(write_step(std::move(bytes)));
  writer_.add([this] { events_.written(written_); });
  if (options_.sync_always) writer_.add([this] { writer_.add_first(sync_steps(writer_)); });
}

Step SimAppender::write_step(std::string bytes) {
  const auto shared = std::make_shared<const std::string>(std::move(bytes));
  return [this, shared] {
    std::vector<Step> steps;
    if (file_bytes_ >= options_.segment_bytes) steps = next_file();
    for (Step& step : write_steps(
             shell_, [this] { return file_; }, shared))
      steps.push_back(std::move(step));
    steps.push_back([this, shared] {
      file_bytes_ += shared->size();
      written_ += shared->size();
    });
    writer_.add_first(std::move(steps));
  };
}

std::vector<Step> SimAppender::sync_steps(Steps& thread) {
  return {[this, &thread] {
    if (synced_ == written_) return;
    if (options_.sync_begins) options_.sync_begins();
    std::vector<Step> steps;
    for (const SimDisk::FileId file : unsynced_) steps.push_back([this, file] { shell_.disk.sync(file); });
    steps.push_back([this, position = written_, count = unsynced_.size()] {
      check_fence(shell_);
      synced_ = position;
      unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(count) - 1);
      events_.synced(position);
    });
    thread.add_first(std::move(steps));
  }};
}

void SimAppender::stop(const std::function<Bytes(std::uint64_t synced)>& last) {
  while (can_write()) write_on();
  while (syncing()) sync_on();
  const auto sync = [this] {
    for (begin_sync(); syncing();) sync_on();
  };
  sync();
  const Bytes end = last(synced_);
  shell_.disk.write(file_, end.view());
  written_ += end.size();
  sync();
}

// ---- Snapshots ----

SimSnapshotFiles::SimSnapshotFiles(SimShell& shell, std::uint64_t generation, unsigned shards,
                                   disk::SnapshotEvents events)
    : shell_(shell), generation_(generation), events_(std::move(events)), shards_(shards) {}

void SimSnapshotFiles::append(unsigned shard, std::vector<journal::SnapshotPiece> pieces) {
  for (journal::SnapshotPiece& piece : pieces) queue_.push_back({shard, std::move(piece)});
}

void SimSnapshotFiles::write_on() {
  if (!thread_.idle()) return thread_.run_one();
  const auto job = std::make_shared<Job>(std::move(queue_.front()));
  queue_.pop_front();
  take(job);
  thread_.add([this, job] {
    events_.written(job->shard, job->piece.bytes.size());
    if (job->piece.ends_snapshot) events_.done(job->shard, job->piece.covers);
  });
}

void SimSnapshotFiles::take(const std::shared_ptr<Job>& job) {
  Shard& shard = shards_[job->shard];
  const journal::SnapshotPiece& piece = job->piece;
  if (piece.begins_file) {
    shard.name = journal::file_name(piece.header) + std::string(disk::kUnfinishedExtension);
    thread_.add([this, &shard] { shard.file = shell_.disk.create(shard.name); });
  }
  const auto bytes = std::make_shared<const std::string>(piece.bytes.view());
  for (Step& step : write_steps(
           shell_, [&shard] { return shard.file; }, bytes))
    thread_.add(std::move(step));
  if (!piece.ends_file) return;
  for (Step& step : finish_file(shard)) thread_.add(std::move(step));
  if (piece.ends_snapshot) thread_.add([this, job] { remove_covered(job); });
}

std::vector<Step> SimSnapshotFiles::finish_file(Shard& shard) {
  std::vector<Step> steps;
  steps.push_back([this, &shard] { shell_.disk.sync(shard.file); });
  steps.push_back([this, &shard] {
    check_fence(shell_);
    shell_.disk.rename(shard.name,
                       shard.name.substr(0, shard.name.size() - disk::kUnfinishedExtension.size()));
  });
  steps.push_back([this] { shell_.disk.sync_directory(); });
  return steps;
}

void SimSnapshotFiles::remove_covered(const std::shared_ptr<Job>& job) {
  shards_[job->shard].complete = true;
  const bool all =
      std::all_of(shards_.begin(), shards_.end(), [](const Shard& shard) { return shard.complete; });
  std::vector<Step> steps;
  if (all && !based_) {
    steps = replace_steps(shell_, disk::kBaseName, "generation " + std::to_string(generation_) + "\n");
    steps.push_back([this] { based_ = true; });
  }
  steps.push_back([this, job] { remove_files(job->shard, job->piece); });
  thread_.add_first(std::move(steps));
}

void SimSnapshotFiles::remove_files(unsigned index, const journal::SnapshotPiece& last) {
  const std::uint32_t file_of_covers = events_.file_of(index, last.covers);
  std::vector<Step> steps;
  for (const std::string_view extension : {journal::kJournalExtension, journal::kSnapshotExtension}) {
    for (const std::string& name : shell_.disk.list(extension)) {
      const std::optional<journal::SegmentHeader> file = journal::read_name(name);
      if (!file) continue;
      const bool of_old_run = based_ && file->stream.generation < generation_;
      const bool of_stream = file->stream.generation == generation_ && file->stream.shard == index;
      const bool covered =
          file->number < (file->kind == journal::FileKind::journal ? file_of_covers : last.first_file);
      if (!of_old_run && !(of_stream && covered)) continue;
      steps.push_back([this, name] { shell_.disk.remove(name); });
      steps.push_back([this] { shell_.disk.sync_directory(); });
    }
  }
  thread_.add_first(std::move(steps));
}

}  // namespace limpet::crash
