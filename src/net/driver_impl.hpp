// Driver::Impl: the driver's turn: what its channels, its shard and the clock are asked, in which order.
#pragma once

#include <asio/steady_timer.hpp>
#include <limpet/net/driver.hpp>
#include <memory>
#include <system_error>
#include <vector>

#include "channels.hpp"
#include "dialer.hpp"
#include "poller.hpp"

namespace limpet::net {

class Driver::Impl {
 public:
  Impl(asio::io_context& io, shard::Shard& shard, Resolver& resolver, DriverHooks hooks,
       std::int64_t tcp_keepalive_s);

  void start();
  void turn(const std::function<void()>& work);
  void adopt(StreamKind kind, Connection connection);
  void from_sibling(unsigned sibling, const Bytes& batch);
  void drain();
  void abandon();

 private:
  // To be closed, but with bytes to write still.
  struct Finishing {
    StreamId id;
    std::int64_t until_ms;
  };

  // ---- The turn ----
  // One clock reading serves a whole turn.
  Now now() { return now_is_fresh_ ? now_ : read_clock(); }
  Now read_clock();
  void tick();
  void sockets_ready();
  void read_waiting();
  void event(Channel& channel, std::uint32_t what);
  void end_turn();
  void end_turn_soon();
  void go_on_soon();
  void flush();
  void flush_stream(StreamId id);
  void give_up_finishing();
  void bury();

  // ---- Opening ----
  void dial(const shard::Dial& dial);
  [[nodiscard]] DialerHooks dialer_hooks();
  void connected(Channel& channel, Descriptor socket);
  void attach(Channel& channel);  // its socket is connected

  // ---- Reading and writing ----
  using WriteWaits = Channel::WriteWaits;
  void read(Channel& channel);
  void stop_reading(Channel& channel, const Io& io);
  void read_again(Channel& channel);
  void discard(Channel& channel);
  void write_out(Channel& channel, Stream& stream);
  void stop_writing(Channel& channel, const Io& io);
  void write_again(Channel& channel);
  void shut(Channel& channel);

  // ---- Closing ----
  void finish(Channel& channel);  // in good order: what was written arrives
  void part(Channel& channel, const std::string& why, std::int64_t linger_until_ms);
  void fail(Channel& channel, const std::error_code& error);  // the connection broke
  void fail(Channel& channel, const std::string& why);
  void close(Channel& channel);
  void check_drained();

  asio::io_context& io_;
  shard::Shard& shard_;
  DriverHooks hooks_;
  std::int64_t tcp_keepalive_s_;
  Poller poller_;
  asio::steady_timer timer_;
  Dialer dialer_;

  Channels channels_;
  std::vector<Channel*> again_;  // to be read from in the next turn, though no event will say so
  std::vector<Finishing> finishing_;
  std::vector<Channel*> reading_;  // scratch of read_waiting()
  std::vector<StreamId> touched_;  // scratch of flush()
  Now now_;
  bool now_is_fresh_ = false;
  bool in_turn_ = false;
  bool turn_end_posted_ = false;
  bool go_on_posted_ = false;
  bool draining_ = false;
  bool abandoned_ = false;
  std::unique_ptr<char[]> chunk_;  // one read
};

}  // namespace limpet::net
