// Incoming: the slots that a shard receives.
//
// Each is a Target; this takes in what others offer, as long as there is room for it, and what was promised
// before the last start, whose fate it asks for. Whose slots they are says the ledger, who is to have them
// the view; it changes neither. A title that is to be written goes out with the other actions, and comes back
// by written() or withdrawn().
//
// Owned by the hand-overs of a shard, on its thread. What an event is to lead to is appended to `out`.
#pragma once

#include <cstdint>
#include <limpet/handoff/actions.hpp>
#include <limpet/handoff/crash_point.hpp>
#include <limpet/handoff/hand_over_view.hpp>
#include <limpet/handoff/numbering.hpp>
#include <limpet/handoff/sync_time.hpp>
#include <limpet/handoff/target.hpp>
#include <limpet/handoff/title_ledger.hpp>
#include <limpet/store/store.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace limpet::handoff {

class Incoming {
 public:
  // What it is given by reference outlives it.
  Incoming(Member self, const TitleLedger& ledger, const HandOverView& view, store::Store& store);
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  void set_crash_hook(CrashHook hook) { crash_hook_ = std::move(hook); }
  void set_numbering(Numbering numbers) { numbers_ = std::move(numbers); }
  // The node has just started and has not heard the others yet: it receives and is granted nothing.
  void set_startup_grace(bool on) { in_startup_grace_ = on; }
  // What the store has of the slot is not whole yet, and is: until then it is not received.
  void set_ready(Slot slot, bool ready);

  // ---- What happens ----
  // It was promised before the last start, and is asked about until its fate is known.
  void resume(Slot slot, const Promise& promise, Now now, Actions& out);
  // Another node begins to give the slot. `busy`: its last hand-over is not over yet.
  void begin(Member from, Slot slot, const Message& message, std::uint64_t ticket, bool busy, Now now,
             Actions& out);
  // It goes on; every question is answered, by its ticket. REQUIRES: is_of(from, slot, question).
  void asked(Slot slot, const Message& question, std::uint64_t ticket, Now now, Actions& out);
  // What became of a promise, by whoever made it. What is of no try of now is ignored.
  void heard(Member from, Slot slot, Message fate, Now now, Actions& out);
  // The title that was to be written is on the disk, after so long. REQUIRES: is_writing(slot).
  void written(Slot slot, Now now, Actions& out);
  // A title of any slot took so long to be written.
  void disk_took(std::int64_t ms) { sync_time_.took(ms); }
  // As was wished for, what the store has of the slot is on the disk.
  void settled(Slot slot, Now now, Actions& out);
  // It may be on the disk that the slot is this node's: whoever waits for that is to ask again. REQUIRES:
  // is_owning(slot).
  void ask_again(Slot slot, Actions& out);
  // Unless there is none.
  void give_up(Slot slot, const std::string& why, Now now, Actions& out);
  // This node takes the slot otherwise: nobody and nothing is to wait for this try any more.
  void forget(Slot slot, const std::string& why, Actions& out);
  // Another node holds the slot, at this term: what was promised of an earlier one will never be granted.
  void overtaken(Slot slot, Term term, Now now, Actions& out);
  // Somebody knows that this node holds the slot, at this term.
  void is_known_as_its(Slot slot, Term term);
  // That node itself says that it serves the slot at this term.
  void goes_on(Member giver, Slot slot, Term term, Now now, Actions& out);
  void tick(Now now, Actions& out);

  // ---- To see ----
  [[nodiscard]] bool is_moving(Slot slot) const { return !moves_.empty() && moves_.contains(slot); }
  [[nodiscard]] bool is_of(Member from, Slot slot, const Message& question) const;
  [[nodiscard]] bool is_writing(Slot slot) const;
  [[nodiscard]] bool is_preparing(Slot slot) const { return is_in(slot, Target::State::preparing); }
  [[nodiscard]] bool is_owning(Slot slot) const { return is_in(slot, Target::State::owning); }
  // It goes on with the copy that is here, which still follows its owner.
  [[nodiscard]] bool follows_on(Slot slot) const;
  [[nodiscard]] bool is_ready(Slot slot) const { return !unready_[slot]; }
  [[nodiscard]] bool in_startup_grace() const { return in_startup_grace_; }
  // What this node was promised of the slot, or what it is about to promise.
  [[nodiscard]] std::optional<Promise> promise(Slot slot) const;
  [[nodiscard]] std::size_t moving() const { return moves_.size(); }
  [[nodiscard]] std::uint64_t moved_total() const { return moved_total_; }

 private:
  struct Move {
    Target target;
    std::int64_t began_ms;
    bool onto_copy = false;                 // that is here
    std::optional<std::uint64_t> ticket{};  // of the question that waits for a title to be written
    bool writing = false;
    bool holding = false;                                   // commands were told to wait here
    bool known_as_its = false;                              // others know that it was ceded
    std::optional<History> history{};                       // of what is received, once that is known
    std::optional<std::int64_t> settles_ms = std::nullopt;  // since when it is being synced
  };

  [[nodiscard]] std::string why_none(Slot slot, const Message& message, Now now) const;
  [[nodiscard]] std::string why_not(Slot slot, const Message& message, bool busy) const;
  void advance(Move& move, Now now, Actions& out);  // may end it
  void hold(Move& move, Actions& out);
  void note_copied(const Move& move);
  [[nodiscard]] bool has_all(const Move& move) const;
  void end_waiting(Move& move, const std::string& why, Actions& out);
  void on_done(Move& move, Now now, Actions& out);
  void on_failed(Move& move, Actions& out);
  void answer(std::uint64_t ticket, const Message& message, Actions& out) const;
  [[nodiscard]] bool is_in(Slot slot, Target::State state) const;
  void reached(Step step, Kind kind) const {
    if (crash_hook_) crash_hook_(step, kind);
  }

  Member self_;
  const TitleLedger& ledger_;
  const HandOverView& view_;
  store::Store& store_;
  CrashHook crash_hook_;  // may be none
  Numbering numbers_;     // may be none
  bool in_startup_grace_ = false;
  std::vector<bool> unready_;  // by slot
  std::map<Slot, Move> moves_;
  SyncTime sync_time_;
  std::uint64_t moved_total_ = 0;
};

}  // namespace limpet::handoff
