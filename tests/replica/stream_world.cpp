#include "stream_world.hpp"

#include <limpet/base/limits.hpp>
#include <limpet/replica/followed.hpp>

namespace limpet::replica {

namespace {

constexpr Sender kFrom{.node = 9, .shard = 0};

std::map<std::string, std::string> of_slot(const std::map<std::string, std::string>& all, Slot slot) {
  std::map<std::string, std::string> some;
  for (const auto& [key, value] : all) {
    if (KeyRef::of(key).slot == slot) some.emplace(key, value);
  }
  return some;
}

}  // namespace

StreamWorld::StreamWorld(const WorldOptions& options)
    : options_(options),
      random_(options.seed),
      own_(options.seed, writer_),
      leader_({.log_bytes = options.log_bytes}, *this),
      nodes_(options.nodes) {
  leader_.set_policy(options.policy);
  writer_.set_watch([this](Slot slot, std::string_view effects) {
    const FollowerSet& counted = leader_.counted(slot);
    unconfirmed_.push_back({.slot = slot,
                            .made = writer_.last(slot),
                            .end = writer_.position(),
                            .followers = counted,
                            .wanted = cluster::wanted(options_.policy, counted.size())});
    leader_.changed(slot, effects, writer_.position());
  });
  copying_.emplace(own_.store());
  for (Node& node : nodes_) {
    const std::size_t shards = 1 + below(3);
    for (std::size_t i = 0; i < shards; ++i) {
      node.shards.push_back(std::make_unique<Shard>());
      node.shards.back()->copies.emplace(node.shards.back()->keeper, static_cast<unsigned>(i),
                                         static_cast<unsigned>(shards));
    }
  }
  for (std::size_t uid = 0; uid < own_.uids(); ++uid)
    slots_.insert(KeyRef::of("{u" + std::to_string(uid) + "}").slot);
  for (int i = 0; i < 3; ++i) slots_.insert(KeyRef::of("{h" + std::to_string(i) + "}").slot);
  for (const Slot slot : slots_) writer_.set_term(slot, term_);
  // Some of it was there before anybody followed.
  own_.steps(static_cast<int>(below(200)));
  if (options.large) own_.add_large();
  writer_.end_command();
  for (const Slot slot : slots_) follow_anew(slot);
}

void StreamWorld::follow_anew(Slot slot) {
  FollowerSet set;
  const auto first = below(nodes_.size());
  for (unsigned i = 0; i < options_.policy.followers; ++i)
    set.add(static_cast<FollowerId>((first + i) % nodes_.size()));
  followers_[slot] = set;
  leader_.set_followers(slot, set);
}

// ---- What happens ----

void StreamWorld::operate() {
  for (std::size_t count = 1 + below(3); count > 0; --count) {
    own_.step();
    writer_.end_command();
  }
  (void)writer_.take();
  if (below(100) != 0) return;
  // It has been elsewhere meanwhile, or was started again.
  term_ = below(2) == 0 ? after_cession(term_) : after_restart(term_);
  for (const Slot slot : slots_) {
    journal::SlotVersion version = writer_.version(slot);
    version.cessions = term_.cessions;
    writer_.set_sequence(slot, writer_.sequence(slot), version);
    writer_.set_term(slot, term_);
  }
}

void StreamWorld::go_on() {
  leader_.go_on(now());
  if (below(3) == 0 && leader_.can_copy()) leader_.copy_on(own_.store(), 1 + below(2) * below(20'000));
  while (const auto frame = leader_.next_frame()) {
    if (frame->piece.bytes.size() > kFollowPieceBytes) wrong_ = "a piece is too long";
    Node& node = nodes_[frame->node];
    if (!node.up) wrong_ = "it sends where no link is";
    node.shards[frame->shard]->coming.push_back(
        {frame->stream, frame->piece.at, std::string(frame->piece.bytes)});
  }
  look();
}

// Behind everything that the leader is told, as nobody waits any more for one that goes out.
void StreamWorld::look() {
  for (const Leader::Note& note : std::exchange(leader_.notes(), {})) {
    if (!note.is_out) continue;
    ++outs_;
    for (Change& change : unconfirmed_) change.followers.remove(note.node);
  }
  check_confirmed();
}

void StreamWorld::deliver(unsigned of) {
  Node& node = nodes_[of];
  for (const auto& shard : node.shards) {
    for (auto* const queue : {&shard->coming, &shard->late}) {
      if (queue->empty() || below(3) == 0) continue;
      const Shard::Piece piece = std::move(queue->front());
      queue->pop_front();
      if (!shard->copies->take(kFrom, {.boot = 1, .id = piece.stream}, piece.begin, piece.bytes))
        wrong_ = "a stream is refused";
    }
    if (below(4) == 0) {
      const Lsn unsafe = shard->keeper.end() - shard->keeper.safe();
      shard->keeper.sync(shard->keeper.safe() + unsafe - (below(2) == 0 ? 0 : below(unsafe + 1) / 10 * 10));
      shard->copies->safe(shard->keeper.safe());
    }
  }
  speak(of);
}

void StreamWorld::speak(unsigned of) {
  Node& node = nodes_[of];
  for (std::uint16_t i = 0; i < node.shards.size(); ++i) {
    while (const auto followed = node.shards[i]->copies->next_followed()) {
      Bytes bytes;
      append_followed(bytes, followed->second);
      if (bytes.size() > kPieceBytes) wrong_ = "an answer is too long";
      if (node.back) node.said.emplace_back(i, bytes.view());
    }
  }
  while (!node.said.empty() && below(3) != 0) {
    const auto followed = read_followed(node.said.front().second);
    if (!followed) wrong_ = "an answer cannot be read";
    if (!leader_.heard(static_cast<FollowerId>(of), node.said.front().first, *followed, now()))
      wrong_ = "an answer cannot be true";
    look();
    node.said.pop_front();
  }
}

// Both ways, as far as they are not there.
void StreamWorld::link(unsigned of) {
  Node& node = nodes_[of];
  if (!std::exchange(node.up, true))
    leader_.link_up(static_cast<FollowerId>(of), static_cast<unsigned>(node.shards.size()), now());
  if (std::exchange(node.back, true)) return;
  for (const auto& shard : node.shards) shard->copies->say_again(kFrom.node);
}

void StreamWorld::lose_link(unsigned of) {
  Node& node = nodes_[of];
  if (std::exchange(node.up, false)) leader_.link_lost(static_cast<FollowerId>(of), now());
  look();
  for (const auto& shard : node.shards) {
    shard->late = below(2) == 0 ? std::exchange(shard->coming, {}) : std::deque<Shard::Piece>{};
    shard->coming.clear();
  }
}

void StreamWorld::crash(unsigned of) {
  Node& node = nodes_[of];
  ++crashes_;
  lose_link(of);
  node.back = false;
  node.said.clear();
  if (below(4) == 0) return;
  for (std::size_t i = 0; i < node.shards.size(); ++i) {
    Shard& shard = *node.shards[i];
    shard.late.clear();
    shard.keeper.crash();
    shard.copies.emplace(shard.keeper, static_cast<unsigned>(i), static_cast<unsigned>(node.shards.size()));
    shard.copies->safe(shard.keeper.safe());
    for (const Slot slot : shard.keeper.slots()) shard.copies->loaded(slot);
  }
}

void StreamWorld::go_wrong() {
  const auto of = static_cast<unsigned>(below(nodes_.size()));
  Node& node = nodes_[of];
  switch (below(12)) {
    case 0:
      return lose_link(of);
    case 1:
      node.back = false;
      node.said.clear();
      return;
    case 2:
      return crash(of);
    case 3:
      for (const auto& shard : node.shards) shard->keeper.set_full(below(2) == 0, below(2) == 0);
      return;
    case 4: {
      if (below(2) == 0 && !unconfirmed_.empty()) return follow_anew(unconfirmed_.back().slot);
      auto slot = slots_.begin();
      std::advance(slot, below(slots_.size()));
      return follow_anew(*slot);
    }
    case 5:
      now_ms_ += static_cast<std::int64_t>(below(4'000));
      leader_.tick(now());
      return look();
    default:
      return link(of);
  }
}

// ---- What has to hold ----

void StreamWorld::check_confirmed() {
  while (!unconfirmed_.empty() && unconfirmed_.front().end <= leader_.confirmed()) {
    const Change& change = unconfirmed_.front();
    std::size_t have = 0;
    // Others may have taken the place of those that it waited for.
    for (const Node& node : nodes_) {
      const auto& shards = node.shards;
      const LastChange there = shards[change.slot % shards.size()]->keeper.safe_last(change.slot);
      if (there.term >= change.made.term && there.number >= change.made.number) ++have;
    }
    if (have < std::min<std::size_t>(change.wanted, change.followers.size()))
      wrong_ = "confirmed is what is on no disk: change " + std::to_string(change.made.number) + " of slot " +
               std::to_string(change.slot);
    if (change.wanted > 0 && have > 0) ++confirmed_;
    unconfirmed_.pop_front();
  }
}

std::string StreamWorld::run() {
  for (unsigned step = 0; step < options_.steps && wrong_.empty(); ++step) {
    if (below(2) == 0) operate();
    if (below(100) == 0) follow_anew(*slots_.begin());
    if (below(2) == 0) go_on();
    deliver(static_cast<unsigned>(below(nodes_.size())));
    if (below(20) == 0) now_ms_ += 20;
    if (below(20) == 0) leader_.tick(now());
    look();
    if (below(40) == 0) go_wrong();
    go_on();
  }
  if (wrong_.empty()) settle();
  return wrong_.empty() ? compare() : wrong_;
}

void StreamWorld::settle() {
  for (unsigned of = 0; of < nodes_.size(); ++of) {
    for (const auto& shard : nodes_[of].shards) shard->keeper.set_full(false);
    link(of);
  }
  for (unsigned round = 0; round < 4'000 && wrong_.empty(); ++round) {
    go_on();
    for (unsigned of = 0; of < nodes_.size(); ++of) deliver(of);
    now_ms_ += 50;
    leader_.tick(now());
  }
}

std::string StreamWorld::compare() {
  if (!unconfirmed_.empty()) return std::to_string(unconfirmed_.size()) + " changes are not confirmed";
  const std::int64_t at = own_.now();
  const auto mine = store::contents(own_.store(), at);
  for (const Slot slot : slots_) {
    for (const FollowerId id : followers_[slot]) {
      const std::string where = "slot " + std::to_string(slot) + " at node " + std::to_string(id);
      Shard& shard = *nodes_[id].shards[slot % nodes_[id].shards.size()];
      if (!leader_.counted(slot).has(id)) {
        const LastChange there = shard.keeper.last(slot);
        return where + " is not counted on: state " +
               std::to_string(static_cast<int>(leader_.state(id, slot))) + ", in " +
               std::to_string(leader_.is_in(id)) + ", change " + std::to_string(there.number) + " at " +
               text_of(there.term) + " of " + std::to_string(writer_.last(slot).number) + " at " +
               text_of(writer_.last(slot).term);
      }
      if (of_slot(store::contents(shard.keeper.store(), at), slot) != of_slot(mine, slot))
        return where + " is not what its owner has";
      if (shard.keeper.writer().version(slot).last != writer_.version(slot).last)
        return where + " has another last change";
      if (shard.keeper.writer().version(slot).ends != writer_.version(slot).ends)
        return where + " has another history";
    }
    for (std::size_t id = 0; id < nodes_.size(); ++id) {
      if (followers_[slot].has(static_cast<FollowerId>(id))) continue;
      Shard& shard = *nodes_[id].shards[slot % nodes_[id].shards.size()];
      if (shard.keeper.store().keys_in(slot) > 0)
        return "node " + std::to_string(id) + " has kept slot " + std::to_string(slot);
    }
  }
  return {};
}

}  // namespace limpet::replica
