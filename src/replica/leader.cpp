#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/replica/leader.hpp>
#include <utility>

namespace limpet::replica {

namespace {

constexpr std::string_view kHasParted =
    "it has changes of a slot that this node has not, and keeps them (docs/copies.md, parted)";

std::string_view reason(CopyState::Kind wrong) {
  return wrong == CopyState::Kind::full      ? "it has no memory for one of them, or its disk takes no more"
         : wrong == CopyState::Kind::refused ? "it takes one of them from another node"
                                             : "one of them is not what it should be, and is made anew";
}

}  // namespace

Leader::Leader(const Setup& setup, const OwnSlots& own)
    : setup_(setup),
      own_(own),
      log_(setup.log_bytes),
      slots_((kSlots + setup.shards - 1) / setup.shards),
      next_stream_(setup.first_stream) {}

// ---- Which nodes ----

Leader::Node& Leader::node(FollowerId id) {
  if (nodes_.size() <= id) nodes_.resize(id + std::size_t{1});
  return nodes_[id];
}

void Leader::set_followers(Slot slot, const FollowerSet& nodes) {
  SlotFollowers& followers = at(slot);
  followers.is_own = true;
  if (!(followers.wanted == nodes)) {
    followers.spared = false;
    followers.spares.reset();
  }
  followers.wanted = nodes;
  for (const FollowerId id : nodes) {
    if (followers.followed.has(id)) continue;
    if (followers.followed.is_full()) unfollow(slot, first_unwanted(followers));
    followers.followed.add(id);
    if (!node(id).ways.empty()) feed_of(node(id), slot).follow(slot);
  }
  let_go(slot);
}

void Leader::give_away(Slot slot) {
  for (const FollowerId id : FollowerSet(at(slot).followed)) unfollow(slot, id);
  at(slot) = {};
}

// REQUIRES: more follow it than are to.
FollowerId Leader::first_unwanted(const SlotFollowers& followers) {
  return *std::find_if(followers.followed.begin(), followers.followed.end(),
                       [&](FollowerId id) { return !followers.wanted.has(id); });
}

void Leader::unfollow(Slot slot, FollowerId id) {
  SlotFollowers& followers = at(slot);
  if (!followers.followed.has(id)) return;
  // What it has and this node has not is left as it is.
  const bool has_more = state(id, slot) == Feed::State::parted;
  if (has_more && !followers.parted.has(id) && !followers.parted.is_full()) followers.parted.add(id);
  followers.followed.remove(id);
  followers.wanted.remove(id);
  followers.counted.remove(id);
  if (!node(id).ways.empty()) feed_of(node(id), slot).unfollow(slot);
}

// Those that are not to follow it any more go once all that are can be counted on.
void Leader::let_go(Slot slot) {
  const SlotFollowers& followers = at(slot);
  // Where fewer are to follow than the file wants, for the moment or as there are no more nodes for it,
  // others go on.
  if (!followers.is_own || followers.wanted.size() < policy_.followers) return;
  const bool all = std::all_of(followers.wanted.begin(), followers.wanted.end(),
                               [&](FollowerId id) { return followers.counted.has(id); });
  if (!all) return;
  for (const FollowerId id : FollowerSet(followers.followed)) {
    if (!followers.wanted.has(id)) unfollow(slot, id);
  }
  if (followers.spared || followers.spares) return;
  at(slot).spares = log_.end_lsn();
  spare_.push_back(slot);
}

// Others may have what those that follow it have not confirmed yet.
void Leader::spare_more() {
  const auto is_due = [this](Slot slot) {
    const FollowerSet& wanted = at(slot).wanted;
    const std::optional<Lsn>& spares = at(slot).spares;
    return !spares || std::all_of(wanted.begin(), wanted.end(), [&](FollowerId id) {
      return nodes_[id].in && nodes_[id].confirmed >= *spares;
    });
  };
  for (; !spare_.empty() && is_due(spare_.front()); spare_.pop_front()) {
    const Slot slot = spare_.front();
    if (!std::exchange(at(slot).spares, std::nullopt)) continue;
    at(slot).spared = true;
    for (std::size_t id = 0; id < nodes_.size(); ++id) spare(slot, static_cast<FollowerId>(id));
  }
}

// What others have of it is not needed.
void Leader::spare(Slot slot, FollowerId id) {
  const bool needed = at(slot).followed.has(id) || at(slot).parted.has(id);
  if (nodes_[id].in && !needed) feed_of(nodes_[id], slot).spare(slot);
}

// Another number of shards than before: which slot goes by which feed is another, too.
void Leader::make_feeds(FollowerId id, unsigned shards) {
  Node& to = node(id);
  if (to.ways.size() == shards) return;
  to.ways.clear();
  for (unsigned shard = 0; shard < shards; ++shard)
    to.ways.push_back({.feed = std::make_unique<Feed>(log_, own_, setup_.shard, setup_.shards)});
  each_slot([&](Slot slot) {
    if (at(slot).followed.has(id)) feed_of(to, slot).follow(slot);
  });
}

// ---- In and out ----

void Leader::link_up(FollowerId id, unsigned shards, Now now) {
  link_lost(id, now);
  make_feeds(id, shards);
  node(id).linked = true;
  tick(id, now);
}

void Leader::link_lost(FollowerId id, Now now) {
  Node& gone = node(id);
  gone.linked = false;
  if (!gone.in) return;
  // That is no fault of the node's, and who dials it waits as it is.
  end(id, "its link is lost");
  gone.out_ms = now.steady_ms;
  gone.again_ms = now.steady_ms + gone.backoff_ms;
}

void Leader::begin(FollowerId id, Now now) {
  Node& to = node(id);
  to.in = true;
  to.asked_ms = now.steady_ms;
  ++next_stream_;
  for (Way& way : to.ways) {
    way.feed->begin(next_stream_);
    way.since_ms = now.steady_ms;
  }
  each_slot([&](Slot slot) {
    if (at(slot).spared) spare(slot, id);
  });
}

void Leader::end(FollowerId id, const std::string& why) {
  Node& gone = node(id);
  gone.in = false;
  gone.why = why;
  bool counted = false;
  for (const Way& way : gone.ways) {
    way.feed->end();
    for (const Slot slot : way.feed->take_left()) {
      left(slot, id);
      counted = true;
    }
    (void)way.feed->take_joined();
  }
  quorums_.out(id);
  sums_.outs += counted ? 1 : 0;
  // Of a link that is lost others tell.
  if (counted || gone.linked) notes_.push_back({.node = id, .why = why});
}

void Leader::left(Slot slot, FollowerId id) {
  at(slot).counted.remove(id);
  if (!at(slot).wanted.has(id)) return;
  at(slot).spared = false;
  at(slot).spares.reset();
}

// It is tried again, later each time.
void Leader::out(FollowerId id, const std::string& why, Now now) {
  end(id, why);
  Node& gone = node(id);
  gone.out_ms = now.steady_ms;
  gone.backoff_ms = std::clamp(2 * gone.backoff_ms, kFollowAgainMinMs, kFollowAgainMaxMs);
  gone.again_ms = now.steady_ms + gone.backoff_ms;
}

// ---- What happens ----

void Leader::changed(Slot slot, std::string_view effects, Lsn end) {
  const SlotFollowers& followers = at(slot);
  const std::size_t counted = followers.counted.size();
  if (counted == 0 && policy_.followers > 0) ++sums_.alone;
  log_.add({.slot = slot, .made = own_.last(slot), .end = end, .effects = effects});
  // With too few no write is taken: what changes all the same is a time-out, and nobody waits for that.
  const unsigned least = counted < policy_.min_followers ? 0 : policy_.min_followers;
  quorums_.changed(end, followers.counted, cluster::wanted(policy_, counted), least);
}

bool Leader::heard(FollowerId id, std::uint16_t shard, const Followed& followed, Now now) {
  Node& from = node(id);
  if (!from.in) return true;
  if (shard >= from.ways.size() || !from.ways[shard].feed->heard(followed)) return false;
  look_at(id, now);
  return true;
}

// Of what its feeds have learnt.
void Leader::look_at(FollowerId id, Now now) {
  Node& from = node(id);
  Lsn confirmed = kEndOfAll;
  for (Way& way : from.ways) {
    Feed& feed = *way.feed;
    if (feed.is_lost()) return out(id, "it is too far behind", now);
    for (const Slot slot : feed.take_left()) left(slot, id);
    const Feed::Troubles troubles = feed.take_troubles();
    if (troubles.wrong) return out(id, std::string(reason(*troubles.wrong)), now);
    if (troubles.parted) notes_.push_back({.node = id, .why = std::string(kHasParted), .is_out = false});
    for (const Slot slot : feed.take_joined()) {
      if (!at(slot).followed.has(id) || at(slot).counted.has(id)) continue;
      at(slot).counted.add(id);
      let_go(slot);
    }
    confirmed = std::min(confirmed, feed.confirmed());
    const bool gets_on = std::exchange(way.confirmed, feed.confirmed_bytes()) != feed.confirmed_bytes();
    if (gets_on || !feed.awaits()) way.since_ms = now.steady_ms;
  }
  from.confirmed = confirmed;
  quorums_.confirm(id, confirmed);
}

void Leader::tick(Now now) {
  for (std::size_t id = 0; id < nodes_.size(); ++id) tick(static_cast<FollowerId>(id), now);
}

void Leader::tick(FollowerId id, Now now) {
  Node& to = node(id);
  if (!to.in) {
    if (to.linked && now.steady_ms >= to.again_ms) begin(id, now);
    return;
  }
  look_at(id, now);
  const bool silent = std::any_of(to.ways.begin(), to.ways.end(), [&](const Way& way) {
    return now.steady_ms - way.since_ms >= kFollowSilentMs;
  });
  if (to.in && silent)
    return out(id, "it has confirmed nothing for " + std::to_string(kFollowSilentMs) + " ms", now);
  if (!to.in || now.steady_ms - to.asked_ms < kFollowAskMs) return;
  to.asked_ms = now.steady_ms;
  to.backoff_ms = 0;
  for (const Way& way : to.ways) way.feed->ask_again();
}

void Leader::go_on(Now now) {
  for (std::size_t id = 0; id < nodes_.size(); ++id) {
    if (!nodes_[id].in) continue;
    for (const Way& way : nodes_[id].ways) way.feed->go_on(kFollowStepBytes);
    look_at(static_cast<FollowerId>(id), now);
  }
  spare_more();
}

bool Leader::can_go_on() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const Node& to) {
    return std::any_of(to.ways.begin(), to.ways.end(), [](const Way& way) { return way.feed->can_go_on(); });
  });
}

