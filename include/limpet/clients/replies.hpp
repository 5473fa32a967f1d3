// ReplyQueue: the replies of one client that cannot leave yet, because one before them is still awaited.
//
// A command that goes to another shard or node keeps a place; so do, in one common place, the replies of
// commands that were executed here meanwhile. Whatever path a command takes, its reply leaves in its turn.
//
//      head                                            tail
//      [awaited] -> [ready: 3 local replies] -> [awaited] -> [ready: ...]
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <memory>
#include <vector>

namespace limpet::clients {

struct Place {
  Place* next = nullptr;
  Bytes reply;
  bool ready = false;  // the reply is here
  bool mute = false;   // the client does not want it (CLIENT REPLY)
};

// Places are taken from and given back to a pool that all clients of a shard share. It keeps kSparePlaces at
// most.
class PlacePool {
 public:
  ~PlacePool();
  PlacePool() = default;
  PlacePool(const PlacePool&) = delete;
  PlacePool& operator=(const PlacePool&) = delete;

  [[nodiscard]] Place* take();
  void give_back(Place* place);

 private:
  Place* free_ = nullptr;
  std::size_t spare_ = 0;  // in that list
};

class ReplyQueue {
 public:
  ReplyQueue() = default;
  ReplyQueue(const ReplyQueue&) = delete;
  ReplyQueue& operator=(const ReplyQueue&) = delete;

  [[nodiscard]] bool empty() const { return head_ == nullptr; }
  [[nodiscard]] std::size_t awaited() const { return awaited_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Of those that were awaited so far: how much the next ones may come to. 0: none has come.
  [[nodiscard]] std::size_t largest() const { return largest_; }
  // What the next one may come to; 0: not worth counting.
  [[nodiscard]] std::uint32_t next_may_have() const;

  // No request is to overtake those that are under way: until all replies have come that are awaited now.
  void set_barrier() { barrier_ = true; }
  [[nodiscard]] bool has_barrier() const { return barrier_; }

  // Keeps a place at the end for a reply that comes later.
  [[nodiscard]] Place* await(PlacePool& pool, bool mute);
  // Where a reply that is known now is to be written. REQUIRES: !empty(). Call wrote() behind it.
  [[nodiscard]] Bytes& open(PlacePool& pool);
  void wrote(std::size_t bytes) { bytes_ += bytes; }
  // The awaited reply has been written to place->reply. Moves everything that may leave now to `out`.
  void complete(Place* place, PlacePool& pool, Bytes& out);
  // Gives all places back; those who still hold one must not use it.
  void clear(PlacePool& pool);

 private:
  void append(Place* place);

  Place* head_ = nullptr;
  Place* tail_ = nullptr;
  std::size_t awaited_ = 0;
  std::size_t bytes_ = 0;  // in ready places
  std::size_t largest_ = 0;
  bool barrier_ = false;
};

}  // namespace limpet::clients
