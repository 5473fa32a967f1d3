// Channels: the connections of a driver: each a stream of its shard and the wire that carries it.
//
// A channel is known by its stream for as long as the shard knows that. Then it may linger: what the other
// side still sends is thrown away until it closes or time is up, as closing with unread bytes would reset the
// connection and could take the last replies with it. A closed one stays until bury(), for those who hold
// pointers. Its address never changes.
//
// Belongs to a Driver, on its thread.
#pragma once

#include <array>
#include <cstdint>
#include <limpet/base/stream.hpp>
#include <limpet/net/wire.hpp>
#include <memory>
#include <vector>

namespace limpet::net {

struct Channel {
  // What the socket has to say before its next write makes sense, or shut() once it lingers.
  enum class WriteWaits : std::uint8_t {
    no,
    for_room,
    for_bytes,
  };

  StreamId id;
  bool dialing = false;          // its wire has no socket yet
  bool readable = false;         // as far as we know, a read would bring something
  bool read_needs_room = false;  // the last read has to write first, and the socket takes nothing
  WriteWaits write_waits = WriteWaits::no;
  bool hung_up = false;    // the other side sends no more
  bool gone = false;       // nor does it read
  bool queued = false;     // stands in the list of those to be read from again
  bool finishing = false;  // stands in the list of those that have last bytes to write
  bool lingering = false;
  bool closed = false;
  Wire wire;
};

class Channels {
 public:
  // REQUIRES: the stream has none.
  Channel& open(StreamId id, Wire wire);
  [[nodiscard]] Channel* find(StreamId id) {
    const std::vector<std::unique_ptr<Channel>>& channels = open_[static_cast<std::size_t>(id.kind)];
    Channel* const channel = id.index < channels.size() ? channels[id.index].get() : nullptr;
    return channel != nullptr && channel->id == id ? channel : nullptr;
  }

  // The shard does not know its stream any more.
  void linger(Channel& channel, std::int64_t until_ms);
  // REQUIRES: it lingers, or everything is closed.
  void close(Channel& channel);
  void close_late(std::int64_t now_ms);
  void close_all();
  [[nodiscard]] bool any_closed() const { return !closed_.empty(); }
  void bury() { closed_.clear(); }

  [[nodiscard]] bool clients_linger() const;

 private:
  struct Lingering {
    std::unique_ptr<Channel> channel;
    std::int64_t until_ms;
  };
  [[nodiscard]] std::unique_ptr<Channel>& slot_of(StreamId id);
  void end(std::unique_ptr<Channel> channel);

  std::array<std::vector<std::unique_ptr<Channel>>, 3> open_;  // by kind and index of the stream
  std::vector<Lingering> lingering_;
  std::vector<std::unique_ptr<Channel>> closed_;
};

}  // namespace limpet::net
