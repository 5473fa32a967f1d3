#include "dialer.hpp"

#include <asio/post.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/net/clock.hpp>
#include <optional>
#include <utility>

#include "sockets.hpp"

namespace limpet::net {

using asio::ip::tcp;

namespace {

// What the ticks that end a step may come late.
constexpr std::int64_t kSlackMs = 2 * kTickMs;

}  // namespace

struct Dialer::Attempt {
  cluster::Address address;
  bool is_name = false;
  std::optional<Resolver::Ticket> ticket;  // while it is looked up
  Resolver::Addresses addresses;
  std::size_t tried = 0;  // the last one of those is being tried
  std::shared_ptr<tcp::socket> socket;
  std::int64_t deadline_ms = 0;
  std::string errors;

  [[nodiscard]] tcp::endpoint endpoint() const { return {addresses[tried - 1], address.port}; }
};

Dialer::Dialer(asio::io_context& io, Resolver& resolver, DialerHooks hooks)
    : io_(io), resolver_(resolver), hooks_(std::move(hooks)) {}
Dialer::~Dialer() { drop_all(); }

Dialer::Attempt* Dialer::find(StreamId stream) {
  const auto found = attempts_.find(stream);
  return found == attempts_.end() ? nullptr : found->second.get();
}

void Dialer::dial(StreamId stream, const cluster::Address& address) {
  Attempt& attempt = *(attempts_[stream] = std::make_unique<Attempt>());
  attempt.address = address;
  std::error_code no_literal;
  const asio::ip::address literal = asio::ip::make_address(address.host, no_literal);
  attempt.is_name = static_cast<bool>(no_literal);
  if (!attempt.is_name) {
    attempt.addresses.push_back(literal);
    return try_next(stream, attempt);
  }
  hooks_.goes_on(stream, "looking up " + address.host, kLookUpMs + kSlackMs);
  // The resolver answers on a thread of its own.
  attempt.ticket = resolver_.want(address.host, [this, stream, &io = io_](Result<Resolver::Addresses> found) {
    asio::post(io,
               [this, stream, found = std::move(found)]() mutable { looked_up(stream, std::move(found)); });
  });
}

void Dialer::looked_up(StreamId stream, Result<Resolver::Addresses> found) {
  Attempt* const attempt = find(stream);
  if (attempt == nullptr) return;
  attempt->ticket.reset();
  if (!found) return tried(stream, attempt->address.host + ": " + found.error().text);
  attempt->addresses = std::move(*found);
  hooks_.goes_on(stream, "connecting",
                 static_cast<std::int64_t>(attempt->addresses.size()) * (kDialMs + kSlackMs));
  try_next(stream, *attempt);
}

void Dialer::try_next(StreamId stream, Attempt& attempt) {
  ++attempt.tried;
  attempt.deadline_ms = read_clocks().steady_ms + kDialMs;
  // The socket lives as long as its handler, whatever becomes of the attempt.
  attempt.socket = std::make_shared<tcp::socket>(io_);
  attempt.socket->async_connect(attempt.endpoint(),
                                [this, stream, socket = attempt.socket](const std::error_code& error) {
                                  const Attempt* const current = find(stream);
                                  if (current != nullptr && current->socket == socket)
                                    connected(stream, error);
                                });
}

void Dialer::connected(StreamId stream, const std::error_code& error) {
  if (error) return tried(stream, error.message());
  const std::unique_ptr<Attempt> attempt = std::move(attempts_.extract(stream).mapped());
  std::error_code failure;
  attempt->socket->native_non_blocking(true, failure);
  // Out of Asio's hands, into ours.
  Descriptor descriptor(attempt->socket->release(failure));
  if (failure) return hooks_.failed(stream, failure.message());
  if (attempt->is_name) resolver_.reached(attempt->address.host, attempt->addresses[attempt->tried - 1]);
  hooks_.connected(stream, std::move(descriptor));
}

// It is over, unless there is another address. Of a name it is said which address it has stood for.
void Dialer::tried(StreamId stream, const std::string& error) {
  Attempt& attempt = *find(stream);
  const bool says_which = attempt.is_name && attempt.tried > 0;
  attempt.errors += (attempt.errors.empty() ? "" : "; ") +
                    (says_which ? text_of(attempt.endpoint()) + ": " : std::string()) + error;
  if (attempt.tried < attempt.addresses.size()) return try_next(stream, attempt);
  const std::string errors = std::move(attempt.errors);
  attempts_.erase(stream);
  hooks_.failed(stream, errors);
}

void Dialer::drop(StreamId stream) {
  const auto found = attempts_.find(stream);
  if (found == attempts_.end()) return;
  if (found->second->ticket) resolver_.drop(*found->second->ticket);
  std::error_code ignored;
  if (found->second->socket) found->second->socket->close(ignored);
  attempts_.erase(found);
}

void Dialer::drop_all() {
  while (!attempts_.empty()) drop(attempts_.begin()->first);
}

void Dialer::tick(std::int64_t now_ms) {
  resolver_.tick();
  std::vector<StreamId> late;
  for (const auto& [stream, attempt] : attempts_) {
    if (attempt->socket && now_ms >= attempt->deadline_ms) late.push_back(stream);
  }
  for (const StreamId stream : late) {
    std::error_code ignored;
    find(stream)->socket->close(ignored);
    tried(stream, "connecting took longer than " + std::to_string(kDialMs) + " ms");
  }
}

}  // namespace limpet::net
