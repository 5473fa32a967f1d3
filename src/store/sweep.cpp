// The sweep for time-outs that have passed and were not met by a reader.
//
// A pass goes over the slots in turn and into those tables, segments and sessions alone whose bound has come.
// Within a segment the words tell which records may be due. The pass stops anywhere when its steps are used
// up, and the next call goes on there: a bound is raised only once everything under it has been looked at.
#include <algorithm>
#include <array>

#include "impl.hpp"

namespace limpet::store {

namespace {

// An empty page goes back for so many steps: three megabytes a tick. The allocator returns them to the system
// in batches of its own, and larger ones take it milliseconds.
constexpr std::size_t kStepsOfPage = 400;

}  // namespace

struct Store::Impl::Sweep {
  static constexpr std::uint64_t kRecordCost = 16;  // in words read

  std::int64_t unix_ms;
  Coarse now;
  std::uint64_t budget;  // in words read
  std::uint64_t keys_gone = 0;
  std::uint64_t spent = 0;
  Slot slot = 0;

  [[nodiscard]] bool used_up() const { return spent >= budget; }
};

std::size_t Store::Impl::reclaim(std::int64_t unix_ms, std::size_t steps_max) {
  // Both kinds of work go on beside each other, and what one leaves the other has.
  const std::size_t buried = records_.bury(steps_max / 2);
  Sweep sweep{.unix_ms = unix_ms,
              .now = coarse_now(unix_ms),
              .budget = (std::uint64_t{steps_max} - std::min(buried, steps_max)) * Sweep::kRecordCost};
  // Two passes at most: what is left of the one under way, and one from the first slot on.
  for (unsigned slots = 0; due_ <= sweep.now && slots <= 2 * kSlots && !sweep.used_up(); ++slots) {
    Table& table = tables_[sweep_slot_];
    sweep.slot = sweep_slot_;
    const bool due = table.due() <= sweep.now && !aside_[sweep_slot_];
    if (due && !sweep_table(sweep, table, sweep_position_, false)) break;
    pass_due_ = std::min(pass_due_, table.due());
    sweep_position_ = 0;
    if (++sweep_slot_ < kSlots) continue;
    sweep_slot_ = 0;
    due_ = pass_due_;
    pass_due_ = kNever;
  }
  const std::size_t swept = static_cast<std::size_t>(sweep.spent / Sweep::kRecordCost);
  if (buried + swept < steps_max) records_.bury(steps_max - buried - swept);
  records_.heap().vacate(std::max<std::size_t>(steps_max / kStepsOfPage, 1));
  return static_cast<std::size_t>(sweep.keys_gone);
}

// True if the table was looked through to its end.
bool Store::Impl::sweep_table(Sweep& sweep, Table& table, std::uint64_t& position, bool inner) {
  while (table.count() != 0) {
    const Segment segment = table.segment_at(records_.heap(), position);
    ++sweep.spent;
    if (segment.due <= sweep.now && !sweep_segment(sweep, table, segment.first, inner)) return false;
    position = segment.last + 1;
    if (position == 0) break;
    if (sweep.used_up()) return false;
  }
  position = 0;
  table.refresh_due();
  return true;
}

bool Store::Impl::sweep_segment(Sweep& sweep, Table& table, std::uint64_t position, bool inner) {
  const Heap& heap = records_.heap();
  const Segment segment = table.segment_at(heap, position);
  std::array<std::uint8_t, Table::kSegmentMax> candidates;
  unsigned count = 0;
  Coarse bound = kNever;
  for (unsigned at = 0; at < segment.count; ++at) {
    if (!has_due(segment.words[at])) continue;
    const Coarse due = earliest_due(segment.words[at], segment.due);
    if (due > sweep.now) {
      bound = std::min(bound, due);
      continue;
    }
    candidates[count++] = static_cast<std::uint8_t>(at);
    __builtin_prefetch(heap.at(handle_of(segment.words[at])));
  }
  sweep.spent += segment.count;
  // From the last on, so that taking one out does not move those still to come.
  while (count-- > 0) {
    Word* const word = table.segment_at(heap, position).words + candidates[count];
    if (!sweep_word(sweep, table, position, word, inner, bound)) return false;
  }
  if (table.count() != 0) table.set_segment_due(position, bound);
  return true;
}

bool Store::Impl::sweep_word(Sweep& sweep, Table& table, std::uint64_t position, Word* word, bool inner,
                             Coarse& bound) {
  const Handle handle = handle_of(*word);
  sweep.spent += Sweep::kRecordCost;
  if (!inner && is_wide(records_.heap(), handle)) return sweep_wide(sweep, table, position, word, bound);
  const char* const record = records_.at(handle);
  if (!expired(record, sweep.unix_ms)) {
    bound = std::min(bound, coarse_due(expiry_of(record)));
    return true;
  }
  tell_expired(sweep.slot, record);
  table.erase(records_.heap(), position, word);
  if (!inner) --stats_.sessions;
  --stats_.keys;
  --stats_.expiring_keys;
  --keys_[sweep.slot];
  ++stats_.expired_total;
  ++sweep.keys_gone;
  const std::uint64_t freed = records_.freed();
  records_.drop(handle);
  sweep.spent += (records_.freed() - freed - 1) * Sweep::kRecordCost;
  return true;
}

bool Store::Impl::sweep_wide(Sweep& sweep, Table& table, std::uint64_t position, Word* word, Coarse& bound) {
  Wide& wide = wide_at(records_.heap(), handle_of(*word));
  const bool done = sweep_table(sweep, wide.keys, wide.swept_to, true);
  if (wide.keys.count() == 0) {
    settle(table, position, word);
    return true;
  }
  if (!done) return false;
  *word = with_due(*word, wide.keys.due());
  bound = std::min(bound, wide.keys.due());
  if (wide.keys.count() == 1) {
    settle(table, position, word);
    const char* const record = records_.at(handle_of(*word));
    bound = std::min(bound, coarse_due(expiry_of(record)));
  }
  return true;
}

}  // namespace limpet::store
