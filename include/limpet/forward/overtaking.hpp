// Overtaking: may a command of a client be taken now, or would it overtake an earlier one of the same client?
//
// Commands for a slot that go one way keep their order. They part where the slot goes elsewhere while some
// are under way to where it was; and where one went to a node that was only thought to hold the slot, may
// come back, and is tried again. A command for such a slot, however many others it concerns besides, waits
// until the client has its answers, or nothing is under way any more that could be overtaken.
//
// Only who has commands under way needs to ask.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limpet/base/slot.hpp>
#include <limpet/base/stream.hpp>
#include <set>
#include <utility>
#include <vector>

namespace limpet::forward {

class Overtaking {
 public:
  // Commands for the slot go another way from now on. All that is under way has its answer, or is given up,
  // by `all_end_ms`.
  void rerouted(Slot slot, std::int64_t all_end_ms) {
    if (ends_ms_.empty()) ends_ms_.resize(kSlots);
    ends_ms_[slot] = all_end_ms;
    last_end_ms_ = std::max(last_end_ms_, all_end_ms);
  }
  // What had its time up by then has been given up, and its clients know.
  void gave_up(std::int64_t until_ms) { given_up_until_ms_ = until_ms; }
  // A command of this client for the slot may come back, or has.
  void may_come_back(StreamId client, Slot slot) { unconfirmed_.emplace(client, slot); }
  // Nothing of this client is under way.
  void all_answered(StreamId client) {
    if (unconfirmed_.empty()) return;
    unconfirmed_.erase(unconfirmed_.lower_bound({client, Slot{0}}),
                       unconfirmed_.upper_bound({client, Slot{kSlots}}));
  }

  // REQUIRES: the client has commands under way.
  [[nodiscard]] bool holds_back(StreamId client, Slot slot) const {
    if (given_up_until_ms_ < last_end_ms_ && given_up_until_ms_ < ends_ms_[slot]) return true;
    return !unconfirmed_.empty() && unconfirmed_.contains({client, slot});
  }

 private:
  std::vector<std::int64_t> ends_ms_;  // by slot: what went another way has its end by then
  std::int64_t last_end_ms_ = 0;
  std::int64_t given_up_until_ms_ = 0;
  std::set<std::pair<StreamId, Slot>> unconfirmed_;
};

}  // namespace limpet::forward
