#include <sys/socket.h>

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/net/clock.hpp>

#include "driver_impl.hpp"

namespace limpet::net {

namespace {

// How long the other side is given to close after the last byte was written to it.
constexpr std::int64_t kLingerMs = 250;

std::error_code last_error() { return {errno, std::system_category()}; }
bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

Driver::Impl::Impl(asio::io_context& io, shard::Shard& shard, Resolver& resolver, DriverHooks hooks,
                   std::int64_t tcp_keepalive_s)
    : io_(io),
      shard_(shard),
      hooks_(std::move(hooks)),
      tcp_keepalive_s_(tcp_keepalive_s),
      poller_(io, [this] { sockets_ready(); }),
      timer_(io),
      dialer_(io, resolver, dialer_hooks()),
      chunk_(std::make_unique_for_overwrite<char[]>(kReadChunkBytes)) {}

Driver::Impl::~Impl() {
  for (std::vector<Wire*>& wires : wires_) {
    for (Wire* wire : wires) delete wire;
  }
  for (Wire* wire : lingering_) delete wire;
  bury();
}

// ---- Wires by stream ----

void Driver::Impl::enter(Wire* wire) {
  std::vector<Wire*>& wires = wires_[static_cast<std::size_t>(wire->id.kind)];
  if (wires.size() <= wire->id.index) wires.resize(wire->id.index + 1, nullptr);
  wires[wire->id.index] = wire;
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

void Driver::Impl::adopt(StreamKind kind, Connection connection) {
  auto* wire = new Wire;
  wire->socket = std::move(connection.descriptor);
  wire->id = kind == StreamKind::client
                 ? shard_.client_opened({connection.remote, connection.local, connection.of_this_host}, now())
                 : shard_.peer_opened(connection.remote, now());
  tune(wire->socket.get(), tcp_keepalive_s_, kind != StreamKind::client);
  enter(wire);
  attach(*wire);
}

void Driver::Impl::attach(Wire& wire) {
  if (!poller_.add(wire.socket.get(), &wire)) return fail(wire, last_error());
  // Those that connect while the node stops are finished before they began.
  const Stream* stream = shard_.stream(wire.id);
  if (stream != nullptr && stream->finished) finish(wire);
}

void Driver::Impl::dial(const shard::Dial& dial) {
  auto* wire = new Wire;
  wire->id = dial.stream;
  wire->dialing = true;
  enter(wire);
  dialer_.dial(dial.stream, dial.address);
}

DialerHooks Driver::Impl::dialer_hooks() {
  DialerHooks hooks;
  hooks.goes_on = [this](StreamId id, const std::string& doing, std::int64_t ms) {
    shard_.dial_goes_on(id, doing, ms, now());
  };
  hooks.connected = [this](StreamId id, Descriptor socket) {
    if (Wire* wire = find(id)) connected(*wire, std::move(socket));
  };
  hooks.failed = [this](StreamId id, const std::string& why) {
    if (Wire* wire = find(id)) fail(*wire, why);
  };
  return hooks;
}

void Driver::Impl::connected(Wire& wire, Descriptor socket) {
  wire.socket = std::move(socket);
  wire.dialing = false;
  tune(wire.socket.get(), tcp_keepalive_s_, true);
  shard_.connected(wire.id, now());
  attach(wire);
}

// ---- Reading ----

void Driver::Impl::event(Wire& wire, std::uint32_t what) {
  if (wire.closed) return;
  wire.hung_up = wire.hung_up || (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  wire.gone = wire.gone || (what & (EPOLLHUP | EPOLLERR)) != 0;
  if (wire.blocked && (what & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    wire.blocked = false;
    if (!wire.lingering) flush_stream(wire.id);
  }
  if ((what & EPOLLIN) == 0 && !wire.hung_up) return;
  wire.readable = true;
  if (!wire.closed) read(wire);
}

ssize_t Driver::Impl::receive(const Wire& wire) {
  ssize_t count = 0;
  do count = ::recv(wire.socket.get(), chunk_.get(), kReadChunkBytes, 0);
  while (count < 0 && errno == EINTR);
  return count;
}

// Once: the others want their turn too.
void Driver::Impl::read(Wire& wire) {
  if (wire.lingering) return discard(wire);
  const Stream* const stream = shard_.stream(wire.id);
  if (stream == nullptr || !stream->reading) {
    // The bytes stay in the socket; nobody is left who could get the answer.
    if (wire.gone) fail(wire, asio::error::connection_reset);
    return;
  }
  const ssize_t count = receive(wire);
  if (count < 0) {
    if (!would_block()) return fail(wire, last_error());
    wire.readable = false;
    return;
  }
  if (count == 0) {
    wire.readable = false;
    if (wire.gone || !shard_.ended(wire.id, now())) fail(wire, asio::error::eof);
    return;
  }
  const auto bytes = static_cast<std::size_t>(count);
  // A read that comes back short has emptied the socket, and what comes later is a new event.
  wire.readable = bytes == kReadChunkBytes || wire.hung_up;
  shard_.received(wire.id, {chunk_.get(), bytes}, now());
  if (wire.readable) read_again(wire);
}

// In the next turn.
void Driver::Impl::read_again(Wire& wire) {
  if (!std::exchange(wire.queued, true)) again_.push_back(&wire);
}

void Driver::Impl::discard(Wire& wire) {
  const ssize_t count = receive(wire);
  if (count == 0 || (count < 0 && !would_block())) return close(wire);
  wire.readable = count > 0;
  if (wire.readable) read_again(wire);
}

// ---- Writing ----

// Being told what was written, the shard may take more commands, whose replies have to be held.
bool Driver::Impl::write_out(Wire& wire, Stream& stream) {
  while (!stream.out.empty() && !stream.held) {
    const ssize_t count = ::send(wire.socket.get(), stream.out.data(), stream.out.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      wire.blocked = would_block();
      if (!wire.blocked) fail(wire, last_error());
      return false;
    }
    shard_.written(wire.id, static_cast<std::size_t>(count), now());
  }
  return true;
}

// ---- The turn ----

Now Driver::Impl::now() {
  if (!now_is_fresh_) {
    now_ = read_clocks();
    now_is_fresh_ = true;
    end_turn_soon();
  }
  return now_;
}

void Driver::Impl::start() {
  poller_.wait();
  tick();
}

void Driver::Impl::turn(const std::function<void()>& work) {
  in_turn_ = true;
  work();
  in_turn_ = false;
  end_turn();
}

// While sockets go on becoming ready, the turn goes on.
void Driver::Impl::sockets_ready() {
  turn([this] {
    for (int look = 0; look < kLooksInATurn; ++look) {
      const std::span<const epoll_event> events = poller_.take();
      if (events.empty()) break;
      for (const epoll_event& each : events) event(*static_cast<Wire*>(each.data.ptr), each.events);
    }
    read_waiting();
  });
  if (!abandoned_) poller_.wait();
}

// What is to be read although no event says so.
void Driver::Impl::read_waiting() {
  reading_.swap(again_);
  for (Wire* wire : reading_) {
    wire->queued = false;
    if (!wire->closed && wire->readable) read(*wire);
  }
  reading_.clear();
}

void Driver::Impl::end_turn_soon() {
  if (in_turn_ || std::exchange(turn_end_posted_, true)) return;
  asio::post(io_, [this] {
    turn_end_posted_ = false;
    end_turn();
  });
}

void Driver::Impl::end_turn() {
  flush();
  now_is_fresh_ = false;
  bury();
  if (!abandoned_ && (shard_.effects().again || !again_.empty())) go_on_soon();
}

// Behind what is ready already, so that others have their turn first.
void Driver::Impl::go_on_soon() {
  if (std::exchange(go_on_posted_, true)) return;
  asio::post(io_, [this] {
    go_on_posted_ = false;
    if (abandoned_) return;
    turn([this] {
      if (std::exchange(shard_.effects().again, false)) shard_.go_on(now());
      read_waiting();
    });
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
      if (Stream* stream = shard_.stream(id)) stream->touched = false;
      flush_stream(id);
    }
    touched_.clear();
  }
  shard_.take_changes();
  if (!effects.changes.empty()) hooks_.changes(std::exchange(effects.changes, {}));
  if (!effects.snapshot.empty()) hooks_.snapshot(std::exchange(effects.snapshot, {}));
  if (std::exchange(effects.sync, false)) hooks_.sync();
  if (!effects.wanted.empty()) hooks_.wanted(std::exchange(effects.wanted, {}));
  if (!effects.titles.empty()) hooks_.titles(std::exchange(effects.titles, {}));
  if (!effects.strangers.empty()) hooks_.strangers(std::exchange(effects.strangers, {}));
  if (!effects.leaving.empty()) hooks_.leaving(std::exchange(effects.leaving, {}));
  if (!effects.orders.empty()) hooks_.orders(std::exchange(effects.orders, {}));
  shard_.take_batches();
  for (auto& [sibling, batch] : effects.batches) hooks_.send_batch(sibling, std::move(batch));
  effects.batches.clear();
  for (const shard::Note& note : effects.notes) hooks_.note(note);
  effects.notes.clear();
  if (draining_) check_drained();
}

void Driver::Impl::flush_stream(StreamId id) {
  Wire* wire = find(id);
  Stream* stream = shard_.stream(id);
  if (wire == nullptr || stream == nullptr || wire->closed) return;
  if (stream->aborted) return fail(*wire, asio::error::connection_aborted);
  if (wire->dialing) return;
  if (!wire->blocked && !stream->held) write_out(*wire, *stream);
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
  if (stream->reading && wire->readable) read_again(*wire);
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
  turn([this] {
    shard_.tick(now());
    dialer_.tick(now_.steady_ms);
    for (Wire* wire : std::vector<Wire*>(lingering_)) {
      if (wire->linger_until_ms <= now_.steady_ms) close(*wire);
    }
    give_up_finishing();
  });
  timer_.expires_after(std::chrono::milliseconds(kTickMs));
  timer_.async_wait([this](const std::error_code& error) {
    if (!error && !abandoned_) tick();
  });
}

void Driver::Impl::from_sibling(unsigned sibling, const Bytes& batch) {
  shard_.from_sibling(sibling, batch.view(), now());
  end_turn_soon();
}

// ---- Closing ----

void Driver::Impl::finish(Wire& wire) {
  leave(wire);
  shard_.closed(wire.id, "closed by this node", now());
  if (wire.id.kind == StreamKind::client) hooks_.client_gone();
  lingering_.push_back(&wire);
  wire.lingering = true;
  wire.linger_until_ms = now().steady_ms + kLingerMs;
  if (::shutdown(wire.socket.get(), SHUT_WR) != 0) return close(wire);
  if (wire.readable) read_again(wire);
}

void Driver::Impl::fail(Wire& wire, const std::error_code& error) { fail(wire, error.message()); }

void Driver::Impl::fail(Wire& wire, const std::string& why) {
  if (!wire.lingering) {
    leave(wire);
    shard_.closed(wire.id, why, now());
    if (wire.id.kind == StreamKind::client) hooks_.client_gone();
    lingering_.push_back(&wire);
    wire.lingering = true;
    end_turn_soon();
  }
  close(wire);
}

void Driver::Impl::close(Wire& wire) {
  if (std::exchange(wire.closed, true)) return;
  if (std::exchange(wire.dialing, false)) dialer_.drop(wire.id);
  wire.socket.close();
  std::erase(lingering_, &wire);
  dead_.push_back(&wire);
}

void Driver::Impl::bury() {
  if (dead_.empty()) return;
  std::erase_if(again_, [](const Wire* wire) { return wire->closed; });
  for (const Wire* wire : dead_) delete wire;
  dead_.clear();
}

// ---- Stopping ----

void Driver::Impl::drain() {
  draining_ = true;
  shard_.drain(now());
  end_turn_soon();
}

void Driver::Impl::check_drained() {
  const bool lingering_clients = std::any_of(lingering_.begin(), lingering_.end(), [](const Wire* wire) {
    return wire->id.kind == StreamKind::client;
  });
  if (!hooks_.drained || lingering_clients || !shard_.drained()) return;
  std::exchange(hooks_.drained, nullptr)();
}

void Driver::Impl::abandon() {
  abandoned_ = true;
  timer_.cancel();
  dialer_.drop_all();
  for (std::vector<Wire*>& wires : wires_) {
    for (Wire*& entry : wires) {
      if (Wire* wire = std::exchange(entry, nullptr)) close(*wire);
    }
  }
  for (Wire* wire : std::vector<Wire*>(lingering_)) close(*wire);
  poller_.close();
}

// ---- The door ----

Driver::Driver(asio::io_context& io, shard::Shard& shard, Resolver& resolver, DriverHooks hooks,
               std::int64_t tcp_keepalive_s)
    : impl_(std::make_unique<Impl>(io, shard, resolver, std::move(hooks), tcp_keepalive_s)) {}
Driver::~Driver() = default;

void Driver::start() { impl_->start(); }
void Driver::turn(const std::function<void()>& work) { impl_->turn(work); }
void Driver::adopt_client(Connection connection) { impl_->adopt(StreamKind::client, std::move(connection)); }
void Driver::adopt_peer(Connection connection) { impl_->adopt(StreamKind::peer, std::move(connection)); }
void Driver::from_sibling(unsigned sibling, const Bytes& batch) { impl_->from_sibling(sibling, batch); }
void Driver::drain() { impl_->drain(); }
void Driver::abandon() { impl_->abandon(); }

}  // namespace limpet::net
