// Feed: what a shard sends to one shard of another node, of the slots that are followed there.
//
//   of a slot:  asked --has all--------------------------------> following
//                 | --has some, the rest is in the log--> replayed --^
//                 | --anything else--> waiting --> copied -----------^
//                 +--no--> left, and asked again later
//
// A stream lasts as long as the connection that carries it, and begins with a question for every slot; so
// nothing has to be known of what was lost with the one before. What the follower has is told by numbers:
// what it has all of is in the change log behind that goes out from there, what it has not is copied. One
// slot is copied at a time, and its changes meanwhile go out in between.
//
//      log:  | ....... replay_ -> ........... next_ -> | end()
//              for slots that are replayed     for those that follow, or are copied
//
// Whoever follows is counted on once it has confirmed that it has what its owner had when the slot began to
// follow: joined(). It is out with the connection, or with what is wrong with its copy: left().
//
// Owned by a shard, on its thread. It knows no link, no clock and no reply.
#pragma once

#include <cstdint>
#include <deque>
#include <limpet/base/bytes.hpp>
#include <limpet/base/last_change.hpp>
#include <limpet/base/lsn.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/replica/change_log.hpp>
#include <limpet/replica/entry.hpp>
#include <limpet/replica/followed.hpp>
#include <limpet/replica/own_slots.hpp>
#include <limpet/store/change.hpp>
#include <limpet/store/slot_copy.hpp>
#include <limpet/store/store.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::replica {

class Feed final : private store::ChangeSink {
 public:
  enum class State : std::uint8_t {
    none,       // it is not followed there
    left,       // it is to be, and is not: nobody has been asked, or it said no
    parted,     // the same: what is there is not of this history, and may be worth more
    asked,      // what is there of it?
    replayed,   // the changes since come out of the log
    waiting,    // for the copy of others
    copied,     // its copy is under way
    following,  // all changes go out as they happen
  };
  struct Piece {
    std::uint64_t at = 0;  // of the stream, where it begins
    std::string_view bytes{};
  };

  // Of slots of this shard of the owner, which has so many. Log and slots outlive it.
  Feed(const ChangeLog& log, const OwnSlots& own, unsigned shard, unsigned shards);

  // ---- Which slots ----
  void follow(Slot slot);
  void unfollow(Slot slot);
  // All copies of the slot that there are to be are there: one that is found there is not needed. REQUIRES:
  // it is not followed.
  void spare(Slot slot);

  // ---- What happens ----
  // A connection is there. `stream` names what is sent over it; a later one has a greater name.
  void begin(std::uint64_t stream);
  // It is gone, or is not to be counted on any more.
  void end();
  // The follower says so. False: that cannot be.
  [[nodiscard]] bool heard(const Followed& followed);
  // The log has been told of more, or it is time to go on with what is not finished. Makes about so many
  // bytes, as far as there is credit.
  void go_on(std::size_t most);
  // Copies on, about so many bytes; returns how many. REQUIRES: a CopyScope has lived since before the copy
  // began.
  std::uint64_t copy_on(store::Store& store, std::size_t most);
  // Those that had left are asked for again.
  void ask_again();

  // ---- What to do ----
  // The next bytes to be sent; valid until the next call, and sent by then.
  [[nodiscard]] std::optional<Piece> next_piece();
  [[nodiscard]] std::uint64_t stream() const { return stream_; }
  // Since the last call.
  [[nodiscard]] std::vector<Slot> take_joined() { return std::exchange(joined_, {}); }
  [[nodiscard]] std::vector<Slot> take_left() { return std::exchange(left_, {}); }
  // Since the last call: what is wrong with a copy, so that the stream has ended; one has parted.
  struct Troubles {
    std::optional<CopyState::Kind> wrong{};
    bool parted = false;
  };
  [[nodiscard]] Troubles take_troubles() { return std::exchange(troubles_, {}); }

  // The next change of the slot is likely soon.
  void prefetch(Slot slot) const { __builtin_prefetch(&slots_[index(slot)]); }

