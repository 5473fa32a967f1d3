// HandOvers: all hand-overs of one shard: what it gives away and what it receives, and what is to be sent,
// written and served for that.
//
// It compares what the cluster file in force says with the titles that the shard holds, and gives slots away
// that should be another's, a few at a time; it takes in what others give it. What the world has to do about
// that goes out as wishes, what the world did comes back as events.
//
// Owned by the shard, on its thread; it knows no link and no disk. What its user does:
//   - tells of questions and answers that came, of a new view, of time (tick());
//   - tells of every change of a slot that is_given(), before it tells of anything else; while the slot is to
//     be held it changes nothing of it;
//   - calls go_on() for as long as can_copy(), which any event may make true;
//   - then drains wishes(): sends questions and answers; writes titles, in their order, those with
//     `after_data` once all changes of the store so far are on the disk, and reports each with written() or
//     not_written(); serves, holds, passes on and refuses slots.
#pragma once

#include <cstdint>
#include <limpet/base/time.hpp>
#include <limpet/handoff/message.hpp>
#include <limpet/handoff/moment.hpp>
#include <limpet/handoff/moved.hpp>
#include <limpet/handoff/numbering.hpp>
#include <limpet/handoff/pace.hpp>
#include <limpet/handoff/retries.hpp>
#include <limpet/handoff/slot_mode.hpp>
#include <limpet/handoff/source.hpp>
#include <limpet/handoff/sync_time.hpp>
#include <limpet/handoff/target.hpp>
#include <limpet/handoff/title.hpp>
#include <limpet/handoff/unfinished.hpp>
#include <limpet/handoff/window.hpp>
#include <limpet/store/store.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::handoff {

// No member: the view places the slot nowhere.
inline constexpr Member kNobody = 0xffff;

// What a cluster file says, by the members' numbers.
struct HandOverView {
  std::uint64_t epoch = 0;
  std::vector<Member> owners;  // by slot
  // For the log: how nodes are called, and why slots go to them that are held by another.
  std::vector<std::string> names{};        // by member
  std::map<Member, std::string> causes{};  // of those that are to get some
};

class HandOvers {
 public:
  struct Question {
    Member to = 0;
    Slot slot = 0;
    Bytes body;
  };
  struct Answer {
    std::uint64_t ticket = 0;  // of the question
    Bytes body;
  };
  struct Write {
    Slot slot = 0;
    SlotTitle title;
    bool after_data = false;
    Kind lets{};  // the message that leaves once it is written, if it is a step of a hand-over
  };
  struct Turn {
    SlotMode kind;
    Slot slot;
    Member to = kNobody;
  };
  struct Note {
    bool went_well;
    std::string text;
    std::optional<Moved> moved = {};
  };
  struct Wishes {
    std::vector<Question> questions;
    std::vector<Answer> answers;
    std::vector<Write> writes;
    std::vector<Slot> syncs;  // what the store has of them by now is to be on the disk: settled()
    std::vector<Turn> turns;
    std::vector<Note> notes;  // for the log: each end of a hand-over
  };
  struct Progress {
    std::size_t to_give = 0;  // slots that should be another's, those on their way included
    std::size_t giving = 0;
    std::size_t receiving = 0;
    std::uint64_t given_total = 0;
    std::uint64_t received_total = 0;
    std::uint64_t failed_total = 0;    // tries
    std::uint64_t sessions_total = 0;  // given
    std::uint64_t bytes_total = 0;     // of what was given
    std::uint64_t sent_total = 0;      // bytes, those of tries that failed and of slots on their way included
    std::uint64_t took_ms_total = 0;   // from begin to end, in sum over the slots given
    std::uint64_t held_ms_total = 0;   // commands waited so long, in sum over the slots given
    std::uint64_t held_ms_max = 0;
    std::string last_failure;  // of a try, unless one has gone well since
  };

  // Of the shard whose slots are `shard`, `shard` + `shards` and so on. `titles`: by slot, of the whole node;
  // what belongs to this shard's is in the store. `boot` was never used before. The store outlives this.
  HandOvers(Member self, std::uint64_t boot, unsigned shards, unsigned shard,
            const std::vector<SlotTitle>& titles, store::Store& store, Now now);
  HandOvers(const HandOvers&) = delete;
  HandOvers& operator=(const HandOvers&) = delete;

  // Who is told of each moment, for tests.
  void set_passing(Passing passes) { passes_ = std::move(passes); }
  // Who counts the changes of slots.
  void set_numbering(Numbering numbers) { numbers_ = std::move(numbers); }

