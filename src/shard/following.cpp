#include "following.hpp"

#include <iterator>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/cluster/line.hpp>
#include <limpet/replica/followed.hpp>
#include <utility>

namespace limpet::shard {

using cluster::NodeIndex;
using peer::Frame;
using peer::FrameType;

Following::Following(const ShardConfig& config, const Now& now, Effects& effects, engine::Engine& engine,
                     const ownership::Ownership& ownership, Neighbours& neighbours, Delivery& delivery)
    : config_(config),
      now_(now),
      effects_(effects),
      engine_(engine),
      ownership_(ownership),
      links_(neighbours.links()),
      peers_(neighbours.peers()),
      siblings_(neighbours.siblings()),
      delivery_(delivery),
      store_(now, engine, ownership) {
  if (!config.copies) return;
  LIMPET_ASSERT(engine.feed().journal() != nullptr && ownership.moves_slots());
  const replica::OwnSlots& own = *this;
  leader_.emplace(
      replica::Leader::Setup{.shard = config.index,
                             .shards = config.shards,
                             .log_bytes = part_of(config.copies->log_bytes, config.shards, config.index),
                             .first_stream = config.handoff->boot},
      own, config.copies->policy);
  copies_.emplace(store_, config.index, config.shards);
  copying_.emplace(engine.store());
  confirmer_ = engine.durability().join(engine.feed().end());
  engine.feed().subscribe(*this);
  lines_.resize((kSlots + config.shards - 1) / config.shards);
  follow_view();
}

// ---- Own slots ----

void Following::changed(Slot slot, std::string_view effects, Lsn end) {
  if (handoff::owns(ownership_.moves().title(slot))) return leader_->changed(slot, effects, end);
  // Somebody fills or clears what is another's: it is no copy any more.
  copies_->forget(slot);
  spoilt_.insert(slot);
}

// Unless it is being received, or has become this node's own meanwhile, or is about to with what is there.
void Following::note_spoilt() {
  for (const Slot slot : std::exchange(spoilt_, {})) {
    const bool is_its =
        handoff::owns(ownership_.moves().title(slot)) || ownership_.moves().incoming().is_moving(slot);
    if (!is_its && engine_.store().keys_in(slot) == 0) store_.spoilt(slot);
  }
}

Term Following::term(Slot slot) const { return ownership_.moves().title(slot).title.term; }
LastChange Following::last(Slot slot) const { return engine_.feed().journal()->last(slot); }
journal::SlotVersion Following::version(Slot slot) const { return engine_.feed().journal()->version(slot); }

// A node that is silent is not replaced: the file says who is to have copies.
void Following::follow_view() {
  if (!leader_) return;
  const std::vector<cluster::Node>& nodes = links_.view().nodes;
  const auto first = static_cast<Slot>(config_.index);
  cluster::each_line(links_.view(), first, config_.shards,
                     [&](Slot slot, const std::vector<NodeIndex>& line) {
                       line_of(slot).clear();
                       for (const NodeIndex node : line) {
                         const bool fits = nodes[node].listed && nodes[node].state == cluster::NodeState::up;
                         if (fits && line_of(slot).size() <= config_.copies->policy.followers)
                           line_of(slot).push_back(node);
                       }
                     });
  ownership_.slots().each_own([this](Slot slot) { rerouted(slot); });
}

void Following::rerouted(Slot slot) {
  if (!leader_ || !ownership_.slots().is_own(slot)) return;
  replica::FollowerSet followers;
  // Before it is loaded nobody knows what there is of it.
  if (ownership_.slots().is_loading(slot) || ownership_.slots().is_damaged(slot)) return;
  const bool owned = handoff::owns(ownership_.moves().title(slot));
  const auto given = giving_.find(slot);
  for (const NodeIndex node : line_of(slot)) {
    const bool fits = node != config_.self && (given == giving_.end() || node != given->second);
    if (owned && fits && followers.size() < config_.copies->policy.followers) followers.add(node);
  }
  leader_->set_followers(slot, followers);
  const bool was_copy = copies_->state(slot) != replica::Copies::State::none;
  if (owned && was_copy) {
    copies_->forget(slot);
    engine_.store().resume_reclaim(slot);
  }
  if (owned || ownership_.moves().incoming().is_moving(slot)) return;
  engine_.store().suspend_reclaim(slot);
  copies_->loaded(slot);
}

void Following::gives(Slot slot, NodeIndex to) {
  if (!leader_) return;
  giving_[slot] = to;
  rerouted(slot);
  send_pieces();
}

// ---- Links ----

void Following::link_is_up(NodeIndex node) {
  if (!leader_) return;
  const auto shards = links_.at(node).theirs().shards;
  if (shards && *shards >= 1 && *shards <= kShardsMax) leader_->link_up(node, *shards, now_);
  copies_->say_again(node);
}

void Following::link_is_lost(NodeIndex node) {
  if (leader_) leader_->link_lost(node, now_);
}

// ---- Frames ----

// One for another shard goes there behind the number of the node.
std::string_view Following::take(StreamId peer, const Frame& frame) {
  const std::optional<NodeIndex> from = peers_.node_of(peer);
  // Of an earlier start that kept copies; of a node that will be known before long, and begins anew then.
  if (!leader_ || !from || *from == config_.self) return {};
  const unsigned shard = ownership::shard_of(frame.slot, config_.shards);
  if (shard == config_.index) return take(*from, frame, frame.body) ? "" : "that says nothing of copies";
  Bytes body;
  append_le(body, *from);
  body.append(frame.body);
  siblings_.send(shard, {.type = frame.type, .slot = frame.slot, .id = frame.id, .body = body.view()});
  return {};
}

void Following::take(const Frame& sibling) {
  std::string_view body = sibling.body;
  NodeIndex node = 0;
  LIMPET_ASSERT(take_le(body, node));
  (void)take(node, sibling, body);
}

// A piece of a stream, or what is said of one. False: it is neither.
bool Following::take(NodeIndex node, const Frame& frame, std::string_view body) {
  if (frame.type == FrameType::followed) {
    const auto followed = replica::read_followed(body);
    return followed && leader_->heard(node, static_cast<std::uint16_t>(frame.id), *followed, now_);
  }
  std::uint64_t stream = 0;
  std::uint16_t shard = 0;
  if (!take_le(body, stream) || !take_le(body, shard) || shard >= kShardsMax) return false;
  return copies_->take({.node = node, .shard = shard}, stream, frame.id, body);
}

void Following::send_pieces() {
  while (const auto frame = leader_->next_frame()) {
    if (!links_.at(frame->node).up()) continue;  // it will be lost before long
    Bytes body;
    append_le(body, frame->stream);
    append_le(body, static_cast<std::uint16_t>(config_.index));
    body.append(frame->piece.bytes);
    links_.send(frame->node, {.type = FrameType::follow,
                              .slot = static_cast<Slot>(frame->shard),
                              .id = frame->piece.at,
                              .body = body.view()});
  }
}

void Following::send_followed() {
  while (const auto said = copies_->next_followed()) {
    const auto& [to, followed] = *said;
    if (!links_.at(to.node).up()) continue;  // once it is, all that is still true is said again
    Bytes body;
    replica::append_followed(body, followed);
    links_.send(to.node, {.type = FrameType::followed,
                          .slot = static_cast<Slot>(to.shard),
                          .id = config_.index,
                          .body = body.view()});
  }
}

// ---- What is safe ----

void Following::durable(Lsn up_to) {
  if (copies_) copies_->safe(up_to);
}

void Following::confirm() {
  const Lsn before = engine_.durability().safe();
  // What no follower is to have is confirmed with what was before it.
  engine_.durability().confirm(*confirmer_, leader_->is_idle() ? engine_.feed().end() : leader_->confirmed());
  if (engine_.durability().safe() > before) delivery_.release();
}

// ---- Time ----

void Following::tick() {
  if (!leader_) return;
  leader_->tick(now_);
  for (auto at = giving_.begin(); at != giving_.end();) {
    const Slot slot = at->first;
    const bool over = !ownership_.moves().is_moving_out(slot);
    at = over ? giving_.erase(at) : std::next(at);
    if (over) rerouted(slot);
  }
}

void Following::end_event() {
  if (!leader_) return;
  engine_.feed().end_command();
  note_spoilt();
  leader_->go_on(now_);
  send_pieces();
  send_followed();
  for (const replica::Leader::Note& note : std::exchange(leader_->notes(), {})) {
    effects_.notes.push_back(
        {Note::Level::warning,
         "node " + links_.name_of(note.node) + " is not counted on to have copies: " + note.why,
         {},
         {}});
  }
  confirm();
  if (can_go_on()) effects_.again = true;
}

void Following::go_on() {
  if (leader_ && leader_->can_copy()) leader_->copy_on(engine_.store(), kFollowStepBytes);
}

}  // namespace limpet::shard
