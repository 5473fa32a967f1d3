// Ownership: which slots are this node's, which are whose, and how that changes; of the slots of one shard it
// decides, of all others it knows what is said.
//
// It begins with the titles of the data directory, and is told what other nodes and the other shards of this
// one say, what becomes of hand-overs, and of time. What follows from that goes out as actions, which its
// user drains after each event: slots whose route is to be looked at again, nodes that must be alive, nodes
// to be asked once more, slots to be loaded before others, lines for the log; and what is to be told to
// others (say_news(), take_news_for_shards()). The hand-overs themselves (handoff/hand_overs.hpp) have wishes
// of their own: moves().
//
// Owned by a shard, on its thread; it knows no link, no client and no disk. How a start finds out which slots
// are still this node's is described in handoff/owners.hpp, what nodes say of slots in peer/words.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/bytes.hpp>
#include <limpet/base/note_level.hpp>
#include <limpet/base/rare_note.hpp>
#include <limpet/base/time.hpp>
#include <limpet/handoff/hand_overs.hpp>
#include <limpet/handoff/owners.hpp>
#include <limpet/handoff/unfinished.hpp>
#include <limpet/ownership/first_slots.hpp>
#include <limpet/ownership/handoff_config.hpp>
#include <limpet/ownership/known_owners.hpp>
#include <limpet/ownership/move_plan.hpp>
#include <limpet/ownership/news.hpp>
#include <limpet/ownership/node_directory.hpp>
#include <limpet/ownership/slot_table.hpp>
#include <limpet/peer/greeting.hpp>
#include <limpet/peer/held.hpp>
#include <limpet/peer/words.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace limpet::ownership {

struct OwnershipConfig {
  NodeIndex self = 0;
  unsigned shards = 1;
  unsigned shard = 0;
  bool loads = false;       // the sessions of its slots have to be loaded
  bool may_follow = false;  // where the file wants copies of slots, some may be here
  // None: slots are where the view places them, and stay.
  std::optional<HandoffConfig> handoff;
  std::uint64_t handover_rate = 0;  // as of HandOvers::set_rate()

  // Is what is there of others' slots of use?
  [[nodiscard]] bool keeps_copies(const cluster::View& view) const {
    return may_follow && view.copies.followers > 0;
  }
};

class Ownership {
 public:
  // What became of a slot whose owner an operator has declared gone.
  struct Claimed {
    std::vector<Slot> taken;  // their titles are being written
    std::int64_t empty = 0;   // how many of them begin empty
    std::int64_t whole = 0;   // ... go on with what is here, which is all
    std::int64_t copies = 0;  // ... go on with a copy
    std::int64_t missed = 0;  // not now
  };
  struct Note {
    NoteLevel level;
    std::string text;
  };
  struct Actions {
    std::vector<NodeIndex> alive;  // they have just done something
    std::vector<Slot> rerouted;    // owner_route() may say something else than before
    std::vector<NodeIndex> ask;    // once more for all that they own
    std::vector<Slot> wanted;      // to be loaded before others
    std::vector<Note> notes;

    void is_alive(NodeIndex node) { add(alive, node); }
    void reroute(Slot slot) { add(rerouted, slot); }
    void ask_again(NodeIndex node) { add(ask, node); }
    void load_first(Slot slot) { add(wanted, slot); }
    void note(NoteLevel level, std::string text) { add(notes, {level, std::move(text)}); }
    // Asked behind every command and frame, and so one look.
    [[nodiscard]] bool empty() const { return !any; }

    bool any = false;

   private:
    template <class T>
    void add(std::vector<T>& to, std::type_identity_t<T> one) {
      to.push_back(std::move(one));
      any = true;
    }
  };

  // `numbering`: who counts the changes of slots. The store outlives this.
  Ownership(OwnershipConfig config, std::shared_ptr<const cluster::View> view, store::Store& store,
            handoff::Numbering numbering, Now now);

  // ---- What happens ----
  // Another cluster file is in force, or a node has become known; then the hand-overs go by it. REQUIRES:
  // moves_slots().
  void set_view(std::shared_ptr<const cluster::View> view, Now now);
  void plan_moves(Now now);
  // A node, or another node for it, says this of slots. False: that is nothing that a node says.
  [[nodiscard]] bool hears(NodeIndex node, std::string_view words, Now now);
  // That node owns the slot, as somebody says who was asked for it in vain. False: that is no news, or cannot
  // be true.
  bool hears_of(NodeIndex node, Slot slot, Term term, Now now);
  // Another shard of this node says so of slots of its own.
  void hears_shard(std::string_view owners, Now now);
  // That node is asked for all that it has to say; `boot`: under which it runs. `send` gets what this node
  // begins with.
  void asks(NodeIndex node, std::uint64_t boot, const peer::WordWriter::Send& send);
  // It has said it all.
  void answered(NodeIndex node);
  // The hand-overs want a slot to be served, frozen or passed on.
  void change_mode(const handoff::ModeChange& change, Now now);
  // Titles are on the disk, as moves() has been told.
  void titles_written();
  // The sessions of a slot are loaded; they cannot be.
  void loaded(Slot slot);
  void damaged(Slot slot);
  // Time has passed, or another node has come or gone.
  void go_on(const NodeDirectory& nodes, Now now);
  // Takes the first slots, if they may be taken. Returns how many.
  std::size_t take_first_slots(const NodeDirectory& nodes);
  // Takes what that node owned. `all_heard`: all others have said what they own.
  [[nodiscard]] Claimed claim(NodeIndex gone, bool all_heard, Now now);

