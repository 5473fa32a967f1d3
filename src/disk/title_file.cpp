#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <iterator>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
#include <limpet/disk/mapping.hpp>
#include <limpet/disk/title_file.hpp>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "io.hpp"

namespace limpet::disk {

using handoff::TitleBook;
using handoff::TitleLog;

namespace {

std::uint64_t draw_nonce() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

std::string name_of(std::uint64_t generation) { return fmt::format("{}{}", generation, kTitleExtension); }

// The files of earlier boots, oldest first, by their generations.
Result<std::vector<std::uint64_t>> list_boots(const Directory& directory) {
  const auto names = directory.list(kTitleExtension);
  if (!names) return tl::unexpected(names.error());
  std::vector<std::uint64_t> boots;
  for (const std::string& name : *names) {
    const auto boot = parse_uint64(std::string_view(name).substr(0, name.size() - kTitleExtension.size()));
    if (!boot)
      return fail(Code::bad_input, directory.path() + "/" + name + ": is not a name that limpet gives");
    boots.push_back(*boot);
  }
  std::sort(boots.begin(), boots.end());
  return boots;
}

// What the last boot has left.
Result<TitleBook> read_book(const Directory& directory, std::uint64_t boot, std::size_t& dropped) {
  const std::string path = directory.path() + "/" + name_of(boot);
  const Result<std::string> file = directory.read(name_of(boot));
  if (!file) return tl::unexpected(file.error());
  Result<TitleBook> book = TitleBook::read(*file, &dropped);
  if (!book) {
    const bool newer = book.error().code == Code::refused;
    return fail(book.error().code,
                path + ": " + book.error().text + (newer ? "" : ": restore it from a copy of the directory"));
  }
  if (!book->stopped()) book->raise();
  return book;
}

}  // namespace

class TitleFile::Impl {
 public:
  Impl(const Directory& directory, TitleBook book, std::size_t dropped, TitleFileEvents events)
      : directory_(directory),
        name_(name_of(handoff::counter_of(book.boot()))),
        path_(directory.path() + "/" + name_),
        first_(book),
        dropped_(dropped),
        events_(std::move(events)),
        book_(std::move(book)) {}
  ~Impl() { end(End::at_once); }

  // A whole file in the place of what was there.
  Result<void> rewrite() {
    const std::uint64_t nonce = draw_nonce();
    const Bytes whole = book_.write(nonce);
    if (Result<void> written = directory_.replace(name_, whole.view()); !written) return written;
    Result<File> file = directory_.open_to_append(name_);
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
    nonce_ = nonce;
    size_ = whole.size();
    rewrite_at_ = std::max<std::uint64_t>(kTitleFileBytes, 2 * size_);
    return {};
  }

  void start() {
    thread_ = std::thread([this] { run(); });
  }