// One slot at a time, whoever it is for.
void Leader::copy_on(store::Store& store, std::size_t most) {
  for (const Node& to : nodes_) {
    for (const Way& way : to.ways) {
      if (!way.feed->can_copy()) continue;
      sums_.copied += way.feed->copy_on(store, most);
      return;
    }
  }
}

bool Leader::can_copy() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const Node& to) {
    return std::any_of(to.ways.begin(), to.ways.end(), [](const Way& way) { return way.feed->can_copy(); });
  });
}

// ---- What to do ----

std::optional<Leader::Frame> Leader::next_frame() {
  for (std::size_t id = 0; id < nodes_.size(); ++id) {
    std::uint16_t shard = 0;
    for (const Way& way : nodes_[id].ways) {
      if (const auto piece = way.feed->next_piece())
        return Frame{.node = static_cast<FollowerId>(id),
                     .shard = shard,
                     .stream = way.feed->stream(),
                     .piece = *piece};
      ++shard;
    }
  }
  return std::nullopt;
}

void Leader::prefetch(Slot slot) const {
  __builtin_prefetch(&slots_[slot / setup_.shards]);
  log_.prefetch(slot);
  for (const Node& to : nodes_) {
    if (to.in) to.ways[slot % to.ways.size()].feed->prefetch(slot);
  }
}

