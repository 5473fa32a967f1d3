#include "admin_exchange.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limpet/base/limits.hpp>
#include <limpet/net/clock.hpp>
#include <string_view>
#include <system_error>
#include <utility>

namespace limpet::node {

namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

template <class Call>
ssize_t again(Call call) {
  ssize_t count = 0;
  do count = call();
  while (count < 0 && errno == EINTR);
  return count;
}

std::string head_of(const AdminReply& reply, std::size_t body_bytes) {
  std::string head =
      "HTTP/1.1 " + std::string(status_line(reply.status)) + "\r\nContent-Type: " + reply.type +
      "\r\nContent-Length: " + std::to_string(body_bytes) +
      "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nAccept-Ranges: none\r\n";
  if (reply.status == 405) head += "Allow: GET, HEAD\r\n";
  return head + "Connection: close\r\n\r\n";
}

}  // namespace

AdminExchange::AdminExchange(asio::io_context& io, net::Descriptor socket, std::int64_t now_ms, Hooks hooks)
    : socket_(io, socket.release()), hooks_(std::move(hooks)), began_ms_(now_ms) {}

// A request is there with its connection, as a rule.
void AdminExchange::start() { read(); }

void AdminExchange::wait_readable() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const std::error_code& error) {
                       if (error || self->state_ == State::closed) return;
                       self->state_ == State::reading ? self->read() : self->discard();
                     });
}

void AdminExchange::wait_writable() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                     [self = shared_from_this()](const std::error_code& error) {
                       if (!error && self->state_ == State::writing) self->write();
                     });
}

void AdminExchange::read() {
  std::array<char, 2048> chunk{};
  const ssize_t count = again([&] { return ::recv(socket_.native_handle(), chunk.data(), chunk.size(), 0); });
  if (count < 0 && would_block()) return wait_readable();
  if (count <= 0) return close();
  in_.append(chunk.data(), static_cast<std::size_t>(count));
  const HttpRequest request = read_http_request(in_);
  if (request.state == HttpRequest::State::partial) return wait_readable();
  in_ = {};
  head_only_ = request.head;
  state_ = State::waiting;
  if (request.state == HttpRequest::State::whole) return hooks_.asked(request.path);
  answer({request.status, kPlain, ""}, std::make_shared<const std::string>(request.why + "\n"));
}

void AdminExchange::answer(const AdminReply& reply, std::shared_ptr<const std::string> body) {
  if (state_ != State::waiting) return;
  state_ = State::writing;
  head_ = head_of(reply, body->size());
  if (!head_only_) body_ = std::move(body);
  write();
}

void AdminExchange::write() {
  const std::size_t all = head_.size() + (body_ ? body_->size() : 0);
  while (sent_ < all) {
    const std::string_view rest = sent_ < head_.size()
                                      ? std::string_view(head_).substr(sent_)
                                      : std::string_view(*body_).substr(sent_ - head_.size());
    const ssize_t count = again([&] {
      return ::send(socket_.native_handle(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    });
    if (count < 0 && would_block()) return wait_writable();
    if (count <= 0) return close();
    sent_ += static_cast<std::size_t>(count);
  }
  linger();
}

// Closing with unread bytes would reset the connection, and could take the answer with it.
void AdminExchange::linger() {
  head_ = {};
  body_ = nullptr;
  has_page = false;
  state_ = State::lingering;
  hooks_.answered();
  lingers_until_ms_ = net::read_clocks().steady_ms + kAdminLingerMs;
  if (::shutdown(socket_.native_handle(), SHUT_WR) != 0) return close();
  discard();
}

void AdminExchange::discard() {
  std::array<char, 2048> chunk{};
  const ssize_t count = again([&] { return ::recv(socket_.native_handle(), chunk.data(), chunk.size(), 0); });
  if (count < 0 && would_block()) return wait_readable();
  if (count <= 0) return close();
  discarded_ += static_cast<std::size_t>(count);
  discarded_ > 8 * kAdminRequestBytesMax ? close() : wait_readable();
}

void AdminExchange::tick(std::int64_t now_ms) {
  const bool late = state_ == State::reading     ? now_ms - began_ms_ >= kAdminHeadMs
                    : state_ == State::lingering ? now_ms >= lingers_until_ms_
                                                 : now_ms - began_ms_ >= kAdminRequestMs;
  if (late) close();
}

void AdminExchange::close() {
  const std::shared_ptr<AdminExchange> self = shared_from_this();  // done() lets go of it
  if (std::exchange(state_, State::closed) == State::closed) return;
  body_ = nullptr;
  std::error_code ignored;
  socket_.close(ignored);
  hooks_.done();
}

}  // namespace limpet::node