  // ---- What happens ----
  void set_view(HandOverView view, Now now);
  // What is given away is copied so fast at most, in bytes per second; 0: without a limit.
  void set_rate(std::uint64_t rate, Now now) { pace_.set_rate(rate, now); }
  // Has the shard served clients of late? Then slots leave it room to.
  void set_serving(bool serving) { window_.set_serving(serving); }
  // What the store has of the slot is not whole yet, and is: until then it is neither given nor received.
  void set_ready(Slot slot, bool ready);
  // The node has just started and has not heard the others yet: it receives and is granted nothing.
  void set_listening(bool listens) { listens_ = listens; }
  // It is this node's by its disk, and it does not serve it yet: what it once gave is not certain. Ends by
  // itself when the title is written.
  void set_undecided(Slot slot, bool undecided) { undecided_[slot] = undecided; }
  // Whether it is this node's is not certain yet, so that it is not given away.
  void hold_back(Slot slot, bool held) { held_back_[slot] = held; }
  // Nobody has ever held this slot: this node takes it, at term 1. False: not now.
  bool claim(Slot slot);
  // Whoever holds it is gone for good: this node takes it, at this term. `whole`: it goes on with what it had
  // given to the one that is gone, or was promised by it; else it begins empty. `not_now`: it is busy with
  // the slot, has had to do with a later term, or nothing can be written.
  enum class Heritage : std::uint8_t { not_now, empty, whole };
  Heritage inherit(Slot slot, Term term, bool whole);
  // It has ceded the slot to that node, which has not said yet that it has it: the copy is still here.
  [[nodiscard]] bool grants_to(Slot slot, Member to) const;
  // It was promised the slot by that node, which owned it at `term` then: all that there was of it is here.
  [[nodiscard]] bool promised_by(Slot slot, Member by, Term term) const;
  // Another node asks; every question is answered, by its ticket.
  void asked(Member from, Slot slot, std::string_view body, std::uint64_t ticket, Now now);
  // An answer to a question of this shard, or why there will be none; `question` is what was sent.
  void answered(Member from, Slot slot, std::string_view body, Now now);
  void unanswered(Slot slot, std::string_view question, const std::string& why, Now now);
  // Another node holds the slot, at this term: what was promised of an earlier one will never be granted, and
  // what is there of a slot that this node has never held is nothing.
  void overtaken(Slot slot, Term term, Now now);
  // Somebody knows that this node holds the slot, at this term. Nobody says so before it is ceded: if it was
  // promised the slot at the term before, it is its own, though whoever gave it may have forgotten that.
  void is_known_as_its(Slot slot, Term term);
  // That node itself says that it serves the slot at this term.
  void goes_on(Member giver, Slot slot, Term term, Now now);
  // Another node holds the slot of which this node has a title, and this one gives way (owners.hpp); or this
  // node has, at a term that its disk has forgotten. The title is given up; what is there of the slot is
  // dropped once that is on the disk, if another holds it. False: not now.
  bool superseded(Slot slot, Member by, Term term, Now now);
  // This node's last start was giving the slot to another, who has more of it than this one: that is ended,
  // so the slot is that node's, as its asking will tell it. False: not now.
  bool complete(Slot slot, const Unfinished::Offer& offer);
  // The slot has changed, for whatever reason but a hand-over. REQUIRES: is_given(slot).
  void changed(Slot slot, std::string_view effects);
  // The title of this slot that was to be written is on the disk; or it may be or not, and no other will be.
  void written(Slot slot, Now now);
  void not_written(Slot slot, const std::string& why, Now now);
  // It is not on the disk, for want of room, and others may be.
  void no_room(Slot slot, const std::string& why, Now now);
  // As was wished for, it is.
  void settled(Slot slot, Now now);
  void tick(Now now);
  // The node stops: nothing is given or taken any more, and what is not decided is given up.
  void stop(Now now);
  // Copies some more, for no longer than a turn may take.
  void go_on(Now now);
  [[nodiscard]] bool can_copy() const;

  // ---- What to do ----
  [[nodiscard]] Wishes& wishes() { return wishes_; }

  // ---- To see ----
  // REQUIRES: the slot is this shard's.
  [[nodiscard]] const SlotTitle& title(Slot slot) const { return titles_[slot / shards_]; }
  [[nodiscard]] bool gives() const { return !giving_.empty(); }
  [[nodiscard]] bool is_given(Slot slot) const { return !giving_.empty() && giving_.contains(slot); }
  // What this node was promised of the slot, or what it is about to promise.
  [[nodiscard]] std::optional<Promise> promise(Slot slot) const;
  // Titles are written, now or once there is room. False: none will be in this life of the node.
  [[nodiscard]] bool writes_titles() const { return trouble_.empty(); }
  // Its title is this node's, and its commands need not wait.
  [[nodiscard]] bool serves(Slot slot) const;
  [[nodiscard]] Progress progress() const;
  // In the slots that are to be given. Looks at each of them.
  [[nodiscard]] std::uint64_t sessions_to_give() const;

