// AfterSync: what has to wait until the journal is on the disk up to a position: titles that promise
// something, and answers to nodes that want to know when what they have sent is there.
//
// Owned by HandingOver. Positions only grow, so each kind is first in, first out.
#pragma once

#include <cstdint>
#include <deque>
#include <limpet/base/slot.hpp>
#include <limpet/shard/shard.hpp>
#include <optional>
#include <utility>

namespace limpet::shard {

class AfterSync {
 public:
  void write(std::uint64_t position, TitleWrite title) { titles_.emplace_back(position, std::move(title)); }
  void settle(std::uint64_t position, Slot slot) { settles_.emplace_back(position, slot); }
  [[nodiscard]] bool empty() const { return titles_.empty() && settles_.empty(); }

  // The next whose turn it is, now that so much is on the disk.
  [[nodiscard]] std::optional<TitleWrite> next_title(std::uint64_t synced) { return next(titles_, synced); }
  [[nodiscard]] std::optional<Slot> next_settled(std::uint64_t synced) { return next(settles_, synced); }
  // It never will be. The slots of the titles that are not to be written.
  [[nodiscard]] std::deque<Slot> fail() {
    std::deque<Slot> slots;
    for (const auto& [position, title] : titles_) slots.push_back(title.slot);
    titles_.clear();
    settles_.clear();
    return slots;
  }

 private:
  template <class What>
  static std::optional<What> next(std::deque<std::pair<std::uint64_t, What>>& waiting, std::uint64_t synced) {
    if (waiting.empty() || waiting.front().first > synced) return std::nullopt;
    std::optional<What> first = std::move(waiting.front().second);
    waiting.pop_front();
    return first;
  }

  std::deque<std::pair<std::uint64_t, TitleWrite>> titles_;
  std::deque<std::pair<std::uint64_t, Slot>> settles_;
};

}  // namespace limpet::shard
