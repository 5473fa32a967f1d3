// Driver: the outside world of one Shard, over Asio: sockets, time and the order in which things are done.
//
// One driver and one io_context for each shard; every function is called on the thread that runs that
// io_context. It holds no rule about sessions: what comes in is handed to the shard, what the shard wants
// done is done.
//
// Work is done in turns. First the bytes of all sockets that are ready go in; a flush behind them then does
// everything that the shard has asked for: one write for each connection, one batch for each sibling.
#pragma once

#include <asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/net/connection.hpp>
#include <limpet/net/resolver.hpp>
#include <limpet/shard/shard.hpp>
#include <memory>
#include <string>

namespace limpet::net {

// Called on the driver's thread; must not block.
struct DriverHooks {
  std::function<void(unsigned sibling, Bytes batch)> send_batch;
  std::function<void(shard::NodeEffects& effects)> effects;  // there are some; it leaves none
  std::function<void()> client_gone;                         // a client's connection is closed
  std::function<void()> drained;  // once, after drain(): nothing is under way any more
};

class Driver {
 public:
  // The resolver outlives it.
  Driver(asio::io_context& io, shard::Shard& shard, Resolver& resolver, DriverHooks hooks,
         std::int64_t tcp_keepalive_s);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void start();  // begins to tick
  // Does what `work` does to the driver and its shard as one turn. Outside of one each call gets a turn of
  // its own, a little later.
  void turn(const std::function<void()>& work);
  void adopt_client(Connection connection);
  void adopt_peer(Connection connection);
  void from_sibling(unsigned sibling, const Bytes& batch);
  void drain();
  // Closes everything at once. After it, run the io_context until it is out of work before destroying the
  // driver.
  void abandon();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace limpet::net
