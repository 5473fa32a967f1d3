// Lanes: what is to be sent over a link, small frames and large ones apart, so that a large value holds up no
// small one.
//
// Small frames go straight to the stream's `out`. A body above kPieceBytes waits in the wide lane and follows
// piece by piece, all large bodies taking turns, whenever `out` has run low.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limpet/base/bytes.hpp>
#include <limpet/peer/frame.hpp>
#include <string_view>
#include <vector>

namespace limpet::links {

class Lanes {
 public:
  explicit Lanes(Bytes& out) : out_(out) {}

  // Sends a frame whose body is at hand. Returns the offset in the stream where it ends, or kLater if it goes
  // in pieces: pieces_sent() will tell. `before`: the first bytes of the body, if they stand elsewhere.
  std::uint64_t send(const peer::Frame& frame, std::string_view before = {});
  static constexpr std::uint64_t kLater = ~std::uint64_t{0};

  // Moves pieces of large bodies to `out` while it is low. Returns the ids whose last piece that was, with
  // the offset where it ends.
  struct Sent {
    std::uint64_t id;
    std::uint64_t end;
  };
  const std::vector<Sent>& refill() {
    sent_.clear();
    if (has_pieces()) send_pieces();
    return sent_;
  }

  // The driver wrote so many bytes of `out`.
  void written(std::size_t bytes);
  // Bytes that were handed to the kernel since the stream began.
  [[nodiscard]] std::uint64_t written_total() const { return written_; }

  // Pieces of large bodies wait for room in `out`.
  [[nodiscard]] bool has_pieces() const { return wide_bytes_ > 0; }
  // Bytes that wait, in both lanes.
  [[nodiscard]] std::size_t waiting() const { return out_.size() + wide_bytes_; }
  // Forgets everything: the stream is gone, a new one begins.
  void reset();

 private:
  struct Wide {
    peer::Frame frame;  // its body is in `body`
    Bytes body;         // what has not been sent yet
    std::size_t whole_bytes = 0;
  };

  void begin_more();
  void send_pieces();

  Bytes& out_;
  std::uint64_t written_ = 0;
  std::deque<Wide> turns_;   // pieces of these go out, one after the other
  std::deque<Wide> queued_;  // these have not begun
  std::size_t turning_bytes_ = 0;
  std::size_t wide_bytes_ = 0;
  std::vector<Sent> sent_;
};

}  // namespace limpet::links
