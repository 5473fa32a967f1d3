#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/links/lanes.hpp>

namespace limpet::links {

namespace {
// Pieces follow while less than this waits in front of them.
constexpr std::size_t kLowBytes = 2 * kPieceBytes;
}  // namespace

std::uint64_t Lanes::send(const peer::Frame& frame, std::string_view before) {
  const std::size_t length = before.size() + frame.body.size();
  if (length <= kPieceBytes) {
    peer::append_header(out_, frame, length);
    out_.append(before);
    out_.append(frame.body);
    return written_ + out_.size();
  }
  Wide& wide = queued_.emplace_back();
  wide.frame = frame;
  wide.body.append(before);
  wide.body.append(frame.body);
  wide_bytes_ += length;
  return kLater;
}

// So many bytes of bodies take turns at most: the other side keeps that much of what is not complete.
void Lanes::begin_more() {
  while (!queued_.empty() &&
         (turns_.empty() || turning_bytes_ + queued_.front().body.size() <= kLinkBytesMax)) {
    turning_bytes_ += queued_.front().body.size();
    queued_.front().whole_bytes = queued_.front().body.size();
    turns_.push_back(std::move(queued_.front()));
    queued_.pop_front();
  }
}

void Lanes::send_pieces() {
  begin_more();
  while (!turns_.empty() && out_.size() < kLowBytes) {
    Wide wide = std::move(turns_.front());
    turns_.pop_front();
    const std::size_t length = std::min(kPieceBytes, wide.body.size());
    peer::Frame piece = wide.frame;
    piece.body = wide.body.view().substr(0, length);
    const bool more = length < wide.body.size();
    if (more) piece.bits = static_cast<std::uint8_t>(piece.bits | peer::kMore);
    peer::append_frame(out_, piece);
    wide.body.consume(length);
    wide_bytes_ -= length;
    if (more) {
      turns_.push_back(std::move(wide));
      continue;
    }
    sent_.push_back({wide.frame.id, written_ + out_.size()});
    turning_bytes_ -= wide.whole_bytes;
    begin_more();
  }
}

void Lanes::written(std::size_t bytes) {
  out_.consume(bytes);
  written_ += bytes;
}

void Lanes::reset() {
  out_.release();
  turns_.clear();
  queued_.clear();
  turning_bytes_ = 0;
  wide_bytes_ = 0;
  written_ = 0;
}

}  // namespace limpet::links