  // What is told: the record that says it, and the book that has it once that is on the disk.
  struct Entry {
    std::function<void(TitleLog&)> say;
    std::function<void(TitleBook&)> keep;
    Done done;
    Appended appended = nullptr;
    bool may_wait =
        false;  // for room, and what comes later is written with it; else it is told that there is none
  };
  void tell(Entry entry) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(entry));
    }
    changed_.notify_one();
  }

  enum class End : std::uint8_t { clean, unclean, at_once };
  Result<void> end(End how) {
    if (!thread_.joinable()) return {};
    Result<void> outcome;
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      if (how == End::at_once) waiting_.clear();
      if (how == End::clean) {
        waiting_.push_back({.say = [](TitleLog& log) { log.stopped(); },
                            .keep = [](TitleBook& book) { book.stop(); },
                            .done = [&](const Result<void>& written) { outcome = written; }});
      }
    }
    changed_.notify_one();
    thread_.join();
    return outcome;
  }

  [[nodiscard]] const TitleBook& first() const { return first_; }
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  using Entries = std::vector<Entry>;

  void run() {
    Entries entries;
    while (true) {
      bool last = false;
      {
        std::unique_lock lock(mutex_);
        const auto woken = [this] { return ending_ || !waiting_.empty(); };
        if (!is_full_) {
          changed_.wait(lock, woken);
        } else {
          changed_.wait_for(lock, std::chrono::milliseconds(kDiskRetryMs), woken);
        }
        last = ending_;
        if (last && waiting_.empty()) return;
        std::move(waiting_.begin(), waiting_.end(), std::back_inserter(entries));
        waiting_.clear();
      }
      entries.empty() ? look_for_room() : write(entries, last);
    }
  }

  // What may wait stays in `entries`; the rest has heard what became of it.
  void write(Entries& entries, bool last) {
    if (outcome_ && size_ > rewrite_at_) write_anew();
    Result<void> done = outcome_;
    if (done) done = append(entries);
    const bool full = !done && done.error().code == Code::full;
    if (!full) outcome_ = done;
    if (full) tell_full(done.error().text);
    Entries kept;
    for (Entry& entry : entries) {
      if (done) entry.keep(book_);
      if (full && entry.may_wait && !last) {
        kept.push_back(std::move(entry));
      } else if (entry.done) {
        entry.done(done);
      }
    }
    entries = std::move(kept);
    if (done) look_for_room();
  }

  // Where there is no room for that, it grows on.
  void write_anew() {
    const Result<void> written = rewrite();
    if (written) return;
    if (written.error().code == Code::full) {
      rewrite_at_ = size_ + kTitleFileBytes;
    } else {
      outcome_ = written;
    }
  }

  // Code::full: the file is as it was. So it is only if bytes were not taken: what a sync has left, nobody
  // knows.
  Result<void> append(const Entries& entries) {
    TitleLog log(nonce_, size_);
    for (const Entry& entry : entries) entry.say(log);
    Bytes record;
    log.seal(record);
    if (Result<void> written = write_all(record.view()); !written) {
      if (written.error().code != Code::full) return written;
      if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
        return io_error(path_, "cannot be cut back");
      return written;
    }
    for (const Entry& entry : entries) {
      if (entry.appended) entry.appended();
    }
    if (::fdatasync(file_.get()) != 0) return io_error(path_, "cannot be synced");
    size_ += record.size();
    // Who has taken the directory over has read the file without this.
    return directory_.fenced();
  }

  Result<void> write_all(std::string_view bytes) {
    if (events_.before_write) {
      if (Result<void> allowed = events_.before_write(); !allowed) {
        // As a disk does: a part of it.
        (void)write_whole(file_.get(), bytes.substr(0, bytes.size() / 2), path_);
        return allowed;
      }
    }
    return write_whole(file_.get(), bytes, path_);
  }

  void tell_full(const std::string& why) {
    if (!std::exchange(is_full_, true) && events_.full) events_.full(why);
  }

  // The last bytes of a full disk are no room: what comes next would be refused again.
  void look_for_room() {
    if (!is_full_) return;
    if (const std::optional<std::uint64_t> room = room_of(file_.get()); room && *room < kDiskRoomBytes)
      return;
    is_full_ = false;
    if (events_.full) events_.full({});
  }

  const Directory& directory_;
  const std::string name_;  // this boot's own: who has taken the directory over reads and writes another
  const std::string path_;
  const TitleBook first_;
  const std::size_t dropped_;
  const TitleFileEvents events_;

  // Of the thread.
  TitleBook book_;
  File file_;
  std::uint64_t nonce_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t rewrite_at_ = 0;
  Result<void> outcome_;  // of all so far; what found no room is none
  bool is_full_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

Result<std::uint64_t> last_boot(const Directory& directory) {
  const Result<std::vector<std::uint64_t>> boots = list_boots(directory);
  if (!boots) return tl::unexpected(boots.error());
  return boots->empty() ? 0 : boots->back();
}

TitleFile::TitleFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TitleFile::~TitleFile() = default;

