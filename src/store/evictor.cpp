#include "evictor.hpp"

#include <algorithm>
#include <limits>

namespace limpet::store {

namespace {

constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15;
constexpr unsigned kSample = 16;           // sessions that are compared
constexpr unsigned kLooksMax = 64;         // slots looked at for them, by chance
constexpr unsigned kInVainMax = 256;       // slots with sessions, in turn, if chance found nothing
constexpr unsigned kFromOneSegment = 4;    // of a segment's sessions
constexpr unsigned kKeysLookedAt = 64;     // of a session, for when it was last used
constexpr std::size_t kBurySteps = 1'000;  // what large things leave behind is freed as we go

}  // namespace

Evictor::Evictor(Keyspace& keys, std::uint64_t seed) : keys_(keys), random_state_(seed ^ kGamma) {}

// SplitMix64.
std::uint64_t Evictor::random() {
  std::uint64_t z = random_state_ += kGamma;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

bool Evictor::evict(std::uint64_t bytes_max, std::size_t sessions_max, std::int64_t unix_ms) {
  for (std::size_t gone = 0; keys_.stats().bytes > bytes_max; ++gone) {
    if (keys_.records().bury(kBurySteps) > 0 && keys_.stats().bytes <= bytes_max) return true;
    if (gone == sessions_max || keys_.stats().expiring_keys == 0) return false;
    Candidate best{.clock = seen_clock(unix_ms)};
    look_for_idle(best);
    if (best.session == 0) return false;
    keys_.evict_session(best.slot, best.session);
  }
  return true;
}

void Evictor::look_for_idle(Candidate& best) {
  for (unsigned looks = 0; looks < kLooksMax && best.seen < kSample; ++looks) {
    look_at_slot(best, static_cast<Slot>(random() % kSlots));
  }
  // Where there are few, chance may miss them all: then in turn, on from where the last such search ended.
  unsigned in_vain = 0;
  for (unsigned slots = 0; slots < kSlots && best.seen == 0 && in_vain < kInVainMax; ++slots) {
    if (keys_.counts().keys_in(slot_) != 0) ++in_vain;
    look_at_slot(best, slot_);
    slot_ = static_cast<Slot>((slot_ + 1) % kSlots);
  }
}

void Evictor::look_at_slot(Candidate& best, Slot slot) {
  if (keys_.counts().keys_in(slot) == 0 || !keys_.may_reclaim(slot)) return;
  const Segment segment = keys_.table(slot).segment_at(keys_.records().heap(), random());
  if (segment.count == 0) return;
  const unsigned from = static_cast<unsigned>(random() % segment.count);
  for (unsigned i = 0; i < std::min(kFromOneSegment, segment.count); ++i) {
    consider(best, slot, segment.words + (from + i) % segment.count);
  }
}

void Evictor::consider(Candidate& best, Slot slot, const Word* word) {
  if (!has_due(*word)) return;
  const Handle session = handle_of(*word);
  std::uint32_t idle = best.clock;
  if (!evictable(session, idle)) return;
  ++best.seen;
  if (best.session != 0 && idle <= best.idle) return;
  best.idle = idle;
  best.slot = slot;
  best.session = session;
}

// `idle` is the time now, and becomes for how long the session has not been used.
bool Evictor::evictable(Handle session, std::uint32_t& idle) const {
  const std::uint32_t clock = idle;
  const Heap& heap = keys_.records().heap();
  if (!is_wide(heap, session)) {
    idle = idle_units(keys_.records().at(session), clock);
    return true;
  }
  idle = std::numeric_limits<std::uint32_t>::max();
  unsigned looked = 0;
  std::uint64_t position = 0;
  do {
    const Segment segment = wide_at(heap, session).keys.segment_at(heap, position);
    for (const Word* word = segment.words; word != segment.words + segment.count; ++word) {
      if (!has_due(*word)) return false;
      if (looked++ < kKeysLookedAt)
        idle = std::min(idle, idle_units(keys_.records().at(handle_of(*word)), clock));
    }
    position = segment.last + 1;
  } while (position != 0);
  return true;
}

}  // namespace limpet::store