 private:
  struct Giving {
    Giving(Slot slot, Member to, const Migration& migration, Term term, std::uint64_t epoch,
           std::string cause, Now now, std::optional<std::uint64_t> sync_ms)
        : source(slot, to, migration, term, epoch, now, sync_ms),
          why(std::move(cause)),
          began_ms(now.steady_ms) {}
    Source source;
    std::string why;  // for the log
    std::int64_t began_ms;
    bool copying = true;   // the store was told so
    bool frozen = false;   // the store was told so
    bool holding = false;  // commands were told to wait
    bool writing = false;
    bool unheard = false;  // it was noted that nobody answers the grant
  };
  struct Receiving {
    Target target;
    std::int64_t began_ms;
    std::optional<std::uint64_t> ticket;  // of the question that waits for a title to be written
    bool writing = false;
    bool holding = false;                                   // commands were told to wait here
    bool known_as_its = false;                              // others know that it was ceded
    std::optional<LastChange> last{};                       // in what is received, once that is known
    std::optional<std::int64_t> settles_ms = std::nullopt;  // since when it is being synced
  };

  // ---- giving.cpp ----
  void give_more(Now now);
  void give(Slot slot, Member to, Now now);
  void look_after(Giving& giving, Now now);  // may end it
  void hold(Giving& giving);
  void given_up(Giving& giving, Now now);
  void given(Giving& giving, Now now);
  void stop_copying(Giving& giving);
  [[nodiscard]] std::size_t under_way(Now now) const;
  [[nodiscard]] std::string name_of(Member member) const;
  [[nodiscard]] std::string why_to(Member member) const;

  // ---- receiving.cpp ----
  void begin(Member from, Slot slot, const Message& message, std::uint64_t ticket, Now now);
  [[nodiscard]] std::string why_none(Slot slot, const Message& message) const;
  [[nodiscard]] std::string why_not(Slot slot, const Message& message) const;
  void look_after(Receiving& receiving, Now now);  // may end it
  void received(Receiving& receiving, Now now);
  void hold(Receiving& receiving);
  void end_waiting(Receiving& receiving, const std::string& why);
  void claimed(Slot slot);
  void note_copied(const Receiving& receiving);
  void ceded_long_ago(Giving& giving);
  void give_up_all(Now now);
  void write_again();
  [[nodiscard]] bool has_room() const { return now_ms_ >= no_room_ms_; }

  void pass(Step step, Kind kind) const {
    if (passes_) passes_(step, kind);
  }
  void ask(Member to, Slot slot, const Message& message);
  void answer(std::uint64_t ticket, const Message& message);
  [[nodiscard]] bool may_part_with(Slot slot) const;
  void write(Slot slot, const SlotTitle& title, Kind lets = {});
  void set_title(Slot slot, const SlotTitle& title) { titles_[slot / shards_] = title; }
  [[nodiscard]] bool mine(unsigned slot) const { return slot < kSlots && slot % shards_ == shard_; }

  Member self_;
  std::uint64_t boot_;
  std::uint64_t attempts_ = 0;
  unsigned shards_;
  unsigned shard_;
  store::Store& store_;
  std::vector<SlotTitle> titles_;  // of this shard's slots
  Passing passes_;                 // may be none
  Numbering numbers_;              // may be none
  std::string trouble_;            // why no title can be written any more
  bool listens_ = false;
  std::string no_room_why_;  // or for now, until
  std::int64_t no_room_ms_ = 0;
  std::vector<Slot> again_;      // of writes_, that found no room
  std::vector<bool> unready_;    // by slot
  std::vector<bool> held_back_;  // by slot
  std::vector<bool> undecided_;  // by slot
  HandOverView view_;
  Pace pace_;
  Window window_;
  std::map<Slot, Giving> giving_;
  std::map<Slot, Receiving> receiving_;
  struct Writing {
    SlotTitle title;
    Kind lets;
    std::int64_t began_ms;
  };
  std::map<Slot, Writing> writes_;  // under way; one for a slot at most
  Retries retries_;
  SyncTime sync_time_;
  std::map<Member, std::uint64_t> sync_times_;  // of others, in ms, as they said
  std::int64_t now_ms_ = 0;                     // of the last event
  std::vector<Slot> to_give_;  // what the view gives to others of what is owned, and is not on its way
  Slot next_copy_ = 0;         // whose turn it is
  Wishes wishes_;
  Progress sum_;
};

}  // namespace limpet::handoff
