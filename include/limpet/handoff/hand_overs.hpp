// HandOvers: all hand-overs of one shard: what it gives away and what it receives, and what is to be sent,
// written and served for that.
//
// It compares what the cluster file in force says with the titles that the shard holds, and gives slots away
// that should be another's, a few at a time; it takes in what others give it. What the world has to do about
// that goes out as wishes, what the world did comes back as events.
//
// Three machines do the work, and know nothing of each other: the ledger has the titles (title_ledger.hpp),
// one gives slots away (outgoing.hpp), one receives them (incoming.hpp). This tells them what concerns them,
// takes what they want written to the ledger, and decides what concerns more than one: who takes a slot
// otherwise than by a hand-over, and what a title that is on the disk means.
//
// Owned by the shard, on its thread; it knows no link and no disk. What its user does:
//   - tells of questions and answers that came, of a new view, of time (tick());
//   - tells of every change of a slot that is_moving_out(), before it tells of anything else; while the slot
//   is to
//     be held it changes nothing of it;
//   - calls go_on() for as long as can_copy(), which any event may make true;
//   - then drains wishes(): sends questions and answers; writes titles, in their order, those with
//     `after_data` once all changes of the store so far are on the disk, and reports each with written() or
//     not_written(); serves, holds, passes on and refuses slots.
#pragma once

#include <cstdint>
#include <limpet/base/time.hpp>
#include <limpet/handoff/actions.hpp>
#include <limpet/handoff/crash_point.hpp>
#include <limpet/handoff/hand_over_view.hpp>
#include <limpet/handoff/incoming.hpp>
#include <limpet/handoff/message.hpp>
#include <limpet/handoff/numbering.hpp>
#include <limpet/handoff/outgoing.hpp>
#include <limpet/handoff/progress.hpp>
#include <limpet/handoff/target_copy.hpp>
#include <limpet/handoff/title.hpp>
#include <limpet/handoff/title_ledger.hpp>
#include <limpet/handoff/unfinished.hpp>
#include <limpet/store/store.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::handoff {

class HandOvers {
 public:
  struct Wishes {
    std::vector<Question> questions;
    std::vector<Answer> answers;
    std::vector<WantedTitle> writes;
    std::vector<Slot> syncs;  // what the store has of them by now is to be on the disk: settled()
    std::vector<ModeChange> modes;
    std::vector<MoveNote> notes;
    bool any = false;

    // Asked behind every command and frame, and so one look.
    [[nodiscard]] bool empty() const { return !any; }
  };
  // Of the shard whose slots are `shard`, `shard` + `shards` and so on. `titles`: by slot, of the whole node;
  // what belongs to this shard's is in the store. `boot` was never used before. The store outlives this.
  HandOvers(Member self, std::uint64_t boot, unsigned shards, unsigned shard,
            const std::vector<SlotTitle>& titles, store::Store& store, Now now);

  // Who is told of each moment, for tests.
  void set_crash_hook(CrashHook hook);
  // Who counts the changes of slots. `keeps_copies`: sessions of slots that others own are copies of these,
  // and stay.
  void set_numbering(Numbering numbers, bool keeps_copies = false);
  // Who knows what others have of the slots of this node.
  void set_target_copies(AskTargetCopy ask) { outgoing_.set_target_copies(std::move(ask)); }

