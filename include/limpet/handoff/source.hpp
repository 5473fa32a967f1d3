// Source: gives one slot to another node, while its sessions are used.
//
//     asking --ready--> copying --little is left--> frozen --prepared--> ceding --on the disk--> granting
//       |                  |                          |                                            |
//       +------------------+----- refused, late ------+---> failed                        owned -> done
//
// The sessions go out as one stream (slot_stream.hpp), or the target has a copy of them (target_copy.hpp).
// When the copy is whole and little is left to send, the slot is frozen: commands for it wait, the rest goes
// out, and the target says when it has all of it on its disk. Then the title says that the slot is ceded;
// from there on it cannot fail, and the grant is repeated until it has been heard. After a restart the target
// asks for it.
//
// Owned by the shard that holds the slot, on its thread. It knows no link and no disk: its user sends what
// next() says, brings the answers, writes titles and says when. Until state() is ceding the user may drop it
// at any time: then nothing has happened.
#pragma once

#include <cstdint>
#include <limpet/base/limits.hpp>
#include <limpet/base/time.hpp>
#include <limpet/handoff/message.hpp>
#include <limpet/handoff/pace.hpp>
#include <limpet/handoff/slot_stream.hpp>
#include <limpet/handoff/title.hpp>
#include <limpet/store/store.hpp>
#include <optional>
#include <string>

namespace limpet::handoff {

class Source {
 public:
  enum class State : std::uint8_t { asking, copying, frozen, ceding, granting, done, failed };

  // REQUIRES: this node owns the slot at `term`, and has not used `migration` before.
  // `sync_ms`: how long syncs take on the other node, if that is known. `onto_copy`: it has a copy, and is
  // sent the changes by others until the slot is frozen.
  Source(Slot slot, Member to, const Migration& migration, Term term, std::uint64_t epoch, Now now,
         std::optional<std::uint64_t> sync_ms = std::nullopt, bool onto_copy = false);

  // ---- What happens ----
  // The slot has changed. One that is told once it is frozen would be missing at the target, so it ends the
  // try; after the commit there must be none.
  void changed(std::string_view effects);
  // Copies on, as far as there is room for it: about `most` bytes, and a step more. REQUIRES:
  // A store::CopyScope lives while copies() is true.
  void copy_on(store::Store& store, Now now, std::uint64_t most = Pace::kUnlimited);
  // An answer came, or none will. What belongs to no question of this try is ignored.
  void heard(const Message& answer, Now now);
  void unheard(Kind question, const std::string& why, Now now);
  // It is not worth going on; too late once it is ceding.
  void give_up(const std::string& why);
  // title() is on the disk. REQUIRES: state() is ceding.
  void written(Now now);
  // It is not, for certain, and will not be. REQUIRES: state() is ceding.
  void withdrawn(const std::string& why) { fail(why); }
  void tick(Now now);

  // ---- What to do ----
  // The next message to be sent; `rest` is valid until the next call. Call again until there is none.
  [[nodiscard]] std::optional<Message> next(Now now);
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool copies() const { return state_ == State::copying && !copied(); }
  // There is something to copy, and room for it.
  [[nodiscard]] bool can_copy() const { return copies() && stream_.waiting() < kHandoffAheadBytes; }
  [[nodiscard]] bool copied() const { return stream_.copied(); }  // the store need not be told of it any more
  // Commands for the slot wait.
  [[nodiscard]] bool frozen() const { return state_ == State::frozen || state_ == State::ceding; }
  // So much was changed that they wait until it has gone.
  [[nodiscard]] bool behind() const { return state_ == State::copying && stream_.is_behind(); }
  // What to write once state() is ceding.
  [[nodiscard]] SlotTitle title() const;
  // To be sent once if it failed or is dropped, so that the other side need not wait.
  [[nodiscard]] Message abort() const { return message(Kind::abort); }
  // Why it failed.
  [[nodiscard]] const std::string& why() const { return why_; }
  // It failed for the slot's own sake: others may go to that node.
  [[nodiscard]] bool of_the_slot() const { return of_the_slot_; }

  // ---- To see ----
  [[nodiscard]] Slot slot() const { return slot_; }
  [[nodiscard]] Member to() const { return to_; }
  [[nodiscard]] const Migration& migration() const { return migration_; }
  // Does this message, from that node or about it, belong to this try?
  [[nodiscard]] bool is_of(Member node, const Message& message) const {
    return node == to_ && message.migration == migration_ && message.term == term_;
  }
  // The other side takes where earlier terms ended: it is of 0.3.0 or later.
  [[nodiscard]] bool takes_ends() const { return takes_ends_; }
  [[nodiscard]] std::int64_t granting_ms() const { return granting_ms_; }  // since when, by the steady clock
  [[nodiscard]] std::uint64_t bytes() const { return stream_.bytes(); }    // of the stream so far
  // How long commands waited, until the other served them. REQUIRES: state() is done.
  [[nodiscard]] std::int64_t held_ms() const { return done_ms_ - frozen_ms_; }

 private:
  void freeze_if_little_is_left(Now now);
  void fail(std::string why, bool of_the_slot = false);
  [[nodiscard]] Message message(Kind kind) const;
  [[nodiscard]] std::optional<Message> next_piece(Now now);
  [[nodiscard]] std::optional<Message> sign_of_life(Now now);
  [[nodiscard]] bool copy_is_there() const { return state_ == State::copying && stream_.copy_is_there(); }
  [[nodiscard]] bool must_settle() const;

  Slot slot_;
  Member to_;
  Migration migration_;
  Term term_;  // at which this node owns it, or did
  std::uint64_t epoch_ = 0;
  bool onto_copy_;
  State state_ = State::asking;
  std::string why_;
  bool of_the_slot_ = false;
  bool takes_ends_ = false;

  bool asked_ = false;     // the question of this state is under way
  bool finished_ = false;  // finish was sent
  bool settled_ = false;   // the copy is on the disk there
  std::optional<std::uint64_t> sync_ms_;
  std::int64_t settle_ms_ = 0;  // settle was asked first, and last; 0: it was not
  std::int64_t settle_asked_ms_ = 0;
  std::int64_t finish_asked_ms_ = 0;
  bool signed_ = false;         // a sign of life is under way
  std::int64_t since_ms_;       // a sign of progress
  std::int64_t frozen_ms_ = 0;  // since when
  std::int64_t granting_ms_ = 0;
  std::int64_t done_ms_ = 0;
  std::int64_t granted_ms_ = 0;  // the last grant was sent

  SlotStream stream_;
};

}  // namespace limpet::handoff
