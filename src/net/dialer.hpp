// Dialer: makes the connections that a shard dials: looks the name up, where it is one, and tries its
// addresses in turn.
//
// Each step has a time of its own, kDialMs for each address. What it has to say it says in a later turn,
// never within a call. Belongs to a Driver, on its thread.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <limpet/net/connection.hpp>
#include <limpet/net/resolver.hpp>
#include <limpet/shard/shard.hpp>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace limpet::net {

struct DialerHooks {
  // The dial is not over, and may take so much longer for what it does now.
  std::function<void(StreamId, const std::string& doing, std::int64_t ms)> goes_on;
  std::function<void(StreamId, Descriptor)> connected;  // which does not block
  std::function<void(StreamId, const std::string& why)> failed;
};

class Dialer {
 public:
  Dialer(asio::io_context& io, Resolver& resolver, DialerHooks hooks);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  void dial(StreamId stream, const cluster::Address& address);
  void drop(StreamId stream);  // nobody wants it any more
  void tick(std::int64_t now_ms);
  void drop_all();

 private:
  struct Attempt;
  // Handlers of what was dropped come all the same, and the same stream is never dialled twice.
  Attempt* find(StreamId stream);
  void looked_up(StreamId stream, Result<Resolver::Addresses> found);
  void try_next(StreamId stream, Attempt& attempt);
  void tried(StreamId stream, const std::string& error);
  void connected(StreamId stream, const std::error_code& error);

  asio::io_context& io_;
  Resolver& resolver_;
  DialerHooks hooks_;
  std::map<StreamId, std::unique_ptr<Attempt>> attempts_;
};

}  // namespace limpet::net
