
#include <algorithm>
#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/net/clock.hpp>

#include "driver_impl.hpp"

namespace limpet::net {

using asio::ip::tcp;
using shard::StreamId;
using shard::StreamKind;

namespace {
// How long the other side is given to close after the last byte was written to it.
constexpr std::int64_t kLingerMs = 250;
}  // namespace

Driver::Impl::Impl(asio::io_context& io, shard::Shard& shard, DriverHooks hooks, std::int64_t tcp_keepalive_s)
    : io_(io),
      shard_(shard),
      hooks_(std::move(hooks)),
      tcp_keepalive_s_(tcp_keepalive_s),
      timer_(io),
      resolver_(io),
      chunk_(std::make_unique_for_overwrite<char[]>(kReadChunkBytes)) {}

Driver::Impl::~Impl() {
  for (std::vector<Wire*>& wires : wires_) {
    for (Wire* wire : wires) delete wire;
  }
  for (Wire* wire : lingering_) delete wire;
}

Now Driver::Impl::now() {
  if (!now_is_fresh_) {
    now_ = read_clocks();
    now_is_fresh_ = true;
    flush_soon();
  }
  return now_;
}

// ---- Wires by stream ----

void Driver::Impl::enter(Wire* wire) {
  std::vector<Wire*>& wires = wires_[static_cast<std::size_t>(wire->id.kind)];
  if (wires.size() <= wire->id.index) wires.resize(wire->id.index + 1, nullptr);
  wires[wire->id.index] = wire;
  ++alive_;
}

Wire* Driver::Impl::find(StreamId id) {
  const std::vector<Wire*>& wires = wires_[static_cast<std::size_t>(id.kind)];
  Wire* wire = id.index < wires.size() ? wires[id.index] : nullptr;
  return wire != nullptr && wire->id == id ? wire : nullptr;
}

void Driver::Impl::leave(const Wire& wire) {
  Wire*& entry = wires_[static_cast<std::size_t>(wire.id.kind)][wire.id.index];
  if (entry == &wire) entry = nullptr;
}

// ---- Opening ----

void Driver::Impl::adopt(StreamKind kind, tcp::socket socket) {
  std::error_code ignored;
  const tcp::endpoint remote = socket.remote_endpoint(ignored);
  const tcp::endpoint local = socket.local_endpoint(ignored);
  tune(socket, tcp_keepalive_s_, kind != StreamKind::client);
  auto* wire = new Wire(std::move(socket));
  wire->id = kind == StreamKind::client ? shard_.client_opened({text_of(remote), text_of(local)}, now())
                                        : shard_.peer_opened(text_of(remote), now());
  enter(wire);
  // Those that connect while the node stops are finished before they began.
  const shard::Stream* stream = shard_.stream(wire->id);
  stream->finished ? finish(*wire) : read_when_ready(*wire);
}

void Driver::Impl::dial(const shard::Dial& dial) {
  auto* wire = new Wire(io_);
  wire->id = dial.stream;
  wire->connected = false;
  enter(wire);
  const Endpoint address = hooks_.peer_address(dial.node);
  std::error_code no_literal;
  const asio::ip::address literal = asio::ip::make_address(address.host, no_literal);
  no_literal ? resolve(*wire, address) : connect(*wire, {literal, address.port});
}

void Driver::Impl::resolve(Wire& wire, const Endpoint& address) {
  ++wire.handlers;
  resolver_.async_resolve(
      address.host, std::to_string(address.port),
      [this, &wire](const std::error_code& error, const tcp::resolver::results_type& found) {
        if (!error && !wire.closed && !found.empty()) {
          connect(wire, found.begin()->endpoint());
        } else if (!wire.closed) {
          fail(wire, error);
        }
        handler_done(wire);
      });
}

void Driver::Impl::connect(Wire& wire, const tcp::endpoint& endpoint) {
  ++wire.handlers;
  wire.socket.async_connect(endpoint, [this, &wire](const std::error_code& error) {
    if (!wire.closed) connected(wire, error);
    handler_done(wire);
  });
}

void Driver::Impl::connected(Wire& wire, const std::error_code& error) {
  if (error) return fail(wire, error);
  wire.connected = true;
  tune(wire.socket, tcp_keepalive_s_, true);
  shard_.connected(wire.id, now());
  read_when_ready(wire);
}

// ---- Reading ----

void Driver::Impl::read_when_ready(Wire& wire) {
  if (wire.waiting_to_read || wire.closed) return;
  wire.waiting_to_read = true;
  ++wire.handlers;
  wire.socket.async_wait(tcp::socket::wait_read, [this, &wire](const std::error_code& error) {
    wire.waiting_to_read = false;
    if (!wire.closed) readable(wire, error);
    handler_done(wire);
  });
}

void Driver::Impl::readable(Wire& wire, const std::error_code& error) {
  if (error) return fail(wire, error);
  if (wire.lingering) return discard(wire);
  // The shard may have changed its mind while the wait was on; the bytes stay in the socket.
  const shard::Stream* stream = shard_.stream(wire.id);
  if (stream == nullptr || !stream->reading) return;
  std::error_code failure;
  const std::size_t count = wire.socket.read_some(asio::buffer(chunk_.get(), kReadChunkBytes), failure);
  if (failure == asio::error::would_block || failure == asio::error::try_again) return read_when_ready(wire);
  if (failure) return fail(wire, failure);
  shard_.received(wire.id, {chunk_.get(), count}, now());
  flush_soon();
}

void Driver::Impl::discard(Wire& wire) {
  std::error_code failure;
  wire.socket.read_some(asio::buffer(chunk_.get(), kReadChunkBytes), failure);
  if (failure && failure != asio::error::would_block && failure != asio::error::try_again) return close(wire);
  read_when_ready(wire);
}

// ---- Writing ----

bool Driver::Impl::write_out(Wire& wire, shard::Stream& stream) {
  while (!stream.out.empty()) {
    std::error_code failure;
    const std::size_t count =
        wire.socket.write_some(asio::buffer(stream.out.data(), stream.out.size()), failure);
    if (failure == asio::error::would_block || failure == asio::error::try_again) {
      write_when_ready(wire);
      return false;
    }
    if (failure) {
      fail(wire, failure);
      return false;
    }
    shard_.written(wire.id, count, now());
  }
  return true;
}

void Driver::Impl::write_when_ready(Wire& wire) {
  if (wire.waiting_to_write || wire.closed) return;
  wire.waiting_to_write = true;
  ++wire.handlers;
  wire.socket.async_wait(tcp::socket::wait_write, [this, &wire](const std::error_code& error) {
    wire.waiting_to_write = false;
    if (!wire.closed) {
      if (error) {
        fail(wire, error);
      } else if (!wire.lingering) {
        flush_stream(wire.id);
        flush_soon();
      }
    }
    handler_done(wire);
  });
}

// ---- The turn ----

void Driver::Impl::flush_soon() {
  if (std::exchange(flush_posted_, true)) return;
  asio::post(io_, [this] {
    flush_posted_ = false;
    flush();
    now_is_fresh_ = false;
    if (!abandoned_ && std::exchange(shard_.effects().again, false)) go_on_soon();
  });
}

// Behind what is ready already, so that others have their turn first.
void Driver::Impl::go_on_soon() {
  asio::post(io_, [this] {
    if (abandoned_) return;
    shard_.go_on(now());
    flush_soon();
  });
}

void Driver::Impl::flush() {
  if (abandoned_) return;
  shard::Effects& effects = shard_.effects();
  // What is done may lead to more: a client whose output has gone is parsed further.
  while (!effects.touched.empty() || !effects.dials.empty()) {
    for (const shard::Dial& wanted : std::exchange(effects.dials, {})) dial(wanted);
    touched_.swap(effects.touched);
    for (const StreamId id : touched_) {
      if (shard::Stream* stream = shard_.stream(id)) stream->touched = false;
      flush_stream(id);
    }
    touched_.clear();
  }
  shard_.take_batches();
  for (auto& [sibling, batch] : effects.batches) hooks_.send_batch(sibling, std::move(batch));
  effects.batches.clear();
  for (const shard::Note& note : effects.notes) hooks_.note(note);
  effects.notes.clear();
  if (draining_) check_drained();
}

void Driver::Impl::flush_stream(StreamId id) {
  Wire* wire = find(id);
  shard::Stream* stream = shard_.stream(id);
  if (wire == nullptr || stream == nullptr || wire->closed) return;
  if (stream->aborted) return fail(*wire, asio::error::connection_aborted);
  if (!wire->connected) return;
  if (!wire->waiting_to_write) write_out(*wire, *stream);
  // Writing has let the shard go on, so look again.
  stream = shard_.stream(id);
  if (stream == nullptr || wire->closed) return;
  if (stream->finished) {
    if (stream->out.empty()) return finish(*wire);
    if (wire->finish_by_ms == 0) {
      wire->finish_by_ms = now().steady_ms + kStopMs;
      finishing_.push_back(id);
    }
  }
  // Whether or not the other side takes what is written, what it sends is taken: two that only wrote would
  // stand still.
  if (stream->reading) read_when_ready(*wire);
}

// One that is to be closed and does not take its last bytes is not waited for without end.
void Driver::Impl::give_up_finishing() {
  std::erase_if(finishing_, [this](StreamId id) {
    Wire* wire = find(id);
    if (wire == nullptr || wire->closed) return true;
    if (wire->finish_by_ms > now_.steady_ms) return false;
    fail(*wire, asio::error::timed_out);
    return true;
  });
}

void Driver::Impl::tick() {
  shard_.tick(now());
  for (Wire* wire : std::vector<Wire*>(lingering_)) {
    if (wire->linger_until_ms <= now_.steady_ms) close(*wire);
  }
  give_up_finishing();
  flush_soon();
  timer_.expires_after(std::chrono::milliseconds(kTickMs));
  timer_.async_wait([this](const std::error_code& error) {
    if (!error && !abandoned_) tick();
  });
}

void Driver::Impl::from_sibling(unsigned sibling, const Bytes& batch) {
  shard_.from_sibling(sibling, batch.view(), now());
  flush_soon();
}

// ---- Closing ----

void Driver::Impl::finish(Wire& wire) {
  leave(wire);
  shard_.closed(wire.id, "closed by this node", now());
  if (wire.id.kind == StreamKind::client) hooks_.client_gone();
  std::error_code failure;
  wire.socket.shutdown(tcp::socket::shutdown_send, failure);
  lingering_.push_back(&wire);
  wire.lingering = true;
  wire.linger_until_ms = now().steady_ms + kLingerMs;
  failure ? close(wire) : read_when_ready(wire);
}

void Driver::Impl::fail(Wire& wire, const std::error_code& error) {
  if (!wire.lingering) {
    leave(wire);
    shard_.closed(wire.id, error ? error.message() : "name not found", now());
    if (wire.id.kind == StreamKind::client) hooks_.client_gone();
    flush_soon();
    lingering_.push_back(&wire);
    wire.lingering = true;
  }
  close(wire);
}

void Driver::Impl::close(Wire& wire) {
  if (std::exchange(wire.closed, true)) return;
  std::error_code ignored;
  wire.socket.close(ignored);
  // Handlers that were cancelled still come; the last one destroys the wire.
  ++wire.handlers;
  asio::post(io_, [this, &wire] { handler_done(wire); });
}

void Driver::Impl::handler_done(Wire& wire) {
  LIMPET_ASSERT(wire.handlers > 0);
  if (--wire.handlers > 0 || !wire.closed) return;
  std::erase(lingering_, &wire);
  --alive_;
  delete &wire;
}

// ---- Stopping ----

void Driver::Impl::drain() {
  draining_ = true;
  shard_.drain(now());
  flush_soon();
}

void Driver::Impl::check_drained() {
  const bool lingering_clients = std::any_of(lingering_.begin(), lingering_.end(), [](const Wire* wire) {
    return wire->id.kind == StreamKind::client && !wire->closed;
  });
  if (!hooks_.drained || lingering_clients || !shard_.drained()) return;
  std::exchange(hooks_.drained, nullptr)();
}

void Driver::Impl::abandon() {
  abandoned_ = true;
  timer_.cancel();
  resolver_.cancel();
  for (std::vector<Wire*>& wires : wires_) {
    for (Wire*& entry : wires) {
      Wire* wire = std::exchange(entry, nullptr);
      if (wire == nullptr) continue;
      lingering_.push_back(wire);
      wire->lingering = true;
      close(*wire);
    }
  }
  for (Wire* wire : std::vector<Wire*>(lingering_)) close(*wire);
}

// ---- The door ----

Driver::Driver(asio::io_context& io, shard::Shard& shard, DriverHooks hooks, std::int64_t tcp_keepalive_s)
    : impl_(std::make_unique<Impl>(io, shard, std::move(hooks), tcp_keepalive_s)) {}
Driver::~Driver() = default;

void Driver::start() { impl_->tick(); }
void Driver::adopt_client(tcp::socket socket) { impl_->adopt(StreamKind::client, std::move(socket)); }
void Driver::adopt_peer(tcp::socket socket) { impl_->adopt(StreamKind::peer, std::move(socket)); }
void Driver::from_sibling(unsigned sibling, const Bytes& batch) { impl_->from_sibling(sibling, batch); }
void Driver::drain() { impl_->drain(); }
void Driver::abandon() { impl_->abandon(); }

}  // namespace limpet::net
