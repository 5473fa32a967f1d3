#include "logging.hpp"

#include <fcntl.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <future>
#include <limpet/base/limits.hpp>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "log_lines.hpp"

namespace limpet::limpetd {
namespace {

constexpr std::size_t kQueuedLinesMax = 8'192;

tl::unexpected<Error> cannot_open(const std::string& path) {
  return fail(Code::io,
              path + ": cannot be opened for the log: " + std::strerror(errno) + "; change --log-file");
}

// A FIFO that nobody reads is an error, not a wait without end.
int open_for_appending(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640);
  if (fd >= 0) (void)::fcntl(fd, F_SETFL, O_APPEND);
  return fd;
}

// On a thread of its own, as it may wait for whoever reads the log. False: it does so still.
bool done_in_time(std::function<void()> work) {
  auto done = std::make_shared<std::promise<void>>();
  const std::future<void> ended = done->get_future();
  std::thread([work = std::move(work), done]() mutable {
    work();
    work = nullptr;
    done->set_value();
  }).detach();
  return ended.wait_for(std::chrono::milliseconds(kLogEndMs)) == std::future_status::ready;
}

// Writes each line with one system call: nothing is left in a buffer if the process dies, and the lines of
// two processes that share a file do not mix.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LineSink(int fd, std::string path, bool json) : fd_(fd), path_(std::move(path)) {
    base_sink::set_formatter_(make_line_formatter(json));
  }
  ~LineSink() override {
    take_next();
    if (!path_.empty()) ::close(fd_);
  }
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;

  // The pool whose lost lines are to be told; null before it goes. Not held by a pointer that counts: if the
  // pool's own thread had the last one, the pool would wait in that thread for itself.
  void watch(spdlog::details::thread_pool* pool) {
    const std::lock_guard lock(base_sink::mutex_);
    tell_of_lost_lines();
    pool_ = pool;
  }

  Result<void> reopen() {
    if (path_.empty()) return {};
    const int fd = open_for_appending(path_);
    if (fd < 0) return cannot_open(path_);
    // Not under the lock, which is held for as long as a line takes to be written.
    if (const int unused = next_.exchange(fd); unused >= 0) ::close(unused);
    return {};
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    tell_of_lost_lines();
    write(message);
  }
  void flush_() override {}

 private:
  void tell_of_lost_lines() {
    const std::size_t lost = pool_ != nullptr ? pool_->overrun_counter() : told_;
    if (lost == told_) return;
    const std::string text =
        std::to_string(lost - told_) + " log lines were lost: the log was written too slowly";
    told_ = lost;
    write(spdlog::details::log_msg("", spdlog::level::warn, text));
  }

  void take_next() {
    if (const int next = next_.exchange(-1); next >= 0) ::close(std::exchange(fd_, next));
  }

  void write(const spdlog::details::log_msg& message) {
    take_next();
    spdlog::memory_buf_t line;
    base_sink::formatter_->format(message, line);
    std::string_view rest(line.data(), line.size());
    while (!rest.empty()) {
      const ssize_t count = ::write(fd_, rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;  // a full disk: the line is lost, the node is not
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  int fd_;
  std::atomic<int> next_{-1};  // the file that was opened anew; -1: none was
  std::string path_;
  spdlog::details::thread_pool* pool_ = nullptr;
  std::size_t told_ = 0;
};

}  // namespace

class Log::Impl {
 public:
  Impl(int fd, const LogSettings& settings)
      : sink(std::make_shared<LineSink>(fd, settings.file, settings.json)),
        pool(std::make_shared<spdlog::details::thread_pool>(kQueuedLinesMax, 1)),
        logger(std::make_shared<spdlog::async_logger>("", sink, pool,
                                                      spdlog::async_overflow_policy::overrun_oldest)) {
    sink->watch(pool.get());
    logger->set_level(spdlog::level::from_str(settings.level));
    spdlog::set_default_logger(logger);
  }
  ~Impl() {
    // The pool's destructor empties the queue and waits for its thread, which lets go of the logger with the
    // last line: so the logger goes after it, on this thread.
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("", sink));
    sink->watch(nullptr);
    pool.reset();
    logger.reset();
    spdlog::shutdown();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::shared_ptr<LineSink> sink;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(const LogSettings& settings) {
  const int fd = settings.file.empty() ? STDERR_FILENO : open_for_appending(settings.file);
  if (fd < 0) return cannot_open(settings.file);
  return std::unique_ptr<Log>(new Log(std::make_unique<Impl>(fd, settings)));
}

Result<void> Log::reopen() { return impl_->sink->reopen(); }

void Log::set_level(const std::string& level) { impl_->logger->set_level(spdlog::level::from_str(level)); }
bool Log::close() {
  return done_in_time([impl = std::shared_ptr<Impl>(std::move(impl_))] {});
}

void Log::write_now(const std::string& text) {
  (void)done_in_time(
      [sink = impl_->sink, text] { sink->log(spdlog::details::log_msg("", spdlog::level::warn, text)); });
}

}  // namespace limpet::limpetd
