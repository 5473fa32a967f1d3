#include "sweeper.hpp"

#include <algorithm>
#include <array>

namespace limpet::store {

namespace {

// An empty page goes back for so many steps: three megabytes a tick. The allocator returns them to the system
// in batches of its own, and larger ones take it milliseconds.
constexpr std::size_t kStepsOfPage = 400;

}  // namespace

void Sweeper::restart() {
  slot_ = 0;
  position_ = 0;
}

std::size_t Sweeper::reclaim(std::int64_t unix_ms, std::size_t steps_max) {
  Records& records = keys_.records();
  // Both kinds of work go on beside each other, and what one leaves the other has.
  const std::size_t buried = records.bury(steps_max / 2);
  Sweep sweep{.unix_ms = unix_ms,
              .now = coarse_now(unix_ms),
              .budget = (std::uint64_t{steps_max} - std::min(buried, steps_max)) * Sweep::kRecordCost};
  sweep_slots(sweep);
  const auto swept = static_cast<std::size_t>(sweep.spent / Sweep::kRecordCost);
  if (buried + swept < steps_max) records.bury(steps_max - buried - swept);
  records.heap().vacate(std::max<std::size_t>(steps_max / kStepsOfPage, 1));
  return static_cast<std::size_t>(sweep.keys_gone);
}

// Two passes at most: what is left of the one under way, and one from the first slot on.
void Sweeper::sweep_slots(Sweep& sweep) {
  DueBounds& due = keys_.due();
  for (unsigned slots = 0; due.all <= sweep.now && slots <= 2 * kSlots && !sweep.used_up(); ++slots) {
    Table& table = keys_.table(slot_);
    sweep.slot = slot_;
    const bool is_due = table.due() <= sweep.now && keys_.may_reclaim(slot_);
    if (is_due && !sweep_table(sweep, table, position_, false)) break;
    due.pass = std::min(due.pass, table.due());
    position_ = 0;
    if (++slot_ < kSlots) continue;
    slot_ = 0;
    due.all = due.pass;
    due.pass = kNever;
  }
}

// True if the table was looked through to its end.
bool Sweeper::sweep_table(Sweep& sweep, Table& table, std::uint64_t& position, bool inner) {
  while (table.count() != 0) {
    const Segment segment = table.segment_at(keys_.records().heap(), position);
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

bool Sweeper::sweep_segment(Sweep& sweep, Table& table, std::uint64_t position, bool inner) {
  const Heap& heap = keys_.records().heap();
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

bool Sweeper::sweep_word(Sweep& sweep, Table& table, std::uint64_t position, Word* word, bool inner,
                         Coarse& bound) {
  const Handle handle = handle_of(*word);
  sweep.spent += Sweep::kRecordCost;
  if (!inner && is_wide(keys_.records().heap(), handle))
    return sweep_wide(sweep, table, position, word, bound);
  const char* const record = keys_.records().at(handle);
  if (!expired(record, sweep.unix_ms)) {
    bound = std::min(bound, coarse_due(expiry_of(record)));
    return true;
  }
  ++sweep.keys_gone;
  const std::uint64_t freed = keys_.records().freed();
  keys_.take_expired(sweep.slot, table, position, word, inner);
  sweep.spent += (keys_.records().freed() - freed - 1) * Sweep::kRecordCost;
  return true;
}

bool Sweeper::sweep_wide(Sweep& sweep, Table& table, std::uint64_t position, Word* word, Coarse& bound) {
  Wide& wide = wide_at(keys_.records().heap(), handle_of(*word));
  const bool done = sweep_table(sweep, wide.keys, wide.swept_to, true);
  if (wide.keys.count() == 0) {
    keys_.shrink_session(table, position, word);
    return true;
  }
  if (!done) return false;
  *word = with_due(*word, wide.keys.due());
  bound = std::min(bound, wide.keys.due());
  if (wide.keys.count() == 1) {
    keys_.shrink_session(table, position, word);
    const char* const record = keys_.records().at(handle_of(*word));
    bound = std::min(bound, coarse_due(expiry_of(record)));
  }
  return true;
}

}  // namespace limpet::store
