#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/replica/leader.hpp>
#include <utility>

namespace limpet::replica {

Leader::Leader(const Setup& setup, const OwnSlots& own, const Policy& policy)
    : setup_(setup),
      own_(own),
      policy_(policy),
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
  const FollowerSet before = std::exchange(followers.wanted, nodes);
  for (const FollowerId id : before) {
    if (nodes.has(id)) continue;
    followers.counted.remove(id);
    if (!node(id).ways.empty()) feed_of(node(id), slot).unfollow(slot);
  }
  for (const FollowerId id : nodes) {
    if (!before.has(id) && !node(id).ways.empty()) feed_of(node(id), slot).follow(slot);
  }
}

// Another number of shards than before: which slot goes by which feed is another, too.
void Leader::make_feeds(FollowerId id, unsigned shards) {
  Node& to = node(id);
  if (to.ways.size() == shards) return;
  to.ways.clear();
  for (unsigned shard = 0; shard < shards; ++shard)
    to.ways.push_back({.feed = std::make_unique<Feed>(log_, own_, setup_.shard, setup_.shards)});
  each_slot([&](Slot slot) {
    if (at(slot).wanted.has(id)) feed_of(to, slot).follow(slot);
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
  gone.again_ms = now.steady_ms + gone.backoff_ms;
}

void Leader::begin(Node& to, Now now) {
  to.in = true;
  to.asked_ms = now.steady_ms;
  ++next_stream_;
  for (Way& way : to.ways) {
    way.feed->begin(next_stream_);
    way.since_ms = now.steady_ms;
  }
}

void Leader::end(FollowerId id, const std::string& why) {
  Node& gone = node(id);
  gone.in = false;
  for (const Way& way : gone.ways) {
    way.feed->end();
    for (const Slot slot : way.feed->take_left()) at(slot).counted.remove(id);
    (void)way.feed->take_joined();
  }
  quorums_.out(id);
  notes_.push_back({.node = id, .why = why});
}

// It is tried again, later each time.
void Leader::out(FollowerId id, const std::string& why, Now now) {
  end(id, why);
  Node& gone = node(id);
  gone.backoff_ms = std::clamp(2 * gone.backoff_ms, kFollowAgainMinMs, kFollowAgainMaxMs);
  gone.again_ms = now.steady_ms + gone.backoff_ms;
}

// ---- What happens ----

void Leader::changed(Slot slot, std::string_view effects, Lsn end) {
  const SlotFollowers& followers = at(slot);
  log_.add({.slot = slot, .made = own_.last(slot), .end = end, .effects = effects});
  quorums_.changed(end, followers.counted, wanted(policy_, followers.counted.size()), policy_.min_followers);
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
    if (!feed.is_open()) return out(id, "one of its copies is not what it should be", now);
    if (feed.is_lost()) return out(id, "it is too far behind", now);
    for (const Slot slot : feed.take_left()) at(slot).counted.remove(id);
    for (const Slot slot : feed.take_joined()) {
      if (at(slot).wanted.has(id) && !at(slot).counted.has(id)) at(slot).counted.add(id);
    }
    confirmed = std::min(confirmed, feed.confirmed());
    const bool gets_on = std::exchange(way.confirmed, feed.confirmed_bytes()) != feed.confirmed_bytes();
    if (gets_on || !feed.awaits()) way.since_ms = now.steady_ms;
  }
  quorums_.confirm(id, confirmed);
}

void Leader::tick(Now now) {
  for (std::size_t id = 0; id < nodes_.size(); ++id) tick(static_cast<FollowerId>(id), now);
}

void Leader::tick(FollowerId id, Now now) {
  Node& to = node(id);
  if (!to.in) {
    if (to.linked && now.steady_ms >= to.again_ms) begin(to, now);
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
      if (way.feed->can_copy()) return way.feed->copy_on(store, most);
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

Feed::State Leader::state(FollowerId id, Slot slot) const {
  if (id >= nodes_.size() || nodes_[id].ways.empty()) return Feed::State::none;
  return nodes_[id].ways[slot % nodes_[id].ways.size()].feed->state(slot);
}

CopiesCount Leader::count() const {
  CopiesCount count;
  for (const SlotFollowers& followers : slots_) {
    count.wanted += followers.wanted.size();
    count.counted += followers.counted.size();
  }
  for (const Node& to : nodes_) {
    for (const Way& way : to.ways) {
      count.parted += way.feed->parted();
      count.behind += way.feed->behind();
    }
  }
  return count;
}

}  // namespace limpet::replica
