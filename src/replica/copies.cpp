#include <array>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/replica/copies.hpp>
#include <limpet/store/change.hpp>
#include <span>
#include <utility>

namespace limpet::replica {

using Kind = Entry::Kind;

// ---- Streams ----

bool Copies::take(const Sender& from, const StreamName& name, std::uint64_t begin, std::string_view bytes) {
  Stream& stream = streams_[from];
  const bool other_boot = name.boot != stream.boot;
  // Of one that has ended.
  if (other_boot ? name.boot == stream.before : name.id < stream.id) return true;
  if (other_boot || name.id > stream.id) begin_stream(from, stream, name);
  stream.failed = stream.failed || begin != stream.taken;
  if (stream.failed) return true;  // something was lost: it ends here, and its owner will notice
  std::string_view rest = bytes;
  if (!stream.rest.empty()) {
    stream.rest.append(bytes);
    rest = stream.rest.view();
  }
  if (!take_entries(from, stream, rest)) {
    stream.failed = true;
    return false;
  }
  if (stream.failed) return true;
  if (stream.rest.empty()) {
    stream.rest.append(rest);
  } else {
    stream.rest.consume(stream.rest.size() - rest.size());
  }
  if (stream.rest.empty()) trim(stream.rest);
  stream.taken += bytes.size();
  // That is said with what is confirmed before long, unless much is on its way.
  if (stream.taken - stream.said >= kFollowCreditBytes / 4) stream.is_said = false;
  stream.marks.push_back({.taken = stream.taken, .lsn = keeper_.end()});
  confirm(stream, safe_);
  return true;
}

// What came by the one before has ended where it was.
void Copies::begin_stream(const Sender& from, Stream& stream, const StreamName& name) {
  const std::uint64_t before = name.boot != stream.boot ? stream.boot : stream.before;
  stream = Stream{};
  stream.id = name.id;
  stream.boot = name.boot;
  stream.before = before;
  for (SlotCopy& slot : slots_) {
    if (slot.state != State::none && slot.from == from) slot.state = State::kept;
  }
}

bool Copies::take_entries(const Sender& from, Stream& stream, std::string_view& bytes) {
  EntryStep::Kind last = EntryStep::Kind::entry;
  while (last == EntryStep::Kind::entry) {
    last = read(bytes);
    fetch();
    for (std::size_t i = 0; i < next_count_; ++i) {
      take(from, stream, next_[i]);
      if (stream.failed) return true;
    }
  }
  return last == EntryStep::Kind::need_more;
}

// Some of the next entries; returns what stands behind them.
EntryStep::Kind Copies::read(std::string_view& bytes) {
  for (next_count_ = 0; next_count_ < next_.size(); ++next_count_) {
    Next& next = next_[next_count_];
    next_entry(bytes, next.step);
    if (next.step.kind != EntryStep::Kind::entry) return next.step.kind;
    if (next.step.entry.slot % shards_ != shard_) return EntryStep::Kind::error;
    bytes.remove_prefix(next.step.consumed);
  }
  return EntryStep::Kind::entry;
}

// Has what these change fetched, all at once, where each for itself would wait for memory.
void Copies::fetch() {
  std::array<CopyKeeper::Coming, kLookAheadMax> coming;
  std::size_t count = 0;
  for (Next& next : std::span(next_).first(next_count_)) {
    const Entry& entry = next.step.entry;
    const bool has_effects = entry.kind == Kind::change || entry.kind == Kind::run;
    next.run = {.effects = has_effects ? entry.effects : std::string_view()};
    if (has_effects) coming[count++] = {entry.slot, &next.run};
  }
  if (count > 1) keeper_.prefetch(std::span(coming).first(count));
}

void Copies::safe(Lsn up_to) {
  safe_ = up_to;
  for (auto& [from, stream] : streams_) confirm(stream, safe_);
}

void Copies::confirm(Stream& stream, Lsn safe) {
  while (!stream.marks.empty() && stream.marks.front().lsn <= safe) {
    stream.confirmed = stream.marks.front().taken;
    stream.marks.pop_front();
    stream.is_said = false;
  }
}

// ---- Entries ----

void Copies::take(const Sender& from, Stream& stream, const Next& next) {
  const Entry& entry = next.step.entry;
  if (entry.kind == Kind::ask) return ask(from, stream, entry);
  if (entry.kind == Kind::spare) return spare(entry);
  const SlotCopy& slot = at(entry.slot);
  const bool heard = slot.state >= State::asked && slot.from == from;
  if (entry.kind == Kind::drop) {
    stream.states.erase(entry.slot);
    stream.lost.erase(entry.slot);
    if (heard) at(entry.slot).state = State::kept;
    return;
  }
  // Its owner has been told why. What it counts on, and another owns, ends its stream.
  if (!heard) {
    stream.failed = stream.lost.contains(entry.slot);
    return;
  }
  switch (entry.kind) {
    case Kind::from:
      return go_on_from(stream, entry);
    case Kind::change:
      return change(stream, next);
    default:
      return copy(stream, next);
  }
}

void Copies::ask(const Sender& from, Stream& stream, const Entry& entry) {
  using Room = CopyKeeper::Room;
  SlotCopy& slot = at(entry.slot);
  const Room room = keeper_.room(entry.slot, entry.term, 0);
  if (room == Room::full) return say(stream, entry.slot, CopyState::Kind::full);
  if (room == Room::refused || entry.term < slot.term)
    return say(stream, entry.slot, CopyState::Kind::refused);
  if (slot.state == State::whole && slot.from != from) is_lost(entry.slot);
  stream.lost.erase(entry.slot);
  slot = {.state = State::asked, .from = from, .term = entry.term};
  spared_.erase(entry.slot);
  if (room != Room::later) say(stream, entry.slot, CopyState::Kind::has);
}

// Whoever owned it before knows that it is another's, and is about to drop it; or it has been claimed, and it
// is told. What it sends of it otherwise is not taken, and so may not be confirmed.
void Copies::is_lost(Slot slot) {
  Stream& stream = streams_[at(slot).from];
  if (at(slot).state == State::whole) stream.lost.insert(slot);
  say(stream, slot, CopyState::Kind::refused);
}

// Whoever is heard of it at the same term knows better.
void Copies::spare(const Entry& entry) {
  SlotCopy& slot = at(entry.slot);
  const bool is_heard = slot.state >= State::asked;
  if (slot.term > entry.term || (is_heard && slot.term == entry.term)) return;
  if (is_heard) is_lost(entry.slot);
  if (keeper_.spare(entry.slot, entry.term)) {
    slot = {};
  } else {
    slot.state = State::kept;
    spared_[entry.slot] = entry.term;
  }
}

void Copies::go_on_from(Stream& stream, const Entry& entry) {
  SlotCopy& slot = at(entry.slot);
  stream.states.erase(entry.slot);
  if (slot.state == State::copying) return;
  const LastChange before = slot.state == State::whole ? slot.last : keeper_.last(entry.slot);
  if (entry.last.number != before.number || entry.last.term < before.term)
    return give_up(stream, entry.slot, CopyState::Kind::broken);
  slot.state = State::whole;
  slot.last = entry.last;
}

void Copies::change(Stream& stream, const Next& next) {
  const Entry& entry = next.step.entry;
  SlotCopy& slot = at(entry.slot);
  if (slot.state == State::copying) return copy(stream, next);
  if (slot.state != State::whole || entry.number != slot.last.number + 1)
    return give_up(stream, entry.slot, CopyState::Kind::broken);
  if (!has_room(stream, entry)) return;
  ++slot.last.number;
  if (keeper_.change(entry.slot, slot.last, next.run)) return;
  keeper_.clear(entry.slot);
  give_up(stream, entry.slot, CopyState::Kind::broken);
}

void Copies::copy(Stream& stream, const Next& next) {
  const Entry& entry = next.step.entry;
  SlotCopy& slot = at(entry.slot);
  if (entry.kind == Kind::begin) {
    stream.states.erase(entry.slot);
    slot.state = State::copying;
    slot.term = entry.term;
    return keeper_.clear(entry.slot);
  }
  if (slot.state != State::copying) return give_up(stream, entry.slot, CopyState::Kind::broken);
  if (entry.kind == Kind::whole) {
    slot.state = State::whole;
    slot.last = entry.last;
    return keeper_.whole(entry.slot, entry.last, entry.ends);
  }
  if (!has_room(stream, entry) || keeper_.put(entry.slot, next.run)) return;
  keeper_.clear(entry.slot);
  give_up(stream, entry.slot, CopyState::Kind::broken);
}

bool Copies::has_room(Stream& stream, const Entry& entry) {
  using Room = CopyKeeper::Room;
  const Term term = at(entry.slot).term;
  Room room = keeper_.room(entry.slot, term, entry.effects.size());
  // What makes room needs none.
  if (room == Room::full && store::only_takes_away(entry.effects)) room = keeper_.room(entry.slot, term, 0);
  if (room == Room::there) return true;
  give_up(stream, entry.slot, room == Room::full ? CopyState::Kind::full : CopyState::Kind::refused);
  return false;
}

// Nothing more of it is taken before its owner has asked again. Was it whole, replies may wait for what is
// not taken: so the stream ends here, and no more of it is ever confirmed.
void Copies::give_up(Stream& stream, Slot slot, CopyState::Kind why) {
  stream.failed = stream.failed || at(slot).state == State::whole;
  at(slot).state = State::kept;
  say(stream, slot, why);
}

void Copies::loaded(Slot slot) {
  SlotCopy& copy = at(slot);
  if (copy.state == State::asked && !streams_[copy.from].states.contains(slot))
    say(streams_[copy.from], slot, CopyState::Kind::has);
  if (copy.state == State::none) copy.state = State::kept;
}

void Copies::forget(Slot slot) {
  const SlotCopy was = at(slot);
  if (was.state >= State::asked) give_up(streams_[was.from], slot, CopyState::Kind::refused);
  at(slot) = {};
  spared_.erase(slot);
}

void Copies::tick() {
  std::erase_if(spared_, [this](const auto& spared) {
    const bool done = keeper_.spare(spared.first, spared.second);
    if (done) at(spared.first) = {};
    return done;
  });
}

// ---- What is said ----

void Copies::say(Stream& stream, Slot slot, CopyState::Kind kind) {
  stream.states[slot] = kind;
  stream.unsaid.push_back(slot);
}

void Copies::say_again(std::uint16_t node) {
  for (auto& [from, stream] : streams_) {
    if (from.node != node) continue;
    stream.is_said = false;
    stream.unsaid.clear();
    for (const auto& [slot, kind] : stream.states) stream.unsaid.push_back(slot);
  }
}

std::optional<std::pair<Sender, Followed>> Copies::next_followed() {
  for (auto& [from, stream] : streams_) {
    if (stream.is_said && stream.unsaid.empty()) continue;
    stream.is_said = true;
    stream.said = stream.taken;
    Followed followed{.stream = stream.id, .taken = stream.taken};
    while (!stream.unsaid.empty() && followed.states.size() < kFollowedStatesMax) {
      const Slot slot = stream.unsaid.front();
      stream.unsaid.pop_front();
      const auto known = stream.states.find(slot);
      if (known == stream.states.end()) continue;
      const bool has = known->second == CopyState::Kind::has;
      followed.states.push_back(
          {.slot = slot, .kind = known->second, .last = has ? keeper_.last(slot) : LastChange{}});
    }
    // Never before what is wrong with a copy.
    if (stream.unsaid.empty()) stream.told = stream.confirmed;
    followed.confirmed = stream.told;
    return std::pair{from, std::move(followed)};
  }
  return std::nullopt;
}

}  // namespace limpet::replica
