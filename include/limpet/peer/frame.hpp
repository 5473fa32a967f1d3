// Frames: what nodes say to each other over a link, and what the shards of one node say to each other over a
// queue.
//
//      0        4      5      6       8                16
//      +--------+------+------+-------+----------------+------------------
//      | length | type | bits | slot  | id             | body: length bytes
//      +--------+------+------+-------+----------------+------------------
//      all integers little-endian
//
// On a link no frame is longer than kPieceBytes: a longer body travels in pieces that share type and id, all
// but the last marked kMore, and pieces of several bodies and whole small frames may stand between them. So a
// large value holds up nobody. On a queue between shards a frame has any length.
//
// Bytes that came from a link are never trusted: every length is checked against what is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/result.hpp>
#include <limpet/base/slot.hpp>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace limpet::peer {

enum class FrameType : std::uint8_t {
  greet = 1,    // who I am; first frame of either side (greeting.hpp)
  proof = 2,    // that I know the secret; of the side that dialled
  welcome = 3,  // you are admitted; with the other side's proof
  refuse = 4,   // you are not; body: why
  ping = 5,     // are you there?
  pong = 6,     // yes; id as in the ping
  goodbye = 7,  // I stop: requests that reach me from now on are not executed. Said back: none will come
  request = 8,  // run this command
  reply = 9,    // what became of the request with this id; bits: Outcome
  news = 10,    // what has changed in my greeting; first when I have said which slots I hold
  words = 11,   // what I say of slots (words.hpp); of the side that was dialled, in answer to ask and at each
                // change
  holder = 12,  // who holds slots, as this shard has heard (held.hpp); only on queues between shards
  handoff = 13,   // a question of a hand-over (handoff/message.hpp), answered by a reply
  ask = 14,       // say all that you know of slots; first of the side that dialled. Body: what I begin with
                  // (words.hpp)
  follow = 15,    // of slots that you follow: a piece of a stream; id: where it begins (replica/entry.hpp)
  followed = 16,  // what I have of such a stream (replica/followed.hpp)
};

// One more than the greatest.
inline constexpr std::size_t kFrameTypes = 17;

// In the bits of ask, and of words on queues between shards: that was all of it.
inline constexpr std::uint8_t kLast = 1;

// In the bits of any frame: more pieces of this body follow.
inline constexpr std::uint8_t kMore = 0x80;

// What became of a request; in the bits of a reply.
enum class Outcome : std::uint8_t {
  done = 0,         // executed; body: the reply as the client is to get it
  not_mine = 1,     // not executed: nobody on the way owns the slot; body: who it should be (held.hpp)
  unavailable = 2,  // not executed: body says why
  in_doubt = 3,     // may have been executed; body says why
};

struct Frame {
  FrameType type{};
  std::uint8_t bits = 0;
  Slot slot = 0;
  std::uint64_t id = 0;
  std::string_view body{};
};

inline constexpr std::size_t kFrameHeaderBytes = 16;

// Appends a header for a body of `length` bytes.
void append_header(Bytes& out, const Frame& frame, std::size_t length);
// Appends a whole frame.
void append_frame(Bytes& out, const Frame& frame);

struct FrameStep {
  enum class Kind : std::uint8_t { need_more, frame, error };
  Kind kind = Kind::need_more;
  std::size_t consumed = 0;
  Frame frame{};             // body points into the input
  std::string_view error{};  // static text
};

// Reads one frame from the front of `input`; error if its body is longer than `body_max` or its type is
// unknown.
[[nodiscard]] FrameStep next_frame(std::string_view input, std::size_t body_max);
// The same, into one that is used again and again.
void next_frame(std::string_view input, std::size_t body_max, FrameStep& step);

// ---- Requests
// ----------------------------------------------------------------------------------------------------

// Whom a request is for, at the node that gets it.
enum class Reach : std::uint8_t {
  slot = 0,   // the shard that owns the frame's slot
  node = 1,   // every shard of the node; their replies are put together there
  shard = 2,  // the shard that gets it; only on queues between shards
};

struct Request {
  std::uint64_t epoch = 0;   // of the view that the entry node routed by
  std::uint8_t hops = 0;     // transfers between nodes, this one included
  std::uint8_t version = 2;  // of RESP, in which the reply is to be written
  bool authenticated = false;
  Reach reach = Reach::slot;
};

// Appends the body of a request frame.
void append_request(Bytes& out, const Request& request, std::span<const std::string_view> args);
[[nodiscard]] std::size_t request_bytes(std::span<const std::string_view> args);

// Reads what append_request() wrote; the views of `args` point into `body`. False if the body is malformed.
[[nodiscard]] bool read_request(std::string_view body, Request& request, std::vector<std::string_view>& args);

// The same for whoever passes the body on as it is: it is sound, and this is what it says before its
// arguments, and the first of them.
[[nodiscard]] bool look_at_request(std::string_view body, Request& request, std::string_view& name);

// Of the first of these frames, which is taken off them: its slot and, if it is a request, its second
// argument, which most commands have their key in; empty: there is none. False: it is not whole, or no frame.
// Only good for a guess, so it looks at nothing else.
[[nodiscard]] bool glance_at_frame(std::string_view& frames, Slot& slot, std::string_view& key);

// Sets the hop count of a request body. REQUIRES: read_request() accepted it.
void set_hops(Bytes& body, std::uint8_t hops);

// ---- Pieces
// ------------------------------------------------------------------------------------------------------

// Puts bodies together again from their pieces. One for each direction of a link.
class Assembler {
 public:
  // Takes a frame as it came. Returns the whole frame if it is complete, nothing if pieces are missing still,
  // an error if a body or all of them together grow past their bounds. The body of what is returned lives
  // until the next call.
  [[nodiscard]] Result<const Frame*> add(const Frame& frame);
  // Would add() return this frame as it is, and change nothing?
  [[nodiscard]] bool is_whole(const Frame& frame) const {
    return (frame.bits & kMore) == 0 && parts_.empty() && done_.empty();
  }
  // Of bodies that are not complete yet.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::unordered_map<std::uint64_t, Bytes> parts_;  // by id; a link carries one type in each direction
  std::size_t bytes_ = 0;
  Bytes done_;
  Frame frame_;
};

}  // namespace limpet::peer
