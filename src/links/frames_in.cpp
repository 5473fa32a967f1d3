#include <limpet/base/limits.hpp>
#include <limpet/links/frames_in.hpp>

namespace limpet::links {

using Kind = peer::FrameStep::Kind;

FramesIn::FramesIn(Bytes& kept, std::string_view bytes, std::size_t body_max)
    : kept_(kept), all_(bytes), body_max_(body_max), was_kept_(!kept.empty()) {
  if (!was_kept_) return;
  kept_.append(bytes);
  all_ = kept_.view();
}

std::string_view FramesIn::ahead() {
  if (frames_ < shown_) return {};
  shown_ = frames_ + kLookAheadMax;
  return all_.substr(taken_);
}

const peer::Frame* FramesIn::peek() {
  if (step_.kind == Kind::need_more) peer::next_frame(all_.substr(taken_), body_max_, step_);
  return step_.kind == Kind::frame ? &step_.frame : nullptr;
}

void FramesIn::take() {
  taken_ += step_.consumed;
  ++frames_;
  step_.kind = Kind::need_more;
}

bool FramesIn::keep_rest() {
  if (was_kept_) {
    kept_.consume(taken_);
    trim(kept_);
  } else if (taken_ < all_.size()) {
    kept_.append(all_.substr(taken_));
  }
  return !kept_.empty();
}

}  // namespace limpet::links
