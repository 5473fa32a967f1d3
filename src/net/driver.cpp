#include <asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/net/clock.hpp>

#include "driver_impl.hpp"
#include "sockets.hpp"

namespace limpet::net {

namespace {

// How long the other side is given to close after the last byte was written to it.
constexpr std::int64_t kLingerMs = 250;

std::error_code error_of(const Io& io) { return {io.error, std::system_category()}; }

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

// ---- Opening ----

void Driver::Impl::adopt(StreamKind kind, Connection connection) {
  const StreamId id =
      kind == StreamKind::client
          ? shard_.client_opened({connection.remote, connection.local, connection.of_this_host}, now())
          : shard_.peer_opened(connection.remote, now());
  tune(connection.descriptor.get(), tcp_keepalive_s_, kind != StreamKind::client);
  attach(channels_.open(id, Wire(std::move(connection.descriptor), std::move(connection.layer))));
}

void Driver::Impl::attach(Channel& channel) {
  if (!poller_.add(channel.wire.socket(), &channel)) return fail(channel, {errno, std::system_category()});
  // Those that connect while the node stops are finished before they began.
  const Stream* stream = shard_.stream(channel.id);
  if (stream != nullptr && stream->finished) finish(channel);
}

void Driver::Impl::dial(const shard::Dial& dial) {
  channels_.open(dial.stream, Wire()).dialing = true;
  dialer_.dial(dial.stream, dial.address);
}

DialerHooks Driver::Impl::dialer_hooks() {
  DialerHooks hooks;
  hooks.goes_on = [this](StreamId id, const std::string& doing, std::int64_t ms) {
    shard_.dial_goes_on(id, doing, ms, now());
  };
  hooks.connected = [this](StreamId id, Descriptor socket) {
    if (Channel* channel = channels_.find(id)) connected(*channel, std::move(socket));
  };
  hooks.failed = [this](StreamId id, const std::string& why) {
    if (Channel* channel = channels_.find(id)) fail(*channel, why);
  };
  return hooks;
}

void Driver::Impl::connected(Channel& channel, Descriptor socket) {
  tune(socket.get(), tcp_keepalive_s_, true);
  channel.wire = Wire(std::move(socket));
  channel.dialing = false;
  shard_.connected(channel.id, now());
  attach(channel);
}

// ---- Reading ----

// The write before the read, and both if need be: behind a layer either may be what lets the other go on.
void Driver::Impl::event(Channel& channel, std::uint32_t what) {
  if (channel.closed) return;
  channel.hung_up = channel.hung_up || (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  channel.gone = channel.gone || (what & (EPOLLHUP | EPOLLERR)) != 0;
  const bool bytes = (what & EPOLLIN) != 0 || channel.hung_up;
  const bool room = (what & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  if (channel.write_waits != WriteWaits::no && (channel.write_waits == WriteWaits::for_room ? room : bytes)) {
    write_again(channel);
  }
  if (!bytes && !(room && channel.read_needs_room)) return;
  channel.readable = true;
  if (!channel.closed) read(channel);
}

// Once: the others want their turn too.
void Driver::Impl::read(Channel& channel) {
  if (channel.lingering) return discard(channel);
  const Stream* const stream = shard_.stream(channel.id);
  if (stream == nullptr || !stream->reading) {
    // The bytes stay in the socket; nobody is left who could get the answer.
    if (channel.gone) fail(channel, asio::error::connection_reset);
    return;
  }
  const Io io = channel.wire.read({chunk_.get(), kReadChunkBytes});
  if (io.state != Io::State::moved) return stop_reading(channel, io);
  channel.readable = io.more || channel.hung_up;
  shard_.received(channel.id, {chunk_.get(), io.bytes}, now());
  if (channel.readable) read_again(channel);
  // It may have taken what the write waits for.
  if (channel.write_waits == WriteWaits::for_bytes) write_again(channel);
}

void Driver::Impl::stop_reading(Channel& channel, const Io& io) {
  channel.readable = false;
  channel.read_needs_room = io.state == Io::State::want_write;
  if (io.state == Io::State::failed) return fail(channel, error_of(io));
  if (io.state == Io::State::ended) {
    // What is lingering has a last word to say yet, or else is over.
    const bool owed = channel.lingering ? channel.write_waits != WriteWaits::no
                                        : !channel.gone && shard_.ended(channel.id, now());
    if (!owed) return fail(channel, asio::error::eof);
  }
  if (channel.write_waits == WriteWaits::for_bytes) write_again(channel);
}

// In the next turn.
void Driver::Impl::read_again(Channel& channel) {
  if (!std::exchange(channel.queued, true)) again_.push_back(&channel);
}

void Driver::Impl::discard(Channel& channel) {
  const Io io = channel.wire.read({chunk_.get(), kReadChunkBytes});
  if (io.state != Io::State::moved) return stop_reading(channel, io);
  channel.readable = true;
  read_again(channel);
  if (channel.write_waits == WriteWaits::for_bytes) write_again(channel);
}

// ---- Writing ----

// Being told what was written, the shard may take more commands, whose replies have to be held.
void Driver::Impl::write_out(Channel& channel, Stream& stream) {
  while (!stream.out.empty() && !stream.held) {
    const Io io = channel.wire.write(stream.out.view());
    if (io.more) channel.readable = true;
    if (io.state != Io::State::moved) return stop_writing(channel, io);
    shard_.written(channel.id, io.bytes, now());
  }
}

void Driver::Impl::stop_writing(Channel& channel, const Io& io) {
  if (io.state == Io::State::want_write) {
    channel.write_waits = WriteWaits::for_room;
  } else if (io.state == Io::State::want_read) {
    channel.write_waits = WriteWaits::for_bytes;
  } else {
    fail(channel, error_of(io));
  }
}

void Driver::Impl::write_again(Channel& channel) {
  channel.write_waits = WriteWaits::no;
  channel.lingering ? shut(channel) : flush_stream(channel.id);
}

// Only of a channel that lingers. A layer has a last word, too.
void Driver::Impl::shut(Channel& channel) {
  const Io io = channel.wire.shut();
  if (io.state != Io::State::moved) return stop_writing(channel, io);
  if (io.more) channel.readable = true;
}

// ---- The turn ----

Now Driver::Impl::read_clock() {
  now_ = read_clocks();
  now_is_fresh_ = true;
  end_turn_soon();
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
      for (const epoll_event& each : events) event(*static_cast<Channel*>(each.data.ptr), each.events);
    }
    read_waiting();
  });
  if (!abandoned_) poller_.wait();
}

// What is to be read although no event says so.
void Driver::Impl::read_waiting() {
  reading_.swap(again_);
  for (Channel* channel : reading_) {
    channel->queued = false;
    if (!channel->closed && channel->readable) read(*channel);
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
  while (!effects.dirty.empty() || !effects.dials.empty()) {
    for (const shard::Dial& wanted : std::exchange(effects.dials, {})) dial(wanted);
    effects.dirty.swap(touched_);
    for (const StreamId id : touched_) {
      if (Stream* stream = shard_.stream(id)) stream->dirty = false;
      flush_stream(id);
    }
    touched_.clear();
  }
  shard_.take_changes();
  if (shard::NodeEffects& wanted = effects; !wanted.empty()) {
    hooks_.effects(wanted);
    LIMPET_ASSERT(wanted.empty());
  }
  shard_.take_batches();
  for (auto& [sibling, batch] : effects.batches) hooks_.send_batch(sibling, std::move(batch));
  effects.batches.clear();
  if (draining_) check_drained();
}

void Driver::Impl::flush_stream(StreamId id) {
  Channel* channel = channels_.find(id);
  Stream* stream = shard_.stream(id);
  if (channel == nullptr || stream == nullptr || channel->closed) return;
  if (stream->aborted) return fail(*channel, asio::error::connection_aborted);
  if (channel->dialing) return;
  if (channel->write_waits == WriteWaits::no && !stream->held) write_out(*channel, *stream);
  // Writing has let the shard go on, so look again.
  stream = shard_.stream(id);
  if (stream == nullptr || channel->closed) return;
  if (stream->finished) {
    if (stream->out.empty()) return finish(*channel);
    if (!std::exchange(channel->finishing, true)) finishing_.push_back({id, now().steady_ms + kStopMs});
  }
  // Whether or not the other side takes what is written, what it sends is taken: two that only wrote would
  // stand still.
  if (stream->reading && channel->readable) read_again(*channel);
}

// One that is to be closed and does not take its last bytes is not waited for without end.
void Driver::Impl::give_up_finishing() {
  std::erase_if(finishing_, [this](const Finishing& each) {
    Channel* channel = channels_.find(each.id);
    if (channel == nullptr || channel->closed) return true;
    if (each.until_ms > now_.steady_ms) return false;
    fail(*channel, asio::error::timed_out);
    return true;
  });
}

void Driver::Impl::tick() {
  turn([this] {
    shard_.tick(now());
    dialer_.tick(now_.steady_ms);
    channels_.close_late(now_.steady_ms);
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

void Driver::Impl::finish(Channel& channel) {
  part(channel, "closed by this node", now().steady_ms + kLingerMs);
  shut(channel);
  if (!channel.closed && channel.readable) read_again(channel);
}

// From here on the shard knows nothing of it.
void Driver::Impl::part(Channel& channel, const std::string& why, std::int64_t linger_until_ms) {
  channels_.linger(channel, linger_until_ms);
  shard_.closed(channel.id, why, now());
  if (channel.id.kind == StreamKind::client) hooks_.client_gone();
}

void Driver::Impl::fail(Channel& channel, const std::error_code& error) { fail(channel, error.message()); }

void Driver::Impl::fail(Channel& channel, const std::string& why) {
  if (!channel.lingering) {
    part(channel, why, 0);
    end_turn_soon();
  }
  close(channel);
}

void Driver::Impl::close(Channel& channel) {
  if (channel.closed) return;
  if (std::exchange(channel.dialing, false)) dialer_.drop(channel.id);
  channels_.close(channel);
}

void Driver::Impl::bury() {
  if (!channels_.any_closed()) return;
  std::erase_if(again_, [](const Channel* channel) { return channel->closed; });
  channels_.bury();
}

// ---- Stopping ----

void Driver::Impl::drain() {
  draining_ = true;
  shard_.drain(now());
  end_turn_soon();
}

void Driver::Impl::check_drained() {
  if (!hooks_.drained || channels_.clients_linger() || !shard_.drained()) return;
  std::exchange(hooks_.drained, nullptr)();
}

void Driver::Impl::abandon() {
  abandoned_ = true;
  timer_.cancel();
  dialer_.drop_all();
  channels_.close_all();
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
