// FramesIn: the frames of what has come on a stream or queue, one after the other, while their user goes
// through them.
//
//     kept bytes | new bytes          what is left of earlier bytes comes first
//     [frame][frame][frame][part      take() one by one; the rest is kept for the next time
//
// Nothing is copied as long as nothing was kept. Made for one run through bytes that live as long; on the
// thread of the shard.
#pragma once

#include <cstddef>
#include <limpet/base/bytes.hpp>
#include <limpet/peer/frame.hpp>
#include <string_view>

namespace limpet::links {

class FramesIn {
 public:
  // `kept`: of the stream; nobody else may touch it until keep_rest().
  FramesIn(Bytes& kept, std::string_view bytes, std::size_t body_max);

  // What may be fetched ahead, from the next frame on: once for each run of kLookAheadMax frames, else empty.
  [[nodiscard]] std::string_view ahead();
  // The next frame that is whole, the same one until take(). Null: there is none, or error() says why.
  [[nodiscard]] const peer::Frame* peek();
  void take();
  // Are there bytes that have not been taken?
  [[nodiscard]] bool has_more() const { return taken_ < all_.size(); }
  // Why these are no frames; empty: they are.
  [[nodiscard]] std::string_view error() const { return step_.error; }

  // To be called at the end. Returns whether anything is left.
  bool keep_rest();

 private:
  Bytes& kept_;
  std::string_view all_;
  std::size_t body_max_;
  bool was_kept_;
  std::size_t taken_ = 0;   // bytes
  std::size_t frames_ = 0;  // taken
  std::size_t shown_ = 0;   // frames that ahead() has been asked for
  peer::FrameStep step_;    // the next one, if it is a frame
};

}  // namespace limpet::links
