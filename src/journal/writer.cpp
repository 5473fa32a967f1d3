#include <algorithm>
#include <limpet/base/limits.hpp>
#include <limpet/journal/record.hpp>
#include <limpet/journal/writer.hpp>
#include <utility>

namespace limpet::journal {

Writer::Writer(std::uint64_t nonce, std::uint32_t boot)
    : nonce_(nonce), boot_(boot), slots_(kSlots), terms_(kSlots) {
  for (SlotEnd& slot : slots_) slot.term_is_due = boot != 0;
}

store::EffectWriter& Writer::change_of(Slot slot) {
  if (open_ && (slot_ != slot || batch_.size() - head_at_ > kRecordSplitBytes)) close();
  if (!open_) {
    if (slots_[slot].term_is_due) begin_term(slot);
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
  seal(slot_, head_at_);
  if (watch_) watch_(slot_, batch_.view().substr(head_at_ + kRecordHeadBytes));
}

// The record of a change that begins there, and is all that stands behind.
void Writer::seal(Slot of, std::size_t head_at) {
  SlotEnd& slot = slots_[of];
  const Record record{.kind = Record::Kind::change,
                      .slot = of,
                      .sequence = ++slot.sequence,
                      .body = batch_.view().substr(head_at + kRecordHeadBytes)};
  seal_record(batch_.data() + head_at, record, nonce_, begin_ + head_at);
  slot.end = position();
}

void Writer::append(Slot slot, const LastChange& made, std::string_view effects) {
  end_command();
  const LastChange before{made.term, made.number - 1, made.boot};
  const SlotTerm& known = terms_[slot];
  if (made.term.cessions > known.version.cessions) {
    for (const LastChange& each : history_gone_on(version(slot), before)) write_term(slot, each);
  } else if (!known.is_said || !same_term_and_boot(known.version.last, made)) {
    write_term(slot, before);
  }
  const std::size_t head_at = batch_.size();
  batch_.extend(kRecordHeadBytes);
  batch_.append(effects);
  seal(slot, head_at);
}

// ---- Terms ----

void Writer::set_sequence(Slot slot, std::uint64_t sequence, const SlotVersion& version) {
  slots_[slot].sequence = sequence;
  terms_[slot] = {.version = version, .ahead = version.last.number - sequence, .next = version.last.term};
  look_whether_term_is_due(slot);
}

LastChange Writer::last(Slot slot) const {
  LastChange last = terms_[slot].version.last;
  last.number = slots_[slot].sequence + terms_[slot].ahead;
  return last;
}

SlotVersion Writer::version(Slot slot) const {
  SlotVersion version = terms_[slot].version;
  version.last = last(slot);
  return version;
}

void Writer::set_term(Slot slot, Term term) {
  if (open_ && slot_ == slot) close();
  terms_[slot].next = term;
  look_whether_term_is_due(slot);
}

void Writer::look_whether_term_is_due(Slot slot) {
  const SlotTerm& known = terms_[slot];
  slots_[slot].term_is_due = !same_term_and_boot({.term = known.next, .boot = boot_}, known.version.last);
}

// The ends, where there are any on either side, are another copy's, whatever was there before.
void Writer::copied(Slot slot, LastChange last, const std::vector<LastChange>& ends) {
  end_command();
  if (ends.empty()) {
    write_term(slot, last);
    if (terms_[slot].version.ends.empty()) return;
  }
  for (const LastChange& each : history_anew(last.term.cessions, ends, last)) write_term(slot, each);
}

void Writer::goes_on(Slot slot, Term term) {
  end_command();
  SlotTerm& known = terms_[slot];
  const std::uint64_t sequence = ++slots_[slot].sequence;
  append_number_record(batch_, {.kind = Record::Kind::goes_on, .slot = slot, .sequence = sequence},
                       term.cessions, nonce_, position());
  --known.ahead;  // it is no change
  go_on_at(known.version, term.cessions);
  set_term(slot, term);
}

void Writer::begin_term(Slot slot) { write_term(slot, {terms_[slot].next, last(slot).number, boot_}); }

// REQUIRES: no record is open.
void Writer::write_term(Slot slot, LastChange last) {
  SlotTerm& known = terms_[slot];
  known.version.last = this->last(slot);
  append_term_record(batch_, slot, ++slots_[slot].sequence, last, nonce_, position());
  advance(known.version, last);
  known.ahead = last.number - slots_[slot].sequence;
  known.is_said = true;
  look_whether_term_is_due(slot);
}

void Writer::mark(std::uint64_t synced) {
  end_command();
  append_number_record(batch_, {.kind = Record::Kind::mark}, synced, nonce_, position());
}

Bytes Writer::take() {
  end_command();
  begin_ += batch_.size();
  // For as much as the largest of the last ones, and a little more.
  room_ = std::min(std::max(batch_.size() + batch_.size() / 4, room_ - room_ / 32), kChangesKeptBytes);
  Bytes next;
  next.reserve(room_);
  return std::exchange(batch_, std::move(next));
}

}  // namespace limpet::journal
