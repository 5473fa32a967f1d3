// Driver::Impl: the driver's wires and its turn.
#pragma once

#include <array>
#include <asio/steady_timer.hpp>
#include <limpet/net/driver.hpp>
#include <memory>
#include <system_error>
#include <vector>

#include "dialer.hpp"
#include "poller.hpp"
#include "wire.hpp"

namespace limpet::net {

class Driver::Impl {
 public:
  Impl(asio::io_context& io, shard::Shard& shard, Resolver& resolver, DriverHooks hooks,
       std::int64_t tcp_keepalive_s);
  ~Impl();

  void start();
  void turn(const std::function<void()>& work);
  void adopt(StreamKind kind, Connection connection);
  void from_sibling(unsigned sibling, const Bytes& batch);
  void drain();
  void abandon();

 private:
  // ---- The turn ----
  // One clock reading serves a whole turn.
  Now now();
  void tick();
  void sockets_ready();
  void read_waiting();
  void event(Wire& wire, std::uint32_t what);
  void end_turn();
  void end_turn_soon();
  void go_on_soon();
  void flush();
  void flush_stream(StreamId id);
  void give_up_finishing();
  void bury();

  // ---- Dialling ----
  void dial(const shard::Dial& dial);
  [[nodiscard]] DialerHooks dialer_hooks();
  void connected(Wire& wire, Descriptor socket);

  // ---- Reading and writing ----
  void attach(Wire& wire);            // its socket is connected
  ssize_t receive(const Wire& wire);  // into the chunk
  void read(Wire& wire);
  void read_again(Wire& wire);
  void discard(Wire& wire);
  bool write_out(Wire& wire, Stream& stream);  // true if everything was written

  // ---- Closing ----
  void finish(Wire& wire);                              // in good order: what was written arrives
  void fail(Wire& wire, const std::error_code& error);  // the connection broke
  void fail(Wire& wire, const std::string& why);
  void close(Wire& wire);
  void check_drained();

  void enter(Wire* wire);
  Wire* find(StreamId id);
  void leave(const Wire& wire);

  asio::io_context& io_;
  shard::Shard& shard_;
  DriverHooks hooks_;
  std::int64_t tcp_keepalive_s_;
  Poller poller_;
  asio::steady_timer timer_;
  Dialer dialer_;

  std::array<std::vector<Wire*>, 3> wires_;  // by kind and index of the stream; those that the shard knows
  std::vector<Wire*> lingering_;
  std::vector<Wire*> dead_;          // closed; destroyed at the end of the turn, as some hold pointers
  std::vector<Wire*> again_;         // to be read from in the next turn, though no event will say so
  std::vector<StreamId> finishing_;  // to be closed, but with bytes to write still
  std::vector<Wire*> reading_;       // scratch of read_waiting()
  std::vector<StreamId> touched_;    // scratch of flush()
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