std::size_t Leader::confirmed_by(Slot slot, Lsn up_to) const {
  const FollowerSet& counted = this->counted(slot);
  // What stands behind the last change of the shard's own was there when they were counted.
  const Lsn needed = std::min(up_to, log_.end_lsn());
  return static_cast<std::size_t>(std::count_if(
      counted.begin(), counted.end(), [&](FollowerId id) { return nodes_[id].confirmed >= needed; }));
}

Feed::State Leader::state(FollowerId id, Slot slot) const {
  if (id >= nodes_.size() || nodes_[id].ways.empty()) return Feed::State::none;
  return feed_of(nodes_[id], slot).state(slot);
}

bool Leader::is_close(FollowerId id, Slot slot) const {
  return nodes_[id].in && feed_of(nodes_[id], slot).unsent() <= kHandoffFreezeBytes;
}

void CopiesCount::add(const CopiesCount& other) {
  wanted += other.wanted;
  counted += other.counted;
  parted += other.parted;
  left_alone += other.left_alone;
  behind += other.behind;
  behind_ms = std::max(behind_ms, other.behind_ms);
}

std::vector<CopiesCount> Leader::count(Now now) const {
  std::vector<CopiesCount> counts(nodes_.size());
  const auto of = [&counts](FollowerId id) -> CopiesCount& {
    if (counts.size() <= id) counts.resize(id + std::size_t{1});
    return counts[id];
  };
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto slot = static_cast<Slot>(i * setup_.shards + setup_.shard);
    for (const FollowerId id : slots_[i].wanted) {
      ++of(id).wanted;
      of(id).counted += slots_[i].counted.has(id) ? 1U : 0U;
      of(id).parted += state(id, slot) == Feed::State::parted ? 1U : 0U;
    }
    for (const FollowerId id : slots_[i].parted) ++of(id).left_alone;
  }
  for (std::size_t id = 0; id < nodes_.size(); ++id) {
    const Node& to = nodes_[id];
    if (counts[id].wanted == 0) continue;
    if (!to.in && to.out_ms != 0) counts[id].behind_ms = now.steady_ms - to.out_ms;
    for (const Way& way : to.ways) {
      counts[id].behind += way.feed->behind();
      if (way.feed->awaits())
        counts[id].behind_ms = std::max(counts[id].behind_ms, now.steady_ms - way.since_ms);
    }
  }
  return counts;
}

}  // namespace limpet::replica
