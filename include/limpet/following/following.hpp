// Following: copies of sessions on other nodes: what the followers of this shard's own slots are sent, and
// what it keeps of the slots of others (replica/leader.hpp, replica/copies.hpp).
//
// Streams travel over this shard's own links, and what is said to them over those of the follower; a node
// that gets either hands it on to the shard that it is for. Replies wait for followers as they wait for the
// disk (engine/durability.hpp). A follower confirms what its own disk has, whatever replies of its own wait
// for: two nodes that follow each other would wait for each other.
//
// Owned by a shard, on its thread. It does nothing before the file wants copies, or somebody sends one.
#pragma once

#include <cstdint>
#include <limpet/engine/engine.hpp>
#include <limpet/engine/write_veto.hpp>
#include <limpet/following/copy_store.hpp>
#include <limpet/following/names.hpp>
#include <limpet/handoff/target_copy.hpp>
#include <limpet/links/links.hpp>
#include <limpet/links/peers.hpp>
#include <limpet/links/siblings.hpp>
#include <limpet/ownership/ownership.hpp>
#include <limpet/replica/copies.hpp>
#include <limpet/replica/leader.hpp>
#include <limpet/reports/copies_source.hpp>
#include <limpet/store/store.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::following {

class Following final : private engine::ChangeFeed::Subscriber,
                        private replica::OwnSlots,
                        private engine::WriteVeto,
                        public reports::CopiesSource {
 public:
  Following(const ShardConfig& config, const Now& now, Effects& effects, engine::Engine& engine,
            const ownership::Ownership& ownership, Neighbours& neighbours, Delivery& delivery);
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;

  // ---- What happens ----
  void link_is_up(cluster::NodeIndex node);
  void link_is_lost(cluster::NodeIndex node);
  // A piece of a stream, or what is said of one, came from a node, or from another shard of this one for it.
  // Returns why it makes no sense; empty: it does.
  [[nodiscard]] std::string_view take(StreamId peer, const peer::Frame& frame);
  void take(const peer::Frame& sibling);
  // The disk has so much of this shard's stream, as the durability mode wants it.
  void durable(Lsn up_to);
  // Another file is in force; a slot may have changed hands.
  void follow_view();
  void rerouted(Slot slot);
  // The node follows the slot no more: it gets what is missing in another way, or has all, and the slot is
  // about to be its own. What there is for it goes out first.
  void gives(Slot slot, cluster::NodeIndex to);
  // Nothing came of that.
  void keeps(Slot slot);
  void tick();
  // At the end of each event: what has changed goes out. In a turn of its own: copies go on, too.
  void end_event();
  void go_on();
  [[nodiscard]] bool can_go_on() const { return is_on() && (leader_->can_go_on() || leader_->can_copy()); }

  // ---- To see ----
  // Of this shard, without copies.
  [[nodiscard]] std::uint64_t own_sessions() const;
  [[nodiscard]] replica::CopiesCount count() const;
  void show_in(reports::ShardStats& stats) const override;
  [[nodiscard]] std::size_t confirmed_by(Slot slot) const override;
  // What a node that is to get the slot has of it.
  [[nodiscard]] handoff::TargetCopy copy_at(Slot slot, cluster::NodeIndex node) const;
  // Writes to the slot are refused, as too few of its followers are in sync, and more are about to be.
  [[nodiscard]] bool awaits_followers(Slot slot) const;
  // Of the file in force.
  [[nodiscard]] const cluster::CopiesPolicy& policy() const { return policy_; }

 private:
  [[nodiscard]] bool is_on() const { return confirmer_.has_value(); }
  [[nodiscard]] bool lacks_followers(Slot slot) const;
  [[nodiscard]] bool owns(Slot slot) const { return handoff::owns(ownership_.moves().title(slot)); }
  void switch_on();
  void owned(Slot slot);
  void not_owned(Slot slot);
  // One start of a node.
  struct Start {
    cluster::NodeIndex node = 0;
    std::uint64_t boot = 0;
  };
  [[nodiscard]] bool take(const Start& from, const peer::Frame& frame, std::string_view body);
  [[nodiscard]] std::vector<cluster::NodeIndex>& line_of(Slot slot) { return lines_[slot / config_.shards]; }
  void note_spoilt();
  void send_pieces();
  void send_followed();
  void confirm();
  void confirm_more();
  void say_once(cluster::NodeIndex node, std::string why);

  [[nodiscard]] std::string why_not(std::optional<Slot> slot) const override;
  [[nodiscard]] std::string why_away(cluster::NodeIndex node, Slot slot) const;
  void changed(Slot slot, std::string_view effects, Lsn end) override;
  void prefetch(Slot slot) const override;
  [[nodiscard]] Term term(Slot slot) const override;
  [[nodiscard]] LastChange last(Slot slot) const override;
  [[nodiscard]] journal::SlotVersion version(Slot slot) const override;

  const ShardConfig& config_;
  const Now& now_;
  Effects& effects_;
  engine::Engine& engine_;
  const ownership::Ownership& ownership_;
  links::Links& links_;
  links::Peers& peers_;
  links::Siblings& siblings_;
  Delivery& delivery_;
  CopyStore store_;
  cluster::CopiesPolicy policy_;           // of the file in force
  std::optional<replica::Leader> leader_;  // none: there can be no copies here
  std::optional<replica::Copies> copies_;  // the same
  std::optional<store::CopyScope>
      copying_;  // none: there have been no copies in this life yet; so is the next
  std::optional<engine::Durability::Confirmer> confirmer_;
  bool has_news_ = true;                            // something has happened since the end of the last event
  std::map<Slot, cluster::NodeIndex> giving_;       // to whom
  mutable std::uint64_t refused_ = 0;               // writes, for want of followers
  std::map<cluster::NodeIndex, std::string> said_;  // of each in the log last
  std::set<Slot> spoilt_;                           // whose copies somebody else has changed
  std::vector<std::vector<cluster::NodeIndex>>
      lines_;  // by slot / shards: who is to have it, one more than follow
};

}  // namespace limpet::following