  // ---- To see ----
  [[nodiscard]] State state(Slot slot) const { return slots_[index(slot)].state; }
  // Everything up to there that the follower is to have it has confirmed.
  [[nodiscard]] Lsn confirmed() const { return covered_; }
  // Something has been made that is not confirmed yet; how much is.
  [[nodiscard]] bool awaits() const { return open_ && confirmed_ < made(); }
  [[nodiscard]] std::uint64_t confirmed_bytes() const { return confirmed_; }
  // There are changes to be sent, and credit for them.
  [[nodiscard]] bool can_go_on() const { return open_ && has_credit() && (replay_ || next_ < log_.end()); }
  [[nodiscard]] bool can_copy() const {
    return open_ && has_credit() && !waiting_.empty() && next_ == log_.end();
  }
  // Of the log, what has not been looked at for what is to be sent.
  [[nodiscard]] std::uint64_t unsent() const { return open_ ? log_.end() - next_ : 0; }
  // What the follower has not confirmed, in bytes of the log and of the stream; of one that is away, what has
  // been changed since, of whichever slots.
  [[nodiscard]] std::uint64_t behind() const {
    return open_ ? log_.end() - next_ + made() - confirmed_ : log_.end() - away_since_;
  }
  // The log has forgotten what is to be sent next: the follower is too far behind, and is to begin anew.
  [[nodiscard]] bool is_lost() const { return open_ && next_ < log_.begin(); }

 private:
  struct SlotFeed {
    State state = State::none;
    bool counts = false;         // joined, and not left
    std::uint64_t asked_at = 0;  // of the stream, behind the last question
    std::uint64_t number = 0;    // of the last change that is there, or on the way there
    ChangeLog::Cursor from = 0;  // of those that are replayed nothing before it is of this history
    bool was_full = false;       // where changes were replayed last: a copy may need less
  };
  struct Mark {
    std::uint64_t at = 0;  // once the stream is confirmed up to there
    Lsn lsn = 0;           // ... the follower has all up to here
  };
  struct Join {
    std::uint64_t at = 0;  // the same
    Slot slot = 0;
  };

  [[nodiscard]] std::size_t index(Slot slot) const { return slot / shards_; }
  [[nodiscard]] SlotFeed& at(Slot slot) { return slots_[index(slot)]; }
  template <class Visit>
  void each_followed(Visit visit) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].state != State::none) visit(static_cast<Slot>(i * shards_ + shard_));
    }
  }
  store::EffectWriter& change_of(Slot slot) override;
  [[nodiscard]] std::uint64_t made() const { return sent_ + out_.size(); }
  [[nodiscard]] bool has_credit() const { return made() - taken_ < kFollowCreditBytes; }
  void ask(Slot slot);
  void leave(Slot slot, State state);
  // ---- What comes of an answer ----
  void hears(const CopyState& state);
  void hears_what_is_wrong(const CopyState& state);
  void hears_of(Slot slot, const LastChange& last);
  void follows(Slot slot, std::uint64_t number);
  void join();
  // ---- From the log ----
  void replay(std::uint64_t until);
  void end_replay(State then);
  void send_changes(std::uint64_t until);
  template <class Wanted>
  [[nodiscard]] std::size_t pass_on(std::string_view entries, std::uint64_t until, std::size_t most,
                                    Wanted is_wanted);
  [[nodiscard]] static bool is_new(SlotFeed& slot, const Glance& entry);
  void mark();
  void end_copy(Slot slot);

  const ChangeLog& log_;
  const OwnSlots& own_;
  unsigned shard_;
  unsigned shards_;
  std::vector<SlotFeed> slots_;  // by index()

  bool open_ = false;
  std::uint64_t stream_ = 0;
  Bytes out_;               // of the stream, not sent yet
  std::size_t given_ = 0;   // of it, being sent
  std::uint64_t sent_ = 0;  // bytes of the stream
  std::uint64_t taken_ = 0;
  std::uint64_t confirmed_ = 0;
  std::deque<Mark> marks_;
  std::deque<Join> joins_;
  Lsn covered_ = 0;   // by what is confirmed
  Lsn next_lsn_ = 0;  // by what stands before next_

  ChangeLog::Cursor away_since_ = log_.end();  // about, where it is not open
  ChangeLog::Cursor next_ = 0;                 // of those that follow or are copied
  std::optional<ChangeLog::Cursor> replay_;    // of those that are replayed
  std::deque<Slot> waiting_;                   // for their copies; that of the first may be under way
  std::optional<store::SlotCopy> copy_;
  std::size_t run_at_ = 0;
  store::EffectWriter effects_;

  std::vector<Slot> joined_;
  std::vector<Slot> left_;
  Troubles troubles_;
};

}  // namespace limpet::replica
