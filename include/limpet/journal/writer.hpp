// Writer: turns the changes of one shard into the records of its stream.
//
// Owned by the shard. What it makes is taken in batches and handed to whoever writes; it knows no file. A
// record is the effects of one command on keys of one slot: it is there in whole after a crash, or not at
// all. Only what makes more than kRecordSplitBytes is cut into several.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/journal/version.hpp>
#include <limpet/store/change.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::journal {

class Writer final : public store::ChangeSink {
 public:
  // `nonce` is the stream's, and never used twice. `boot` names this boot in what is known of changes; 0: it
  // has no name.
  explicit Writer(std::uint64_t nonce, std::uint32_t boot = 0);

  // The effects of a command; ended by end_command().
  store::EffectWriter& change_of(Slot slot) override;
  void end_command() {
    if (open_) close();
  }
  // From now on `watch` sees the effects of each record, once it is whole; empty: nobody does.
  using Watch = std::function<void(Slot slot, std::string_view effects)>;
  void set_watch(Watch watch) { watch_ = std::move(watch); }
  // Notes in the stream that it is on the disk up to there.
  void mark(std::uint64_t synced);

  // The records that were made since the last call.
  [[nodiscard]] Bytes take();
  [[nodiscard]] bool empty() const { return batch_.empty(); }

  // The end of the stream so far.
  [[nodiscard]] std::uint64_t position() const { return begin_ + batch_.size(); }
  // Behind the last change of a slot.
  [[nodiscard]] std::uint64_t position_of(Slot slot) const { return slots_[slot].end; }

  // Names this boot; 0: it has no name.
  [[nodiscard]] std::uint32_t boot() const { return boot_; }

  // A change of this slot is likely soon: has what is known of it fetched.
  void prefetch(Slot slot) const { __builtin_prefetch(&slots_[slot], 1); }
  // The same, of what last() says.
  void prefetch_last(Slot slot) const { __builtin_prefetch(&terms_[slot]); }

  // Where the slot's count of changes goes on from, and what its last change was.
  void set_sequence(Slot slot, std::uint64_t sequence) {
    set_sequence(slot, sequence, {.last = {.number = sequence}});
  }
  void set_sequence(Slot slot, std::uint64_t sequence, const SlotVersion& version);
  [[nodiscard]] std::uint64_t sequence(Slot slot) const { return slots_[slot].sequence; }
  [[nodiscard]] SlotVersion version(Slot slot) const;
  [[nodiscard]] LastChange last(Slot slot) const;
  // The next changes of the slot are made at this term.
  void set_term(Slot slot, Term term);
  // A change that its owner made of a slot of which this is a copy, behind all before it, as it stands with
  // the owner.
  void append(Slot slot, const LastChange& made, std::string_view effects);
  // What is there of the slot now is a copy of all changes up to this one, and of terms that ended so. The
  // stream says so at once.
  void copied(Slot slot, LastChange last, const std::vector<LastChange>& ends = {});
  // What is there of the slot, of whomever, becomes this node's own, and its next changes are made at this
  // term. The stream says so at once.
  void goes_on(Slot slot, Term term);

 private:
  void close();
  void seal(Slot slot, std::size_t head_at);
  void write_term(Slot slot, LastChange last);
  void begin_term(Slot slot);
  void look_whether_term_is_due(Slot slot);

  std::uint64_t nonce_;
  std::uint32_t boot_;
  Bytes batch_;
  std::uint64_t begin_ = 0;  // the position of the batch
  std::size_t room_ = 0;     // for the next one
  bool open_ = false;
  Slot slot_ = 0;            // of the open record
  std::size_t head_at_ = 0;  // of the open record, in the batch
  store::EffectWriter effects_;
  struct SlotEnd {
    std::uint64_t sequence = 0;  // of its last change
    std::uint64_t end = 0;       // the position behind it
    bool term_is_due = false;    // the next change is of another term or boot than the last one
  };
  std::vector<SlotEnd> slots_;
  struct SlotTerm {
    SlotVersion version{};    // of the last change, but for its number
    std::uint64_t ahead = 0;  // so much more than the sequence is the number
    Term next{};              // of the next change
    bool is_said = false;     // the stream has a record of the version
  };
  std::vector<SlotTerm> terms_;
  Watch watch_;
};

}  // namespace limpet::journal