Result<std::unique_ptr<TitleFile>> TitleFile::open(const Directory& directory, std::uint64_t generation,
                                                   std::uint64_t random, TitleFileEvents events) {
  const Result<std::vector<std::uint64_t>> boots = list_boots(directory);
  if (!boots) return tl::unexpected(boots.error());
  std::size_t dropped = 0;
  TitleBook book;
  if (!boots->empty()) {
    if (boots->back() >= generation) {
      return fail(Code::bad_input, directory.path() + "/" + name_of(boots->back()) +
                                       ": is of a later start than limpet.fence: restore both from one copy");
    }
    Result<TitleBook> last = read_book(directory, boots->back(), dropped);
    if (!last) return tl::unexpected(std::move(last.error()));
    book = std::move(*last);
  }
  book.boot(handoff::boot_id(generation, random));
  auto impl = std::make_unique<Impl>(directory, std::move(book), dropped, std::move(events));
  if (Result<void> written = impl->rewrite(); !written) return tl::unexpected(std::move(written.error()));
  for (const std::uint64_t boot : *boots) directory.remove(name_of(boot));
  impl->start();
  return std::unique_ptr<TitleFile>(new TitleFile(std::move(impl)));
}

Result<std::optional<std::string>> TitleFile::newest(const std::string& path) {
  std::optional<std::uint64_t> last;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.ends_with(kTitleExtension)) continue;
    const auto boot = parse_uint64(std::string_view(name).substr(0, name.size() - kTitleExtension.size()));
    if (boot) last = std::max(last.value_or(0), *boot);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Code::io, path + ": cannot be listed: " + error.message());
  if (!last) return std::optional<std::string>();
  return path + "/" + name_of(*last);
}

Result<std::optional<TitleBook>> TitleFile::peek(const std::string& path) {
  const auto file = newest(path);
  if (!file) return tl::unexpected(file.error());
  if (!*file) return std::optional<TitleBook>();
  const auto mapped = Mapping::of(**file);
  if (!mapped) return tl::unexpected(mapped.error());
  if (!*mapped) return std::optional<TitleBook>();
  Result<TitleBook> book = TitleBook::read((*mapped)->bytes());
  if (!book) return fail(book.error().code, **file + " " + book.error().text);
  return std::optional<TitleBook>(std::move(*book));
}

const TitleBook& TitleFile::book() const { return impl_->first(); }
std::size_t TitleFile::dropped_bytes() const { return impl_->dropped(); }
Result<void> TitleFile::stop(bool in_good_order) {
  return impl_->end(in_good_order ? Impl::End::clean : Impl::End::unclean);
}

void TitleFile::titles(std::vector<std::pair<Slot, handoff::SlotTitle>> titles, Done done,
                       Appended appended) {
  const auto said =
      std::make_shared<const std::vector<std::pair<Slot, handoff::SlotTitle>>>(std::move(titles));
  impl_->tell({.say = [said](TitleLog& log) { log.titles(*said); },
               .keep =
                   [said](TitleBook& book) {
                     for (const auto& [slot, title] : *said) book.set(slot, title);
                   },
               .done = std::move(done),
               .appended = std::move(appended)});
}

void TitleFile::name(handoff::Member member, std::string name, Done done) {
  impl_->tell({.say = [member, name](TitleLog& log) { log.name(member, name); },
               .keep = [name](TitleBook& book) { (void)book.member(name); },
               .done = std::move(done),
               .may_wait = true});
}

void TitleFile::founded(std::uint64_t digest, Done done) {
  impl_->tell({.say = [digest](TitleLog& log) { log.founded(digest); },
               .keep = [digest](TitleBook& book) { book.found(digest); },
               .done = std::move(done),
               .may_wait = true});
}

void TitleFile::seen(handoff::Member member, std::uint64_t boot, Done done) {
  impl_->tell({.say = [member, boot](TitleLog& log) { log.seen(member, boot); },
               .keep = [member, boot](TitleBook& book) { book.see(member, boot); },
               .done = std::move(done),
               .may_wait = true});
}

void TitleFile::self(std::string text, Done done) {
  impl_->tell({.say = [text](TitleLog& log) { log.self(text); },
               .keep = [text](TitleBook& book) { book.set_self(text); },
               .done = std::move(done),
               .may_wait = true});
}

void TitleFile::view(std::uint64_t epoch, std::string text, Done done) {
  impl_->tell({.say = [epoch, text](TitleLog& log) { log.view(epoch, text); },
               .keep = [epoch, text](TitleBook& book) { book.set_view(epoch, text); },
               .done = std::move(done),
               .may_wait = true});
}

}  // namespace limpet::disk
