#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <limpet/base/limits.hpp>
#include <limpet/disk/appender.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "io.hpp"

namespace limpet::disk {

namespace {

std::int64_t unix_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

class Appender::Impl {
 public:
  Impl(const Directory& directory, const journal::SegmentHeader& header, bool sync_always,
       AppenderEvents events)
      : directory_(directory), header_(header), sync_always_(sync_always), events_(std::move(events)) {
    header_.number = 0;
    header_.position = 0;
  }
  ~Impl() { stop(); }

  Result<void> start();
  void append(Bytes records);
  void sync_soon();
  std::uint32_t file_of(std::uint64_t position);
  void stop(const std::function<Bytes(std::uint64_t synced)>& last = nullptr);

 private:
  // ---- The writing thread ----
  void write_on();
  bool write_all(const std::deque<Bytes>& batch);
  bool write(std::string_view bytes);
  void look_for_room();
  Result<void> next_file();
  // ---- Either thread ----
  bool sync();
  bool is_mine(const Result<void>& fenced);
  void sync_on();
  void fail(const std::string& why);
  bool pause(std::chrono::milliseconds time);  // false: it is to stop

  const Directory& directory_;
  journal::SegmentHeader header_;  // of the file that is being written
  const bool sync_always_;
  const AppenderEvents events_;

  std::mutex mutex_;                  // guards what follows
  std::condition_variable changed_;   // for the writing thread
  std::condition_variable sync_now_;  // for the one that syncs: it is not woken by each append
  std::deque<Bytes> queue_;
  std::vector<std::shared_ptr<File>>
      unsynced_;                       // files with bytes that are not synced; the last one is written to
  std::vector<std::uint64_t> begins_;  // the position of each file, in their order
  std::uint64_t written_ = 0;
  std::uint64_t synced_ = 0;
  bool stopping_ = false;
  bool failed_ = false;
  std::uint64_t taken_ = 0;       // so much was appended, written or not
  std::uint64_t sync_up_to_ = 0;  // somebody waits for so much of it to be synced

  std::shared_ptr<File> file_;  // writing thread only
  std::size_t file_bytes_ = 0;
  bool is_full_ = false;
  bool writer_started_ = false;
  std::thread writer_;
  std::thread syncer_;
};

Result<void> Appender::Impl::start() {
  Result<void> made = next_file();
  if (!made && directory_.reserve().spend()) made = next_file();
  if (!made) return made;
  if (Result<void> named = directory_.sync(); !named) return named;
  // What the start took of the reserve is for the next one, and not for the journal.
  is_full_ = directory_.reserve().spent();
  if (is_full_) events_.full("the journal cannot be written: " + directory_.path() + ": the disk is full");
  writer_started_ = true;
  writer_ = std::thread([this] { write_on(); });
  if (!sync_always_) syncer_ = std::thread([this] { sync_on(); });
  return {};
}

void Appender::Impl::append(Bytes records) {
  const std::lock_guard lock(mutex_);
  if (failed_) return;
  taken_ += records.size();
  queue_.push_back(std::move(records));
  changed_.notify_all();
}

void Appender::Impl::sync_soon() {
  const std::lock_guard lock(mutex_);
  sync_up_to_ = taken_;
  sync_now_.notify_all();
}

std::uint32_t Appender::Impl::file_of(std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  return static_cast<std::uint32_t>(std::upper_bound(begins_.begin(), begins_.end(), position) -
                                    begins_.begin());
}

void Appender::Impl::stop(const std::function<Bytes(std::uint64_t synced)>& last) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    changed_.notify_all();
    sync_now_.notify_all();
  }
  if (writer_.joinable()) writer_.join();
  if (syncer_.joinable()) syncer_.join();
  if (!writer_started_ || !sync() || !last) return;
  const Bytes end = last(synced_);
  if (!write(end.view())) return;
  written_ += end.size();
  sync();
}

void Appender::Impl::fail(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    failed_ = true;
    queue_.clear();
    sync_now_.notify_all();
  }
  events_.failed(why);
}

// The file is on the disk with its header before anything else goes into it, and when the directory is synced
// with its name, too. If it cannot be made, it is as if it had never been.
Result<void> Appender::Impl::next_file() {
  journal::SegmentHeader header = header_;
  header.position = written_;
  ++header.number;
  header.made_unix_ms = unix_ms();
  const std::string name = journal::file_name(header);
  Result<File> made = directory_.create(name);
  if (!made) return tl::unexpected(made.error());
  Bytes head;
  journal::append_header(head, header);
  const auto file = std::make_shared<File>(std::move(*made));
  const std::string path = directory_.path() + "/" + name;
  Result<void> begun = write_whole(file->get(), head.view(), path);
  if (begun && ::fdatasync(file->get()) != 0) begun = io_error(path, "cannot be written");
  if (!begun) {
    directory_.remove(name);
    return begun;
  }
  header_ = header;
  file_ = file;
  file_bytes_ = head.size();
  const std::lock_guard lock(mutex_);
  begins_.push_back(header.position);
  unsynced_.push_back(file);
  return {};
}

