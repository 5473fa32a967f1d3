#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <limpet/base/limits.hpp>
#include <limpet/base/number.hpp>
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
  Impl(const Directory& directory, TitleBook book, std::size_t dropped)
      : directory_(directory),
        name_(name_of(handoff::counter_of(book.boot()))),
        first_(book),
        dropped_(dropped),
        book_(std::move(book)) {}
  ~Impl() { end(false); }

  // A whole file in the place of what was there.
  Result<void> rewrite() {
    const std::uint64_t nonce = draw_nonce();
    const Bytes whole = book_.write(nonce);
    if (Result<void> written = directory_.replace(name_, whole.view()); !written) return written;
    Result<File> file = directory_.open_to_append(name_);
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
    log_.emplace(nonce, whole.size());
    whole_bytes_ = size_ = whole.size();
    return {};
  }

  void start() {
    thread_ = std::thread([this] { run(); });
  }

  // `apply` does to the book what the records that it writes say.
  using Apply = std::function<void(TitleBook&, TitleLog&)>;
  void tell(Apply apply, Done done, Appended appended = nullptr) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back({std::move(apply), std::move(done), std::move(appended)});
    }
    changed_.notify_one();
  }

  Result<void> end(bool cleanly) {
    if (!thread_.joinable()) return {};
    Result<void> outcome;
    if (cleanly) {
      tell(
          [](TitleBook& book, TitleLog& log) {
            book.stop();
            log.stopped();
          },
          [&](const Result<void>& written) { outcome = written; });
    }
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      if (!cleanly) waiting_.clear();
    }
    changed_.notify_one();
    thread_.join();
    return outcome;
  }

  [[nodiscard]] const TitleBook& first() const { return first_; }
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  struct Entry {
    Apply apply;
    Done done;
    Appended appended;
  };

  void run() {
    while (true) {
      std::vector<Entry> entries;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        entries.swap(waiting_);
      }
      write(entries);
    }
  }

  void write(const std::vector<Entry>& entries) {
    if (outcome_) {
      for (const Entry& entry : entries) entry.apply(book_, *log_);
      Bytes record;
      log_->seal(record);
      outcome_ = append(record.view(), entries);
    }
    for (const Entry& entry : entries) {
      if (entry.done) entry.done(outcome_);
    }
  }

  Result<void> append(std::string_view record, const std::vector<Entry>& entries) {
    const std::string path = directory_.path() + "/" + name_;
    if (size_ + record.size() > std::max<std::uint64_t>(kTitleFileBytes, 2 * whole_bytes_)) {
      // The book has it already.
      if (Result<void> written = rewrite(); !written) return written;
    } else {
      if (Result<void> written = write_whole(file_.get(), record, path); !written) return written;
      for (const Entry& entry : entries) {
        if (entry.appended) entry.appended();
      }
      if (::fdatasync(file_.get()) != 0) return io_error(path, "cannot be synced");
      size_ += record.size();
    }
    // Who has taken the directory over has read the file without this.
    return directory_.fenced();
  }

  const Directory& directory_;
  const std::string name_;  // this boot's own: who has taken the directory over reads and writes another
  const TitleBook first_;
  const std::size_t dropped_;

  // Of the thread.
  TitleBook book_;
  File file_;
  std::optional<TitleLog> log_;
  std::uint64_t size_ = 0;
  std::uint64_t whole_bytes_ = 0;  // when it was written whole
  Result<void> outcome_;           // of all so far

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
                                                   std::uint64_t random) {
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
  auto impl = std::make_unique<Impl>(directory, std::move(book), dropped);
  if (Result<void> written = impl->rewrite(); !written) return tl::unexpected(std::move(written.error()));
  for (const std::uint64_t boot : *boots) directory.remove(name_of(boot));
  impl->start();
  return std::unique_ptr<TitleFile>(new TitleFile(std::move(impl)));
}

const TitleBook& TitleFile::book() const { return impl_->first(); }
std::size_t TitleFile::dropped_bytes() const { return impl_->dropped(); }
Result<void> TitleFile::stop() { return impl_->end(true); }

void TitleFile::titles(std::vector<std::pair<Slot, handoff::SlotTitle>> titles, Done done,
                       Appended appended) {
  impl_->tell(
      [titles = std::move(titles)](TitleBook& book, TitleLog& log) {
        for (const auto& [slot, title] : titles) book.set(slot, title);
        log.titles(titles);
      },
      std::move(done), std::move(appended));
}

void TitleFile::name(handoff::Member member, std::string name, Done done) {
  impl_->tell(
      [member, name = std::move(name)](TitleBook& book, TitleLog& log) {
        if (book.member(name) != member) return;  // a mistake of ours: the file must not say so
        log.name(member, name);
      },
      std::move(done));
}

void TitleFile::founded(std::uint64_t digest, Done done) {
  impl_->tell(
      [digest](TitleBook& book, TitleLog& log) {
        book.found(digest);
        log.founded(digest);
      },
      std::move(done));
}

void TitleFile::seen(handoff::Member member, std::uint64_t boot, Done done) {
  impl_->tell(
      [member, boot](TitleBook& book, TitleLog& log) {
        book.see(member, boot);
        log.seen(member, boot);
      },
      std::move(done));
}

void TitleFile::view(std::uint64_t epoch, std::string text, Done done) {
  impl_->tell(
      [epoch, text = std::move(text)](TitleBook& book, TitleLog& log) {
        book.set_view(epoch, text);
        log.view(epoch, text);
      },
      std::move(done));
}

}  // namespace limpet::disk
