#include <algorithm>
#include <limpet/base/hash.hpp>
#include <limpet/handoff/slot_stream.hpp>

#include "stream.hpp"

namespace limpet::handoff {

void SlotStream::begin_run() {
  run_at_ = waiting_.size();
  waiting_.extend(kRunHeadBytes);
  effects_.begin(waiting_);
}

void SlotStream::end_run() {
  const std::size_t length = waiting_.size() - run_at_ - kRunHeadBytes;
  if (length == 0) return waiting_.truncate(run_at_);
  store_le(waiting_.data() + run_at_, static_cast<std::uint32_t>(length));
}

// A run is applied as a whole, so it is cut by bytes, as records of the journal are.
store::EffectWriter& SlotStream::change_of(Slot) {
  if (waiting_.size() - run_at_ > kRecordSplitBytes) {
    end_run();
    begin_run();
  }
  return effects_;
}

void SlotStream::changed(std::string_view effects) {
  if (!begun_) return;
  begin_run();
  waiting_.append(effects);
  end_run();
  behind_ = behind_ || waiting_.size() > kHandoffHoldBytes;
}

void SlotStream::copy_on(store::Store& store, std::uint64_t most) {
  begun_ = true;
  const std::uint64_t before = bytes();
  const std::size_t keys = most == Pace::kUnlimited ? kCopySliceKeys : kPacedSliceKeys;
  while (!copied_ && waiting_.size() < kHandoffAheadBytes && bytes() - before < most) {
    begin_run();
    copied_ = copy_.go_on(store, *this, keys);
    end_run();
  }
  if (copied_) copy_end_ = bytes();
}

std::string_view SlotStream::next_piece() {
  if (waiting_.empty() || under_way() >= kHandoffWindowBytes) return {};
  const std::size_t length = std::min(waiting_.size(), kHandoffPieceBytes);
  piece_.clear();
  piece_.append(waiting_.view().substr(0, length));
  waiting_.consume(length);
  behind_ = behind_ && waiting_.size() > kHandoffAheadBytes;
  sent_ += length;
  digest_ = hash64(piece_.view(), digest_);
  return piece_.view();
}

void SlotStream::taken_up_to(std::uint64_t number) {
  if (number > taken_ && number <= sent_) taken_ = number;
}

}  // namespace limpet::handoff
