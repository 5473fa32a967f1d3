#include "admin_server.hpp"

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <limpet/base/limits.hpp>
#include <limpet/net/clock.hpp>
#include <limpet/net/listener.hpp>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "admin_exchange.hpp"
#include "admin_places.hpp"

namespace limpet::node {

namespace {

using Number = AdminPlaces::Number;

std::int64_t now_ms() { return net::read_clocks().steady_ms; }

std::string host_of(const std::string& address) { return address.substr(0, address.rfind(':')); }

}  // namespace

class AdminServer::Impl {
 public:
  explicit Impl(AdminPages pages) : pages_(std::move(pages)), timer_(io_) {}
  ~Impl() { stop(); }

  Result<void> start(const std::string& host, std::uint16_t port) {
    auto listener = net::Listener::bind(io_, host, port);
    if (!listener) return tl::unexpected(std::move(listener.error()));
    listener_ = std::move(*listener);
    listener_->start([this](net::Connection connection) { accepted(std::move(connection)); }, pages_.trouble);
    tick();
    serving_ = std::thread([this] { io_.run(); });
    making_ = std::thread([this] { make_pages(); });
    return {};
  }

  [[nodiscard]] const net::Listener& listener() const { return *listener_; }

 private:
  void accepted(net::Connection connection);
  void done(Number number);
  void asked(Number number, const std::string& path);
  void answer(Number number, const AdminReply& reply, const std::shared_ptr<const std::string>& body);
  bool room_for_a_page();
  void make_pages();
  void tick();
  void stop();

  AdminPages pages_;
  asio::io_context io_{1};

  // ---- On the thread that serves ----
  asio::steady_timer timer_;
  std::unique_ptr<net::Listener> listener_;
  AdminPlaces places_;
  std::map<Number, std::shared_ptr<AdminExchange>> exchanges_;
  Number last_ = 0;
  bool closing_ = false;

  std::mutex mutex_;  // guards the next two, and the condition
  std::condition_variable wanted_changed_;
  std::deque<std::pair<std::string, Number>> wanted_;  // pages, and by whom
  bool stopping_ = false;

  std::thread serving_;
  std::thread making_;
};

void AdminServer::Impl::accepted(net::Connection connection) {
  const Number number = ++last_;
  if (const auto goes = places_.enter(number, host_of(connection.remote))) exchanges_.at(*goes)->close();
  auto exchange = std::make_shared<AdminExchange>(
      io_, std::move(connection.descriptor), now_ms(),
      AdminExchange::Hooks{[this, number](const std::string& path) { asked(number, path); },
                           [this, number] { places_.answered(number); }, [this, number] { done(number); }});
  exchanges_.emplace(number, exchange);
  exchange->start();
}

void AdminServer::Impl::done(Number number) {
  places_.leave(number);
  exchanges_.erase(number);
  const std::lock_guard lock(mutex_);
  std::erase_if(wanted_, [number](const auto& entry) { return entry.second == number; });
}

void AdminServer::Impl::asked(Number number, const std::string& path) {
  if (const std::optional<AdminReply> reply = pages_.at_once(path))
    return answer(number, *reply, std::make_shared<const std::string>(reply->body));
  if (!pages_.is_made(path))
    return answer(number, {404, kPlain, ""},
                  std::make_shared<const std::string>("no such page; / lists them\n"));
  if (!room_for_a_page())
    return answer(number, {503, kPlain, ""},
                  std::make_shared<const std::string>("too many ask for pages at a time; try again\n"));
  exchanges_.at(number)->has_page = true;
  const std::lock_guard lock(mutex_);
  wanted_.emplace_back(path, number);
  wanted_changed_.notify_one();
}

void AdminServer::Impl::answer(Number number, const AdminReply& reply,
                               const std::shared_ptr<const std::string>& body) {
  const auto found = exchanges_.find(number);
  if (found == exchanges_.end()) return;
  const std::shared_ptr<AdminExchange> exchange = found->second;
  exchange->answer(reply, body);
}

// Of those who do not take theirs the one goes that has had it for longest.
bool AdminServer::Impl::room_for_a_page() {
  const auto with_page = std::count_if(exchanges_.begin(), exchanges_.end(),
                                       [](const auto& entry) { return entry.second->has_page; });
  if (static_cast<std::size_t>(with_page) < kAdminPagesMax) return true;
  const auto oldest = std::find_if(exchanges_.begin(), exchanges_.end(), [](const auto& entry) {
    return entry.second->has_page && entry.second->state() == AdminExchange::State::writing;
  });
  if (oldest == exchanges_.end()) return false;
  const std::shared_ptr<AdminExchange> goes = oldest->second;
  goes->close();
  return true;
}

// On a thread of its own.
void AdminServer::Impl::make_pages() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_changed_.wait(lock, [this] { return stopping_ || !wanted_.empty(); });
    if (stopping_) return;
    const std::string path = wanted_.front().first;
    std::vector<Number> by;
    for (const auto& [wanted, number] : wanted_) {
      if (wanted == path) by.push_back(number);
    }
    std::erase_if(wanted_, [&](const auto& entry) { return entry.first == path; });
    lock.unlock();
    AdminReply reply{500, kPlain, "this page could not be made\n"};
    try {
      reply = pages_.make(path);
    } catch (const std::exception& error) {
      pages_.trouble(path + ": " + error.what());
    }
    const auto body = std::make_shared<const std::string>(std::move(reply.body));
    asio::post(io_, [this, by, reply, body] {
      for (const Number number : by) answer(number, reply, body);
    });
    lock.lock();
  }
}

void AdminServer::Impl::tick() {
  const std::int64_t now = now_ms();
  std::vector<std::shared_ptr<AdminExchange>> all;
  for (const auto& [number, exchange] : exchanges_) all.push_back(exchange);
  for (const auto& exchange : all) exchange->tick(now);
  timer_.expires_after(std::chrono::milliseconds(kTickMs));
  timer_.async_wait([this](const std::error_code& error) {
    if (!error && !closing_) tick();  // one that was due already is not cancelled
  });
}

void AdminServer::Impl::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wanted_changed_.notify_one();
  }
  if (making_.joinable()) making_.join();
  asio::post(io_, [this] {
    closing_ = true;
    if (listener_) listener_->stop();
    timer_.cancel();
    while (!exchanges_.empty()) {
      const std::shared_ptr<AdminExchange> exchange = exchanges_.begin()->second;
      exchange->close();
    }
  });
  if (serving_.joinable()) serving_.join();
}

Result<std::unique_ptr<AdminServer>> AdminServer::start(const std::string& host, std::uint16_t port,
                                                        AdminPages pages) {
  auto impl = std::make_unique<Impl>(std::move(pages));
  if (Result<void> started = impl->start(host, port); !started)
    return tl::unexpected(std::move(started.error()));
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminServer::~AdminServer() = default;

std::string AdminServer::local() const { return impl_->listener().local(); }
bool AdminServer::on_loopback() const { return impl_->listener().on_loopback(); }

}  // namespace limpet::node