  // ---- What happens ----
  void set_view(HandOverView view, Now now);
  // What is given away is copied so fast at most, in bytes per second; 0: without a limit.
  void set_rate(std::uint64_t rate, Now now) { outgoing_.set_rate(rate, now); }
  // What the store has of the slot is not whole yet, and is: until then it is neither given nor received.
  void set_ready(Slot slot, bool ready);
  // The node has just started and has not heard the others yet: it receives and is granted nothing.
  void set_startup_grace(bool on) { incoming_.set_startup_grace(on); }
  // It is this node's by its disk, and it does not serve it yet: what it once gave is not certain. Ends by
  // itself when the title is written.
  void set_undecided(Slot slot, bool undecided) { ledger_.set_undecided(slot, undecided); }
  // Whether it is this node's is not certain yet, so that it is not given away.
  void hold_back(Slot slot, bool held) { outgoing_.hold_back(slot, held); }
  // Nobody has ever held this slot: this node takes it, at term 1. False: not now.
  bool claim(Slot slot);
  // Whoever holds it is gone for good: this node takes it, at this term. `whole`: it goes on with what is
  // here: it has given it to the one that is gone, was promised it, or has a copy; else it begins empty.
  // `not_now`: it is busy with the slot, has had to do with a later term, or nothing can be written.
  enum class Heritage : std::uint8_t { not_now, empty, whole };
  Heritage inherit(Slot slot, Term term, bool whole);
  // It has ceded the slot to that node, which has not said yet that it has it: the copy is still here.
  [[nodiscard]] bool grants_to(Slot slot, Member to) const { return outgoing_.is_granting(slot, to); }
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
  void is_known_as_its(Slot slot, Term term) { incoming_.is_known_as_its(slot, term); }
  // That node itself says that it serves the slot at this term.
  void goes_on(Member giver, Slot slot, Term term, Now now);
  // Another node holds the slot of which this node has a title, and this one gives way (owners.hpp); or this
  // node has, at a term that its disk has forgotten. The title is given up; what is there of the slot is
  // dropped once that is on the disk, if another holds it. False: not now.
  bool superseded(Slot slot, Member by, Term term, Now now);
  // This node's last start was giving the slot to another, who has more of it than this one: that is ended,
  // so the slot is that node's, as its asking will tell it. False: not now.
  bool complete(Slot slot, const Unfinished::Offer& offer);
  // The slot has changed, for whatever reason but a hand-over. REQUIRES: is_moving_out(slot).
  void changed(Slot slot, std::string_view effects) { outgoing_.changed(slot, effects); }
  // The title of this slot that was to be written is on the disk; or it may be or not, and no other will be.
  void written(Slot slot, Now now);
  void not_written(Slot slot, const std::string& why, Now now);
  // It is not on the disk, for want of room, and others may be.
  void no_room(Slot slot, const std::string& why, Now now);
  // As was wished for, it is.
  void settled(Slot slot, Now now);
  // `serving`: the shard has served clients of late, and slots leave it room to.
  void tick(Now now, bool serving = false);
  // The node stops: nothing is given or taken any more, and what is not decided is given up.
  void stop(Now now);
  // Copies some more, for no longer than a turn may take.
  void go_on(Now now);
  [[nodiscard]] bool can_copy() const { return outgoing_.can_copy(); }

  // ---- What to do ----
  [[nodiscard]] Wishes& wishes() { return wishes_; }

  // ---- To see ----
  // REQUIRES: the slot is this shard's.
  [[nodiscard]] const SlotTitle& title(Slot slot) const { return ledger_.title(slot); }
  [[nodiscard]] bool gives() const { return !outgoing_.empty(); }
  [[nodiscard]] bool is_moving_out(Slot slot) const { return outgoing_.is_moving(slot); }
  // What is received, or was promised.
  [[nodiscard]] const Incoming& incoming() const { return incoming_; }
  // Titles are written, now or once there is room. False: none will be in this life of the node.
  [[nodiscard]] bool writes_titles() const { return ledger_.may_write(); }
  // Its title is this node's, and its commands need not wait.
  [[nodiscard]] bool serves(Slot slot) const { return owns(title(slot)) && !outgoing_.is_frozen(slot); }
  [[nodiscard]] Progress progress() const;
  // In the slots that are to be given. Looks at each of them.
  [[nodiscard]] std::uint64_t sessions_to_give() const { return outgoing_.sessions_to_move(); }

 private:
  [[nodiscard]] Message answer_of_the_title(Member from, Slot slot, const Message& question) const;
  [[nodiscard]] bool may_part_with(Slot slot) const;
  void on_written_alone(Slot slot);
  void give_more(Now now);
  void hand_on();  // what the machines want, to the ledger and to whoever drains wishes()

  Member self_;
  store::Store& store_;
  CrashHook crash_hook_;  // may be none
  Numbering numbers_;     // may be none
  bool keeps_copies_ = false;
  Now now_;  // of the last event that said it
  HandOverView view_;
  TitleLedger ledger_;
  Outgoing outgoing_;
  Incoming incoming_;
  Actions actions_;  // of the event that is being told
  Wishes wishes_;
  std::uint64_t failed_total_ = 0;
  std::string last_failure_;
};

}  // namespace limpet::handoff
