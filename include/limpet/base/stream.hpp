// StreamId and Stream: the connections of a shard, as those who serve them name them, and as the driver that
// owns their sockets sees them; DirtyStreams and TurnQueue:
// which of them are to be looked after, by the driver and by the shard itself.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <utility>
#include <vector>

namespace limpet {

enum class StreamKind : std::uint8_t {
  client,  // a client's connection
  link,    // to another node, dialled by this shard
  peer,    // from another node, accepted
};

// Names a stream for as long as it lives; never used again for another.
struct StreamId {
  StreamKind kind = StreamKind::client;
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const StreamId&, const StreamId&) = default;
  friend auto operator<=>(const StreamId&, const StreamId&) = default;
};

struct StreamIdHash {
  std::size_t operator()(const StreamId& id) const {
    return (std::size_t{id.generation} << 32U | id.index) * 4 + static_cast<std::size_t>(id.kind);
  }
};

// What a driver sees of a stream. It writes `out` and reports how much went with Shard::written(), no more.
struct Stream {
  Bytes out;
  bool reading = true;    // read from it; otherwise leave the bytes in the socket
  bool finished = false;  // close it once `out` is written
  bool aborted = false;   // close it at once; what waits in `out` must not be written any more
  bool held = false;      // more follows in a moment: do not write `out` yet
  bool dirty = false;     // stands in Effects::dirty; the driver resets it

 protected:
  ~Stream() = default;
};

// The one list of a shard in which streams stand that their driver has to look after: each once, in the order
// in which that came about.
class DirtyStreams {
 public:
  void mark(Stream& stream, StreamId id) {
    if (!std::exchange(stream.dirty, true)) ids_.push_back(id);
  }
  // It is closed at once, whatever it still has to write.
  void abort(Stream& stream, StreamId id) {
    stream.aborted = true;
    stream.reading = false;
    mark(stream, id);
  }

  // For the driver, which resets Stream::dirty of each that it takes.
  [[nodiscard]] bool empty() const { return ids_.empty(); }
  [[nodiscard]] std::vector<StreamId> take() { return std::exchange(ids_, {}); }
  void swap(std::vector<StreamId>& ids) { ids_.swap(ids); }
  void clear() { ids_.clear(); }

 private:
  std::vector<StreamId> ids_;
};

// The one list of a shard of those who had to stop in the middle, and go on in one of its next turns: a few
// at a time, each in its order.
class TurnQueue {
 public:
  // `again`: is set for whoever gives turns, once for each that is wanted.
  explicit TurnQueue(bool& again) : again_(again) {}

  void add(StreamId id) {
    ids_.push_back(id);
    again_ = true;
  }
  // The first, as many as that at most.
  [[nodiscard]] std::vector<StreamId> take(std::size_t most) {
    const auto end = ids_.begin() + static_cast<std::ptrdiff_t>(most < ids_.size() ? most : ids_.size());
    std::vector<StreamId> taken(ids_.begin(), end);
    ids_.erase(ids_.begin(), end);
    if (!ids_.empty()) again_ = true;
    return taken;
  }

 private:
  std::vector<StreamId> ids_;
  bool& again_;
};

}  // namespace limpet
