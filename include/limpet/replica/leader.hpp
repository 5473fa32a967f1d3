// Leader: the followers of a shard's own slots: which nodes they are, what these are sent, and how far the
// changes of the shard are confirmed.
//
// A node is in or out as a whole: all streams to it begin together, and end with its link, with a copy that
// is not what it should be, or with a silence while something is awaited. Then nobody waits for it any more,
// and it is tried again, later each time.
//
//     out --link is up, time has come--> asked, copied, replayed --slot by slot--> counted on
//      ^------------- link is lost, silent, refused, too far behind ------------------+
//
// Owned by a shard, on its thread; it names no link. Its user hands on what it hears, sends what next_frame()
// says, and lets replies go up to confirmed().
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limpet/base/lsn.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/cluster/copies.hpp>
#include <limpet/replica/change_log.hpp>
#include <limpet/replica/feed.hpp>
#include <limpet/replica/followed.hpp>
#include <limpet/replica/own_slots.hpp>
#include <limpet/replica/quorums.hpp>
#include <limpet/store/store.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::replica {

// Of the copies of a shard's own slots, on one node or on all.
struct CopiesCount {
  std::uint64_t wanted = 0;
  std::uint64_t counted = 0;     // they can be counted on
  std::uint64_t parted = 0;      // they have what their owner has not, and are left as they are
  std::uint64_t left_alone = 0;  // so do these, which are not wanted any more
  std::uint64_t behind = 0;      // bytes that are on their way to followers, or wait
  std::int64_t behind_ms = 0;    // for so long something has waited to be confirmed, at the longest

  void add(const CopiesCount& other);
};

class Leader {
 public:
  struct Frame {
    FollowerId node = 0;
    std::uint16_t shard = 0;  // of the node
    std::uint64_t stream = 0;
    Feed::Piece piece{};
  };
  // Why a node is not counted on to have copies, or one of them.
  struct Note {
    FollowerId node = 0;
    std::string why{};
    bool is_out = true;  // nobody waits for it any more
  };
  struct Setup {
    unsigned shard = 0;
    unsigned shards = 1;
    std::size_t log_bytes = 0;       // kept of changes, for those that are behind
    std::uint64_t first_stream = 1;  // above the names of all streams of earlier boots
  };

  // The slots outlive it.
  Leader(const Setup& setup, const OwnSlots& own);

  // ---- Which nodes ----
  // For how many of them is waited, from the next change on.
  void set_policy(const cluster::CopiesPolicy& policy) { policy_ = policy; }
  // Those that are to follow a slot, which is this node's own. Others go on following it until all of these
  // can be counted on, where there is room for them; then they are told that theirs is not needed.
  void set_followers(Slot slot, const FollowerSet& nodes);
  // The slot is not this node's own, and has no followers.
  void give_away(Slot slot);
  // The node follows the slot no more, whoever else does.
  void unfollow(Slot slot, FollowerId node);

  // ---- What happens ----
  // The slot has changed; `end`: of the stream of the shard, behind it.
  void changed(Slot slot, std::string_view effects, Lsn end);
  // A link to the node is there, and it has so many shards.
  void link_up(FollowerId node, unsigned shards, Now now);
  void link_lost(FollowerId node, Now now);
  // The shard of the node says so. False: that cannot be.
  [[nodiscard]] bool heard(FollowerId node, std::uint16_t shard, const Followed& followed, Now now);
  void tick(Now now);
  // At the end of a turn, and for as long as it can go on: what is to be sent is made.
  void go_on(Now now);
  [[nodiscard]] bool can_go_on() const;
  // About so many bytes of copies. REQUIRES: a CopyScope lives for as long as anything is followed.
  void copy_on(store::Store& store, std::size_t most);
  [[nodiscard]] bool can_copy() const;

  // ---- What to do ----
  // Valid until the next call.
  [[nodiscard]] std::optional<Frame> next_frame();
  [[nodiscard]] std::vector<Note>& notes() { return notes_; }

  // A change of the slot is likely soon: has what is known of it fetched.
  void prefetch(Slot slot) const;

