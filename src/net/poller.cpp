#include "poller.hpp"

#include <cerrno>
#include <system_error>

namespace limpet::net {

namespace {

int make_epoll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return descriptor;
}

}  // namespace

Poller::Poller(asio::io_context& io, std::function<void()> ready)
    : epoll_(io, make_epoll()), ready_(std::move(ready)) {}

bool Poller::add(int descriptor, void* owner) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = owner;
  return ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

std::span<const epoll_event> Poller::take() {
  const int count = ::epoll_wait(epoll_.native_handle(), events_.data(), kEventsMax, 0);
  return {events_.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

void Poller::wait() {
  if (std::exchange(waiting_, true)) return;
  epoll_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const std::error_code& error) {
    waiting_ = false;
    if (!error) ready_();
  });
}

void Poller::close() {
  std::error_code ignored;
  epoll_.close(ignored);
}

}  // namespace limpet::net
