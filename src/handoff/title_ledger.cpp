#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/handoff/title_ledger.hpp>

namespace limpet::handoff {

TitleLedger::TitleLedger(unsigned shards, unsigned shard, const std::vector<SlotTitle>& titles)
    : shards_(shards), shard_(shard), titles_(kSlots / shards + 1), undecided_(kSlots) {
  LIMPET_ASSERT(titles.size() == kSlots && shard < shards);
  each_slot([&](Slot slot) { titles_[slot / shards_] = titles[slot]; });
}

void TitleLedger::write(WantedTitle write, Now now) {
  const Slot slot = write.slot;
  wanted_.push_back(write);
  writes_.insert_or_assign(slot, Writing{.write = std::move(write), .began_ms = now.steady_ms});
}

std::int64_t TitleLedger::written(Slot slot, Now now) {
  const auto writing = writes_.find(slot);
  LIMPET_ASSERT(writing != writes_.end());
  titles_[slot / shards_] = writing->second.write.title;
  undecided_[slot] = false;
  const std::int64_t took_ms = now.steady_ms - writing->second.began_ms;
  writes_.erase(writing);
  return took_ms;
}

void TitleLedger::not_written(Slot slot, const std::string& why) {
  writes_.erase(slot);
  closed_ = "its titles cannot be written: " + why;
}

void TitleLedger::no_room(Slot slot, const std::string& why, Now now) {
  no_room_ms_ = now.steady_ms + kDiskRetryMs;
  no_room_why_ = "its titles cannot be written for now: " + why;
  again_.push_back(slot);
}

void TitleLedger::withdraw(Slot slot) {
  writes_.erase(slot);
  std::erase(again_, slot);
}

void TitleLedger::retry(Now now) {
  if (!has_room(now)) return;
  for (const Slot slot : std::exchange(again_, {})) {
    if (const auto waits = writes_.find(slot); waits != writes_.end())
      write(WantedTitle(waits->second.write), now);
  }
}

void TitleLedger::close(const std::string& why) {
  if (closed_.empty()) closed_ = why;
}

}  // namespace limpet::handoff
