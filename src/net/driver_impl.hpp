// Driver::Impl: the driver's wires and its turn.
#pragma once

#include <array>
#include <asio/steady_timer.hpp>
#include <limpet/net/driver.hpp>
#include <memory>
#include <system_error>
#include <vector>

#include "wire.hpp"

namespace limpet::net {

class Driver::Impl {
 public:
  Impl(asio::io_context& io, shard::Shard& shard, DriverHooks hooks, std::int64_t tcp_keepalive_s);
  ~Impl();

  void tick();
  void adopt(shard::StreamKind kind, asio::ip::tcp::socket socket);
  void from_sibling(unsigned sibling, const Bytes& batch);
  void drain();
  void abandon();

 private:
  // One clock reading serves a whole turn.
  Now now();
  void flush_soon();
  void go_on_soon();
  void flush();
  void flush_stream(shard::StreamId id);
  void give_up_finishing();
  // True if everything was written.
  bool write_out(Wire& wire, shard::Stream& stream);

  void dial(const shard::Dial& dial);
  void connect(Wire& wire, const asio::ip::tcp::endpoint& endpoint);
  void resolve(Wire& wire, const Endpoint& address);
  void connected(Wire& wire, const std::error_code& error);

  void read_when_ready(Wire& wire);
  void readable(Wire& wire, const std::error_code& error);
  void discard(Wire& wire);
  void write_when_ready(Wire& wire);

  void finish(Wire& wire);                              // in good order: what was written arrives
  void fail(Wire& wire, const std::error_code& error);  // the connection broke
  void close(Wire& wire);
  void handler_done(Wire& wire);

  void enter(Wire* wire);
  Wire* find(shard::StreamId id);
  void leave(const Wire& wire);
  void check_drained();

  asio::io_context& io_;
  shard::Shard& shard_;
  DriverHooks hooks_;
  std::int64_t tcp_keepalive_s_;
  asio::steady_timer timer_;
  asio::ip::tcp::resolver resolver_;

  std::array<std::vector<Wire*>, 3> wires_;  // by kind and index of the stream; those that the shard knows
  std::vector<Wire*> lingering_;
  std::vector<shard::StreamId> finishing_;  // to be closed, but with bytes to write still
  std::vector<shard::StreamId> touched_;    // scratch of flush()
  std::size_t alive_ = 0;                   // wires that have not been destroyed
  Now now_;
  bool now_is_fresh_ = false;
  bool flush_posted_ = false;
  bool draining_ = false;
  bool abandoned_ = false;
  std::unique_ptr<char[]> chunk_;  // one read
};

}  // namespace limpet::net