  // ---- What to do ----
  [[nodiscard]] Actions& actions() { return actions_; }
  [[nodiscard]] News& news() { return news_; }
  // What is new for other nodes.
  void say_news(const peer::WordWriter::Send& send);
  // All that this shard has to say, to a node that asks.
  void say_all(const peer::WordWriter::Send& send);
  // Commands for a slot go there from now on. Returns where they went before.
  Route set_route(Slot slot, Route route) { return slots_.set_route(slot, route); }

  // ---- To see ----
  [[nodiscard]] const SlotTable& slots() const { return slots_; }
  [[nodiscard]] const KnownOwners& known() const { return known_; }
  // Where the slot's commands go as far as its owner is concerned.
  [[nodiscard]] Route owner_route(Slot slot) const;
  // Nobody is known to own it: a command that goes somewhere may come back, and must not be overtaken.
  [[nodiscard]] bool is_unconfirmed(Slot slot) const { return moves_ && !known_.heard(slot).known(); }
  // Could a node say so? The clocks of nodes may differ, but not by years.
  [[nodiscard]] bool can_be_true(Term term, NodeIndex node, Now now);
  // What this node says of itself.
  [[nodiscard]] peer::Standing standing() const;
  // Each shard says so for itself: this node has begun with an empty disk, and has not owned a slot since.
  [[nodiscard]] bool begins_anew() const;
  [[nodiscard]] const std::string& name() const { return view_->nodes[config_.self].name; }

  [[nodiscard]] bool moves_slots() const { return moves_ != nullptr; }
  // REQUIRES: moves_slots().
  [[nodiscard]] handoff::HandOvers& moves() const { return *moves_; }
  [[nodiscard]] const FirstSlots& first_slots() const { return *first_slots_; }
  [[nodiscard]] const handoff::Owners& starts() const { return *starts_; }

 private:
  void begin(const HandoffConfig& config, Now now);
  [[nodiscard]] bool is_mine(Slot slot) const;
  bool learn(Slot slot, const Owner& owner, Now now);
  void say(peer::WordWriter& words, Slot slot, bool all) const;
  // ---- ownership_hearing.cpp ----
  void hears_section(NodeIndex node, const peer::Section& section, Now now);
  void hears_owner(Slot slot, NodeIndex node, const handoff::Owning& his, Now now);
  void hears_known(Slot slot, NodeIndex from, const Owner& owner, Now now);
  void hears_promised(Slot slot, NodeIndex from, const peer::Section& promise, Now now);
  void give_way(Slot slot, const Owner& to, Now now);
  void belongs_to(Slot slot, const Owner& to);
  void got(Slot slot, handoff::Member from, Now now);
  // ---- ownership_start.cpp ----
  void complete(Slot slot, const handoff::Unfinished::Offer& offer);
  void serve_what_is_decided(const NodeDirectory& nodes, bool all_heard, Now now);

  OwnershipConfig config_;  // but for `handoff`
  std::shared_ptr<const cluster::View> view_;
  SlotTable slots_;
  KnownOwners known_;
  store::Store& store_;
  handoff::Numbering numbering_;
  std::unique_ptr<handoff::HandOvers> moves_;  // null: slots stay where they are; so are the next three
  std::unique_ptr<handoff::Owners> starts_;
  std::unique_ptr<FirstSlots> first_slots_;
  MovePlan plan_;
  std::uint64_t boot_ = 0;
  std::shared_ptr<const Boots> boots_;
  handoff::Unfinished unfinished_;
  std::map<Slot, Owner> yielding_;  // this node gives way, and could not write that yet
  // It ends what its last start had begun, and that is not on the disk yet.
  std::map<Slot, handoff::Unfinished::Offer> completing_;
  bool superseded_noted_ = false;
  std::size_t forgotten_noted_ = 0;
  bool may_give_ = false;  // all have been heard since the start
  News news_;
  std::vector<peer::OwnerOf> unplaced_;  // by nodes that this shard does not know yet
  RareNote term_notes_{kStrangerNoteMs};
  Actions actions_;
};

}  // namespace limpet::ownership
