// Pending: a command that this shard has sent on, to a sibling or to another node, and that is not answered
// yet.
//
// Replies are matched by id (the packed name in the slab), never by order. A list in the order of their start
// gives the next to run out: none has less time than those before it, though the time-out may have been
// changed.
#pragma once

#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/slab.hpp>
#include <limpet/base/stream.hpp>
#include <limpet/peer/frame.hpp>
#include <vector>

namespace limpet::clients {
struct Place;
}

namespace limpet::forward {

// Of a command that concerns a node or shard as a whole.
inline constexpr Slot kNoSlot = kSlots;

// Where an answer goes.
struct Origin {
  enum class Kind : std::uint8_t { nobody, client, gather, sibling, peer, handoff };
  Kind kind = Kind::nobody;
  std::uint16_t sibling = 0;
  std::uint32_t part = 0;           // of the gather
  StreamId stream{};                // client or peer
  clients::Place* place = nullptr;  // of the client; good as long as the client is there
  std::uint64_t id = 0;             // of the gather or question, or of the request as sibling or peer know it

  // The command has begun its way with this shard.
  [[nodiscard]] bool is_entry() const { return kind == Kind::client || kind == Kind::gather; }
};

struct Pending {
  enum class State : std::uint8_t {
    waiting,  // for the link's dial
    sent,     // to a sibling, or put on a link
    bounced,  // nobody owned it; tried again at retry_ms
  };
  State state = State::waiting;
  bool to_sibling = false;
  bool write = false;
  bool relayed = false;         // for another node's client: that node retries, not this one
  bool retried = false;         // it left once before, and its link was lost
  std::uint8_t hops = 0;        // with which it came here
  bool in_relay_order = false;  // it counts there (relay_order.hpp)
  bool came_back = false;       // the same, as one that nobody owned at first
  bool can_resend = false;      // `request` holds the body
  std::uint16_t target = 0;
  Slot slot = 0;
  Origin origin;
  std::size_t charged = 0;        // to whoever asked, for as long as it is under way
  std::uint32_t large_reply = 0;  // what its reply may come to, if that counts
  std::uint64_t sequence = 0;     // counts what this shard sends on
  std::int64_t deadline_ms = 0;
  std::int64_t retry_ms = 0;
  std::uint64_t stream_end = 0;  // offset in the link's stream behind its last byte
  Bytes request;
  std::uint64_t id = 0;
  Pending* previous = nullptr;  // neighbours in the order of start
  Pending* next = nullptr;
};

class PendingTable {
 public:
  using Name = Slab<Pending>::Name;

  // A new one, last in the order of start, whose time is up at that moment, or with that of those before it.
  Pending& add(std::int64_t deadline_ms);
  [[nodiscard]] Pending* find(std::uint64_t id) { return slab_.find(Name::unpack(id)); }
  void erase(Pending& pending);
  [[nodiscard]] Pending* oldest() const { return first_; }  // null: none
  [[nodiscard]] std::size_t size() const { return slab_.size(); }
  // By then the time of all of them is up. 0: there was none yet.
  [[nodiscard]] std::int64_t latest_deadline_ms() const { return latest_deadline_ms_; }

 private:
  Slab<Pending> slab_;
  std::vector<Bytes> spare_;  // small bodies of before, for the next ones
  Pending* first_ = nullptr;
  Pending* last_ = nullptr;
  std::int64_t latest_deadline_ms_ = 0;
};

}  // namespace limpet::forward