  // ---- To see ----
  [[nodiscard]] Lsn confirmed() const { return quorums_.confirmed(); }
  // What is next to be confirmed never will be, up to there: too few are left. Nobody waits for it any more.
  [[nodiscard]] std::optional<Quorums::Span> give_up_stuck() { return quorums_.give_up_stuck(); }
  // All that was changed is confirmed.
  [[nodiscard]] bool is_idle() const { return quorums_.confirmed() == quorums_.end(); }
  // Those that are to follow the slot, and those that are counted on.
  [[nodiscard]] const FollowerSet& wanted(Slot slot) const { return slots_[slot / setup_.shards].wanted; }
  [[nodiscard]] const FollowerSet& counted(Slot slot) const { return slots_[slot / setup_.shards].counted; }
  // So many of these have confirmed all up to there.
  [[nodiscard]] std::size_t confirmed_by(Slot slot, Lsn up_to) const;
  [[nodiscard]] bool is_in(FollowerId node) const { return node < nodes_.size() && nodes_[node].in; }
  // Why it went out last; empty: it has not been in.
  [[nodiscard]] std::string_view why_out(FollowerId node) const {
    return node < nodes_.size() ? std::string_view(nodes_[node].why) : std::string_view();
  }
  // Little of what it is to have has not been sent yet.
  [[nodiscard]] bool is_close(FollowerId node, Slot slot) const;
  // How its copy of the slot is.
  [[nodiscard]] Feed::State state(FollowerId node, Slot slot) const;
  // By node.
  [[nodiscard]] std::vector<CopiesCount> count(Now now) const;
  // Since the start: how often one went out; changes of slots with none to count on; bytes of copies.
  struct Sums {
    std::uint64_t outs = 0;
    std::uint64_t alone = 0;
    std::uint64_t copied = 0;
  };
  [[nodiscard]] const Sums& sums() const { return sums_; }

 private:
  // To one shard of a node, and how it gets on.
  struct Way {
    std::unique_ptr<Feed> feed;
    std::uint64_t confirmed = 0;  // bytes of its stream
    std::int64_t since_ms = 0;    // or since there has been nothing to confirm
  };
  struct Node {
    bool linked = false;
    bool in = false;            // its streams are open
    std::vector<Way> ways;      // by its shard
    std::int64_t out_ms = 0;    // since then, if it is; 0: it has not been in
    std::int64_t again_ms = 0;  // not before is it tried again
    std::int64_t backoff_ms = 0;
    Lsn confirmed = 0;          // of what it is to have
    std::int64_t asked_ms = 0;  // those that had left
    std::string why{};          // it went out last
  };
  struct SlotFollowers {
    FollowerSet wanted{};
    FollowerSet followed{};  // those, and others that are not let go yet
    FollowerSet counted{};   // of these
    bool is_own = false;
    FollowerSet parted{};         // not of these: they have more than this node, and keep it
    std::optional<Lsn> spares{};  // others are to be told that theirs is not needed, once these have so much
    bool spared = false;          // they have been
  };

  [[nodiscard]] Node& node(FollowerId id);
  [[nodiscard]] SlotFollowers& at(Slot slot) { return slots_[slot / setup_.shards]; }
  [[nodiscard]] static Feed& feed_of(const Node& node, Slot slot) {
    return *node.ways[slot % node.ways.size()].feed;
  }
  [[nodiscard]] static FollowerId first_unwanted(const SlotFollowers& followers);
  void let_go(Slot slot);
  void spare(Slot slot, FollowerId id);
  void spare_more();
  void left(Slot slot, FollowerId id);
  void make_feeds(FollowerId id, unsigned shards);
  void begin(FollowerId id, Now now);
  void end(FollowerId id, const std::string& why);
  void out(FollowerId id, const std::string& why, Now now);
  void look_at(FollowerId id, Now now);
  void tick(FollowerId id, Now now);
  template <class Visit>
  void each_slot(Visit visit) {
    for (std::size_t i = 0; i < slots_.size(); ++i)
      visit(static_cast<Slot>(i * setup_.shards + setup_.shard));
  }

  Setup setup_;
  const OwnSlots& own_;
  cluster::CopiesPolicy policy_;
  ChangeLog log_;
  Quorums quorums_;
  std::vector<Node> nodes_;
  std::vector<SlotFollowers> slots_;  // by slot / shards
  std::deque<Slot> spare_;
  std::uint64_t next_stream_;
  std::vector<Note> notes_;
  Sums sums_;
};

}  // namespace limpet::replica
