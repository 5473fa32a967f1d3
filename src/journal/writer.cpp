#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/journal/record.hpp>
#include <limpet/journal/writer.hpp>
#include <utility>

namespace limpet::journal {

Writer::Writer(std::uint64_t nonce) : nonce_(nonce), slots_(kSlots) {}

store::EffectWriter& Writer::change_of(Slot slot) {
  if (open_ && (slot_ != slot || batch_.size() - head_at_ > kRecordSplitBytes)) close();
  if (!open_) {
    open_ = true;
    slot_ = slot;
    head_at_ = batch_.size();
    batch_.extend(kRecordHeadBytes);
    effects_.begin(batch_);
  }
  return effects_;
}

void Writer::close() {
  open_ = false;
  char* const at = batch_.data() + head_at_;
  SlotEnd& slot = slots_[slot_];
  const Record record{.kind = Record::Kind::change,
                      .slot = slot_,
                      .sequence = ++slot.sequence,
                      .body = batch_.view().substr(head_at_ + kRecordHeadBytes)};
  seal_record(at, record, nonce_, begin_ + head_at_);
  slot.end = position();
  if (watch_) watch_(slot_, record.body);
}

void Writer::mark(std::uint64_t synced) {
  end_command();
  append_number_record(batch_, {.kind = Record::Kind::mark}, synced, nonce_, position());
}

Bytes Writer::take() {
  end_command();
  begin_ += batch_.size();
  Bytes next;
  next.reserve(std::min(batch_.size(), kChangesKeptBytes));
  return std::exchange(batch_, std::move(next));
}

}  // namespace limpet::journal
