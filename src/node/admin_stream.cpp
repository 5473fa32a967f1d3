#include "admin_stream.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace limpet::node {
namespace {

// How soon a waiting thread notices that the admin side is to stop.
constexpr std::chrono::milliseconds kLookUp{100};

}  // namespace

BoundedStream::BoundedStream(socket_t socket, const std::atomic<bool>& stopping)
    : socket_(socket),
      stopping_(stopping),
      deadline_(std::chrono::steady_clock::now() + std::chrono::milliseconds(kAdminRequestMs)) {}

bool BoundedStream::wait_for(short events) const {
  while (!stopping_.load(std::memory_order_relaxed)) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline_) return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now);
    pollfd entry{socket_, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min(left, kLookUp).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

bool BoundedStream::is_readable() const { return begin_ != end_ || wait_for(POLLIN); }
bool BoundedStream::is_writable() const { return wait_for(POLLOUT); }

bool BoundedStream::fill() {
  const std::size_t room = std::min(buffer_.size(), budget_);
  if (room == 0 || !wait_for(POLLIN)) return false;
  const ssize_t count = ::recv(socket_, buffer_.data(), room, 0);
  if (count <= 0) return false;
  begin_ = 0;
  end_ = static_cast<std::size_t>(count);
  budget_ -= end_;
  return true;
}

ssize_t BoundedStream::read(char* out, std::size_t size) {
  if (begin_ == end_ && !fill()) return -1;
  const std::size_t count = std::min(size, end_ - begin_);
  std::copy_n(buffer_.data() + begin_, count, out);
  begin_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t BoundedStream::write(const char* bytes, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    if (!wait_for(POLLOUT)) return -1;
    const ssize_t count = ::send(socket_, bytes + done, size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return -1;
    done += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(done);
}

// Nothing here looks at who asks; cpp-httplib puts the result into headers that no page reads.
void BoundedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}
void BoundedStream::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace limpet::node