// ---- The writing thread ----

// Where it shares a core with its shard, it writes once that has nothing left to do, all at once, and does
// not interrupt it for each of its turns.
void give_way() {
  const ::sched_param param{};
  ::pthread_setschedparam(::pthread_self(), SCHED_BATCH, &param);  // as good as before if it fails
}

void Appender::Impl::write_on() {
  give_way();
  while (true) {
    std::deque<Bytes> batch;
    {
      std::unique_lock lock(mutex_);
      const auto woken = [this] { return !queue_.empty() || stopping_ || failed_; };
      // While the disk is full nothing new may come, so somebody has to look.
      if (!is_full_) {
        changed_.wait(lock, woken);
      } else if (!changed_.wait_for(lock, std::chrono::milliseconds(kDiskRetryMs), woken)) {
        lock.unlock();
        look_for_room();
        continue;
      }
      if (failed_ || queue_.empty()) return;
      batch.swap(queue_);
    }
    if (!write_all(batch)) return;
    // Who takes the directory over reads what was written before its fence. Under `sync_always` the sync
    // looks.
    if (!sync_always_ && !is_mine(directory_.fenced_here())) return;
    events_.written(written_);
    if (sync_always_ && !sync()) return;
  }
}

bool Appender::Impl::write_all(const std::deque<Bytes>& batch) {
  for (const Bytes& bytes : batch) {
    // Where no other can be made now, this one grows. A name whose sync failed may be gone after a crash.
    if (file_bytes_ >= kSegmentBytes && next_file()) {
      if (Result<void> named = directory_.sync(); !named) {
        fail("the journal cannot be synced: " + named.error().text);
        return false;
      }
    }
    if (!write(bytes.view())) return false;
    file_bytes_ += bytes.size();
    const std::lock_guard lock(mutex_);
    written_ += bytes.size();
    if (sync_up_to_ > synced_ && written_ >= sync_up_to_) sync_now_.notify_all();
  }
  return true;
}

bool Appender::Impl::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_->get(), bytes.data(), bytes.size());
    if (count >= 0) {
      if (is_full_) look_for_room();
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    const int error = errno;
    const std::string why = directory_.path() + ": " + std::strerror(error);
    if (!is_full(error)) {
      fail("the journal cannot be written: " + why);
      return false;
    }
    if (!std::exchange(is_full_, true)) events_.full("the journal cannot be written: " + why);
    if (!pause(std::chrono::milliseconds(kDiskRetryMs))) return false;
  }
  return true;
}

// The last bytes of a full disk are no room: what comes next would be taken, and then wait.
void Appender::Impl::look_for_room() {
  if (const auto room = room_of(file_->get()); room && *room < kDiskRoomBytes) return;
  is_full_ = false;
  directory_.reserve().refill();
  events_.full({});
}

// ---- Syncing ----

bool Appender::Impl::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopping_ || failed_; });
}

void Appender::Impl::sync_on() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      sync_now_.wait_for(lock, std::chrono::milliseconds(kSyncEveryMs), [this] {
        return stopping_ || failed_ || (sync_up_to_ > synced_ && written_ >= sync_up_to_);
      });
      if (stopping_ || failed_) return;
    }
    if (!sync()) return;
  }
}

bool Appender::Impl::sync() {
  std::vector<std::shared_ptr<File>> files;
  std::uint64_t position = 0;
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return false;
    if (synced_ == written_) return true;
    files = unsynced_;
    position = written_;
  }
  for (const std::shared_ptr<File>& file : files) {
    if (::fdatasync(file->get()) == 0) continue;
    const int error = errno;
    fail("the journal cannot be synced: " + directory_.path() + ": " + std::strerror(error));
    return false;
  }
  if (!is_mine(directory_.fenced())) return false;
  {
    const std::lock_guard lock(mutex_);
    synced_ = position;
    // All but the one that is written to are done with.
    unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(files.size()) - 1);
  }
  events_.synced(position);
  return true;
}

bool Appender::Impl::is_mine(const Result<void>& fenced) {
  if (!fenced) fail(fenced.error().text);
  return fenced.has_value();
}

// ---- The door ----

Result<std::unique_ptr<Appender>> Appender::start(const Directory& directory,
                                                  const journal::SegmentHeader& header, bool sync_always,
                                                  AppenderEvents events) {
  auto impl = std::make_unique<Impl>(directory, header, sync_always, std::move(events));
  if (Result<void> started = impl->start(); !started) return tl::unexpected(std::move(started.error()));
  return std::unique_ptr<Appender>(new Appender(std::move(impl)));
}

Appender::Appender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Appender::~Appender() = default;
void Appender::sync_soon() { impl_->sync_soon(); }
void Appender::append(Bytes records) { impl_->append(std::move(records)); }
std::uint32_t Appender::file_of(std::uint64_t position) const { return impl_->file_of(position); }
void Appender::stop(const std::function<Bytes(std::uint64_t synced)>& last) { impl_->stop(last); }

}  // namespace limpet::disk
