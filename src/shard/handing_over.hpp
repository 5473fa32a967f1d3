// HandingOver: slots that change hands: what the hand-overs of this shard (handoff/hand_overs.hpp) want is
// done, and what happens is told to them; routes follow what Ownership says.
//
// Their questions travel over links as requests do, and the answers as replies; a node that gets a question
// hands it on to the shard of the slot. Titles go out to be written, those that promise something only once
// the journal is on the disk. While a slot is given away the changes of its keys are watched.
//
// Owned by a shard, on its thread. What it calls asks for nothing back: it is told again by drain().
#pragma once

#include <cstdint>
#include <limpet/base/numbered.hpp>
#include <limpet/engine/engine.hpp>
#include <limpet/following/following.hpp>
#include <limpet/forward/forwarder.hpp>
#include <limpet/handoff/hand_overs.hpp>
#include <limpet/links/links.hpp>
#include <limpet/links/peers.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/shard/shard.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "after_sync.hpp"
#include "names.hpp"
#include "serving.hpp"

namespace limpet::shard {

// Who counts the changes of slots, for hand-overs.
[[nodiscard]] handoff::Numbering numbering_of(journal::Writer* journal);

class HandingOver {
 public:
  HandingOver(const ShardConfig& config, const Now& now, Effects& effects, engine::Engine& engine,
              ownership::Ownership& ownership, Neighbours& neighbours, Traffic& traffic, Orders& orders,
              Serving& serving, Following& following)
      : config_(config),
        now_(now),
        effects_(effects),
        engine_(engine),
        ownership_(ownership),
        forwarder_(neighbours.forwarder()),
        links_(neighbours.links()),
        peers_(neighbours.peers()),
        linking_(neighbours.linking()),
        telling_(neighbours.telling()),
        orders_(orders),
        delivery_(traffic.delivery()),
        sending_(traffic.sending()),
        serving_(serving),
        following_(following),
        given_changes_(ownership) {
    if (!ownership.moves_slots()) return;
    ownership.moves().set_target_copies(
        [this](Slot slot, handoff::Member to) { return following_.copy_at(slot, to); });
  }

  // ---- What happens ----
  // Another cluster file is in force.
  void follow_view();
  // A question of another node, or of another shard for it. Returns why it makes no sense; empty: it does.
  [[nodiscard]] std::string_view take(StreamId peer, const peer::Frame& frame);
  void take(const forward::Origin& sibling, const peer::Frame& frame);
  // As Shard has them.
  void titles_written(const std::vector<Slot>& slots);
  void titles_failed(const std::vector<Slot>& slots, const std::string& why, bool for_want_of_room);
  // The journal is on the disk as far as Durability says; it never will be.
  void synced();
  void journal_failed(const std::string& why);
  void tick();
  // Sessions are copied on, for as long as that asks for turns of its own.
  [[nodiscard]] bool can_copy() const;
  void go_on();
  // This node stops.
  void stop();

  // ---- What they want ----
  [[nodiscard]] bool has_work() {
    return !ownership_.actions().empty() || (ownership_.moves_slots() && moves_want_something());
  }
  void drain();

  // Questions that nobody has answered yet.
  [[nodiscard]] std::size_t open_questions() const { return questions_.size(); }

 private:
  [[nodiscard]] bool moves_want_something() {
    handoff::HandOvers& moves = ownership_.moves();
    return !moves.wishes().empty() || !delivery_.handoff_answers().empty() || ownership_.news().has_any() ||
           given_changes_.subscribed() != moves.gives() || orders_.has_answers() || may_be_served();
  }

  // What is changed of slots that are given away.
  class GivenChanges final : public engine::ChangeFeed::Subscriber {
   public:
    explicit GivenChanges(ownership::Ownership& ownership) : ownership_(ownership) {}
    void changed(Slot slot, std::string_view effects, Lsn lsn) override;
    // It hears of changes, or no longer.
    void subscribe(engine::ChangeFeed& feed, bool to_it);
    [[nodiscard]] bool subscribed() const { return subscribed_; }

   private:
    ownership::Ownership& ownership_;
    bool subscribed_ = false;
  };

  void drain_ownership();
  void do_wishes(handoff::HandOvers::Wishes& wishes);
  // A slot that has come.
  struct Held {
    handoff::ModeChange serve;
    std::int64_t since_ms = 0;
  };
  // A slot is served once it has the followers without which its writes would be refused, or after a while.
  void change_mode(const handoff::ModeChange& change);
  [[nodiscard]] bool may_be_served() const;
  [[nodiscard]] bool is_over(const Held& held) const;
  void serve_those_that_may();
  void sync(const std::vector<Slot>& slots);
  void write(const handoff::WantedTitle& write);
  void ask(handoff::Question& question);
  void answer(const handoff::Answer& answer);
  void take_answers();
  void take_question(const forward::Origin& origin, Slot slot, std::string_view body);
  [[nodiscard]] bool is_journaled() const { return engine_.feed().journal() != nullptr; }
  // All changes so far are on the disk.
  [[nodiscard]] bool all_is_synced() const {
    return !is_journaled() || engine_.feed().end() <= engine_.durability().synced();
  }

  const ShardConfig& config_;
  const Now& now_;
  Effects& effects_;
  engine::Engine& engine_;
  ownership::Ownership& ownership_;
  forward::Forwarder& forwarder_;
  links::Links& links_;
  links::Peers& peers_;
  Linking& linking_;
  Telling& telling_;
  Orders& orders_;
  Delivery& delivery_;
  const Sending& sending_;
  Serving& serving_;
  Following& following_;
  GivenChanges given_changes_;
  AfterSync after_sync_;
  std::map<Slot, Held> held_;
  Numbered<handoff::Question> questions_;  // asked; by Origin::id
  Numbered<forward::Origin> tickets_;      // who asked
  std::uint64_t served_before_tick_ = 0;   // commands on keys, executed or forwarded
};

}  // namespace limpet::shard
