#include <array>
#include <limpet/base/bytes.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/following/copy_store.hpp>
#include <limpet/store/change.hpp>

namespace limpet::following {

CopyStore::Room CopyStore::room(Slot slot, Term term, std::size_t bytes) {
  const handoff::SlotTitle& held = ownership_.moves().title(slot);
  const handoff::Incoming& incoming = ownership_.moves().incoming();
  const bool comes = incoming.is_moving(slot) && !incoming.follows_on(slot);
  const bool mine = handoff::owns(held) || held.promise || comes;
  if (mine || !can_be(term, now_.unix_ms) || held.title.term > term || ownership_.slots().is_damaged(slot))
    return Room::refused;
  if (ownership_.slots().is_loading(slot)) return Room::later;
  if (!engine_.durability().trouble().empty()) return Room::full;
  return bytes == 0 || engine_.has_room(bytes) ? Room::there : Room::full;
}

LastChange CopyStore::last(Slot slot) const { return journal().last(slot); }

void CopyStore::spoilt(Slot slot) { journal().copied(slot, {}); }

// Whoever reads the journal finds a copy of its own, which is in nobody's history.
void CopyStore::clear(Slot slot) {
  engine_.store().suspend_reclaim(slot);
  journal().copied(slot, {});
  Bytes bytes;
  store::EffectWriter effects;
  effects.begin(bytes);
  effects.clear();
  (void)put(slot, {.effects = bytes.view()});
}

bool CopyStore::spare(Slot slot, Term term) {
  const Room there = room(slot, term, 0);
  // Until it is served elsewhere, what was given away is kept; and what is about to be this node's.
  const bool moves = ownership_.moves().is_moving_out(slot) || ownership_.moves().incoming().is_moving(slot);
  if (there == Room::later || moves) return false;
  const handoff::SlotTitle& held = ownership_.moves().title(slot);
  const bool has_later = held.title.term > term || ownership_.known().heard(slot).term > term;
  if (handoff::owns(held) || has_later) return true;
  if (there == Room::refused) return false;
  if (engine_.store().keys_in(slot) == 0) return true;
  clear(slot);
  engine_.store().resume_reclaim(slot);
  return true;
}

void CopyStore::prefetch(std::span<const Coming> coming) const {
  std::array<store::Run*, kLookAheadMax> runs;
  for (std::size_t i = 0; i < coming.size(); ++i) {
    runs[i] = coming[i].run;
    __builtin_prefetch(&ownership_.moves().title(coming[i].slot));
    journal().prefetch(coming[i].slot);
    journal().prefetch_last(coming[i].slot);
  }
  store::prefetch(engine_.store(), std::span(runs).first(coming.size()));
}

bool CopyStore::put(Slot slot, const store::Run& run) {
  return engine_.feed()
      .follow(slot, {Term{}, journal().last(slot).number + 1, journal().boot()}, run, now_)
      .has_value();
}

void CopyStore::whole(Slot slot, const LastChange& last, const std::vector<LastChange>& ends) {
  journal().copied(slot, last, ends);
}

bool CopyStore::change(Slot slot, const LastChange& made, const store::Run& run) {
  return engine_.feed().follow(slot, made, run, now_).has_value();
}

}  // namespace limpet::following
