// Outgoing: the slots that a shard gives away: which of them now, and what becomes of them.
//
// Each is a Source; this has them take turns, at a pace and a few at a time, tries again what has failed, and
// keeps count. Whose slots they are says the ledger, who is to have them the view; it changes neither. A
// title that is to be written goes out with the other actions, and comes back by written() or withdrawn().
//
// Owned by the hand-overs of a shard, on its thread. What an event is to lead to is appended to `out`.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/handoff/actions.hpp>
#include <limpet/handoff/crash_point.hpp>
#include <limpet/handoff/hand_over_view.hpp>
#include <limpet/handoff/numbering.hpp>
#include <limpet/handoff/pace.hpp>
#include <limpet/handoff/progress.hpp>
#include <limpet/handoff/retries.hpp>
#include <limpet/handoff/source.hpp>
#include <limpet/handoff/target_copy.hpp>
#include <limpet/handoff/title_ledger.hpp>
#include <limpet/handoff/window.hpp>
#include <limpet/store/store.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::handoff {

class Outgoing {
 public:
  // `boot` was never used before. What it is given by reference outlives it.
  Outgoing(Member self, std::uint64_t boot, const TitleLedger& ledger, const HandOverView& view,
           store::Store& store);
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  void set_crash_hook(CrashHook hook) { crash_hook_ = std::move(hook); }
  // `keeps_copies`: what was given away stays as a copy.
  void set_numbering(Numbering numbers, bool keeps_copies = false) {
    numbers_ = std::move(numbers);
    keeps_copies_ = keeps_copies;
  }
  void set_target_copies(AskTargetCopy ask) { copy_at_ = std::move(ask); }
  void set_rate(std::uint64_t rate, Now now) { pace_.set_rate(rate, now); }
  // It is not given away while it is held back.
  void hold_back(Slot slot, bool held) { held_back_[slot] = held; }

  // ---- What happens ----
  // The view is another: what is on its way to somebody who is not to have it any more is given up.
  void view_changed(Now now, Actions& out);
  // The slot is this node's from now on, and the view may want it elsewhere.
  void has_come(Slot slot);
  // Begins with as many as there is room for. `may_leave`: nothing else goes on with that slot.
  void start_more(const std::function<bool(Slot)>& may_leave, Now now, Actions& out);
  // REQUIRES: is_moving(slot).
  void changed(Slot slot, std::string_view effects);
  // Copies some more, for no longer than a turn may take.
  void copy_on(Now now, Actions& out);
  // An answer came, or none will. What belongs to no try of now is ignored. True: the slot has gone.
  bool heard(Member from, Slot slot, const Message& answer, Now now, Actions& out);
  void unheard(Slot slot, const Message& question, const std::string& why, Now now, Actions& out);
  // The title that was to be written is on the disk. REQUIRES: is_ceding(slot).
  void written(Slot slot, Now now, Actions& out);
  // It is not, for certain.
  void withdrawn(Slot slot, const std::string& why, Now now, Actions& out);
  // Unless it is too late for that.
  void give_up(Slot slot, const std::string& why, Now now, Actions& out);
  void give_up_all(const std::string& why, Now now, Actions& out);
  // Whoever got it has it no more: the copy here goes. Or it stays, as this node takes the slot again.
  // REQUIRES: is_granting(slot).
  void ended_elsewhere(Slot slot, Actions& out);
  void forget(Slot slot) { moves_.erase(slot); }
  void tick(Now now, bool serving, Actions& out);

  // ---- To see ----
  [[nodiscard]] bool empty() const { return moves_.empty(); }
  [[nodiscard]] bool is_moving(Slot slot) const { return !moves_.empty() && moves_.contains(slot); }
  [[nodiscard]] bool is_frozen(Slot slot) const;
  // Its title is being written, by which it is ceded.
  [[nodiscard]] bool is_ceding(Slot slot) const;
  // It is ceded to that node, or to anyone, and nobody has said that he has it.
  [[nodiscard]] bool is_granting(Slot slot, std::optional<Member> to = std::nullopt) const;
  // The message is of the try that is under way.
  [[nodiscard]] bool is_under_way(Slot slot, const Message& message) const;
  [[nodiscard]] bool can_copy() const;
  // A slot has gone, and others may begin: several at once, so that their titles are written with one sync.
  [[nodiscard]] bool has_gap(Now now) const { return under_way(now) <= window_.size() / 2; }
  [[nodiscard]] std::size_t moving() const { return moves_.size(); }
  [[nodiscard]] std::size_t to_move() const;  // slots that should be another's, those on their way included
  [[nodiscard]] std::uint64_t sessions_to_move() const;
  [[nodiscard]] const Progress& progress() const { return sum_; }

 private:
  struct Move {
    Move(Source of, store::Store& store, std::string cause, Now now)
        : source(std::move(of)),
          why(std::move(cause)),
          began_ms(now.steady_ms),
          copying(std::in_place, store) {}
    Source source;
    std::string why;  // for the log
    std::int64_t began_ms;
    std::optional<store::CopyScope> copying;
    bool frozen = false;   // the store was told so
    bool holding = false;  // commands were told to wait
    bool writing = false;
    bool unheard = false;  // it was noted that nobody answers the grant
  };

  void start_move(Slot slot, Member to, bool onto_copy, Now now, Actions& out);
  void advance(Move& move, Now now, Actions& out);  // may end it
  void hold(Move& move, Actions& out);
  void on_done(Move& move, Now now, Actions& out);
  void on_failed(Move& move, Now now, Actions& out);
  // Its sessions are another's.
  void part_with(Slot slot);
  void ask(Member to, Slot slot, const Message& message, Actions& out);
  [[nodiscard]] const Source* source_of(Slot slot) const;
  [[nodiscard]] std::size_t under_way(Now now) const;
  void reached(Step step, Kind kind) const {
    if (crash_hook_) crash_hook_(step, kind);
  }

  Member self_;
  std::uint64_t boot_;
  std::uint64_t attempts_ = 0;
  const TitleLedger& ledger_;
  const HandOverView& view_;
  store::Store& store_;
  CrashHook crash_hook_;  // may be none
  Numbering numbers_;     // may be none
  AskTargetCopy copy_at_ = [](Slot, Member) { return TargetCopy::none; };
  bool keeps_copies_ = false;
  Pace pace_;
  Window window_;
  Retries retries_;
  std::map<Slot, Move> moves_;
  std::map<Member, std::uint64_t> sync_times_;  // of others, in ms, as they said
  std::vector<bool> held_back_;                 // by slot
  std::vector<Slot> waiting_;  // what the view gives to others of what is owned, and is not on its way
  Slot next_copy_ = 0;         // whose turn it is
  Progress sum_;
};

}  // namespace limpet::handoff
