#include <algorithm>
#include <array>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/cluster/line.hpp>
#include <limpet/following/following.hpp>
#include <limpet/replica/followed.hpp>
#include <utility>

namespace limpet::following {

using cluster::NodeIndex;
using peer::Frame;
using peer::FrameType;

namespace {
constexpr std::string_view kTooFewLeft =
    "INDOUBT what it has changed or would show is not confirmed: fewer followers are left than min_followers "
    "wants";

// Of one that is not counted on: it lacks little, and will be before long.
bool catches_up(replica::Feed::State state) {
  using State = replica::Feed::State;
  return state == State::asked || state == State::replayed || state == State::following;
}

}  // namespace

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
  if (config.follow_log_bytes == 0) return;
  LIMPET_ASSERT(engine.feed().journal() != nullptr && ownership.moves_slots());
  const replica::OwnSlots& own = *this;
  leader_.emplace(
      replica::Leader::Setup{.shard = config.index,
                             .shards = config.shards,
                             .log_bytes = part_of(config.follow_log_bytes, config.shards, config.index),
                             .first_stream = config.handoff->boot},
      own);
  copies_.emplace(store_, config.index, config.shards);
  follow_view();
}

// For the rest of this life, even if the file wants no copies later: those of others may be here still.
void Following::switch_on() {
  if (is_on()) return;
  copying_.emplace(engine_.store());
  confirmer_ = engine_.durability().join(engine_.feed().end(), "followers do");
  engine_.feed().subscribe(*this);
  lines_.resize((kSlots + config_.shards - 1) / config_.shards);
  for (std::size_t node = 0; node < links_.size(); ++node) {
    const links::Link* const link = links_.find(static_cast<NodeIndex>(node));
    if (link != nullptr && link->up()) link_is_up(link->node());
  }
}

// ---- Own slots ----

void Following::changed(Slot slot, std::string_view effects, Lsn end) {
  has_news_ = true;
  if (owns(slot)) return leader_->changed(slot, effects, end);
  // Somebody fills or clears what is another's: it is no copy any more.
  copies_->forget(slot);
  spoilt_.insert(slot);
}

void Following::prefetch(Slot slot) const {
  __builtin_prefetch(&ownership_.moves().title(slot));
  engine_.feed().journal()->prefetch_last(slot);
  leader_->prefetch(slot);
}

// Unless it is being received, or has become this node's own meanwhile, or is about to with what is there.
void Following::note_spoilt() {
  for (const Slot slot : std::exchange(spoilt_, {})) {
    const bool is_its = owns(slot) || ownership_.moves().incoming().is_moving(slot);
    if (!is_its && engine_.store().keys_in(slot) == 0) store_.spoilt(slot);
  }
}

Term Following::term(Slot slot) const { return ownership_.moves().title(slot).title.term; }
LastChange Following::last(Slot slot) const { return engine_.feed().journal()->last(slot); }
journal::SlotVersion Following::version(Slot slot) const { return engine_.feed().journal()->version(slot); }

void Following::follow_view() {
  has_news_ = true;
  if (!leader_) return;
  policy_ = links_.view().copies;
  leader_->set_policy(policy_);
  engine_.set_write_veto(policy_.min_followers > 0 ? this : nullptr);
  if (policy_.followers > 0) switch_on();
  if (!is_on()) return;
  cluster::each_line(links_.view(), static_cast<Slot>(config_.index), config_.shards,
                     [&](Slot slot, const std::vector<NodeIndex>& line) { line_of(slot) = line; });
  ownership_.slots().each_own([this](Slot slot) { rerouted(slot); });
}

void Following::rerouted(Slot slot) {
  has_news_ = true;
  if (!is_on() || !ownership_.slots().is_own(slot)) return;
  // Before it is loaded nobody knows what there is of it.
  if (ownership_.slots().is_loading(slot) || ownership_.slots().is_damaged(slot)) return;
  owns(slot) ? owned(slot) : not_owned(slot);
}

void Following::owned(Slot slot) {
  if (copies_->state(slot) != replica::Copies::State::none) {
    copies_->forget(slot);
    engine_.store().resume_reclaim(slot);
  }
  std::vector<NodeIndex> line = line_of(slot);
  if (const auto given = giving_.find(slot); given != giving_.end()) std::erase(line, given->second);
  replica::FollowerSet followers;
  for (const NodeIndex node : cluster::followers_in(links_.view(), line, config_.self)) followers.add(node);
  leader_->set_followers(slot, followers);
}

void Following::not_owned(Slot slot) {
  leader_->give_away(slot);
  if (ownership_.moves().incoming().is_moving(slot)) return;
  engine_.store().suspend_reclaim(slot);
  copies_->loaded(slot);
}

void Following::gives(Slot slot, NodeIndex to) {
  const auto given = giving_.find(slot);
  if (!is_on() || (given != giving_.end() && given->second == to)) return;
  giving_[slot] = to;
  leader_->unfollow(slot, to);
  rerouted(slot);
  send_pieces();
}

void Following::keeps(Slot slot) {
  if (!ownership_.moves().is_moving_out(slot) && giving_.erase(slot) > 0) rerouted(slot);
}

// Where a copy has to be made, a hand-over makes it as well as anybody.
handoff::TargetCopy Following::copy_at(Slot slot, NodeIndex node) const {
  if (!is_on()) return handoff::TargetCopy::none;
  if (leader_->counted(slot).has(node)) {
    return leader_->is_close(node, slot) ? handoff::TargetCopy::there : handoff::TargetCopy::coming;
  }
  const replica::Feed::State state = leader_->state(node, slot);
  const bool comes = catches_up(state) || state == replica::Feed::State::copied;
  return comes ? handoff::TargetCopy::coming : handoff::TargetCopy::none;
}

// ---- Too few ----

bool Following::lacks_followers(Slot slot) const {
  return is_on() && owns(slot) && leader_->counted(slot).size() < policy_.min_followers;
}

bool Following::awaits_followers(Slot slot) const {
  if (!lacks_followers(slot)) return false;
  const replica::FollowerSet& wanted = leader_->wanted(slot);
  return std::any_of(wanted.begin(), wanted.end(), [&](NodeIndex node) {
    return !leader_->counted(slot).has(node) && catches_up(leader_->state(node, slot));
  });
}

std::string Following::why_not(std::optional<Slot> slot) const {
  if (!slot) {
    ownership_.slots().each_own([&](Slot of) {
      if (!slot && lacks_followers(of)) slot = of;
    });
  }
  if (!slot || !lacks_followers(*slot)) return {};
  ++refused_;
  std::string away;
  for (const NodeIndex node : leader_->wanted(*slot)) {
    if (leader_->counted(*slot).has(node)) continue;
    away += (away.empty() ? "" : "; ") + links_.name_of(node) + why_away(node, *slot);
  }
  return "NOREPLICAS " + std::to_string(leader_->counted(*slot).size()) + " of " +
         std::to_string(policy_.followers) + " followers of slot " + std::to_string(*slot) +
         " are in sync, and min_followers is " + std::to_string(policy_.min_followers) +
         (away.empty() ? "" : " (" + away + ")");
}

std::string Following::why_away(NodeIndex node, Slot slot) const {
  using State = replica::Feed::State;
  if (!leader_->is_in(node)) {
    const std::string_view why = leader_->why_out(node);
    return " is out: " + std::string(why.empty() ? "it is not connected" : why);
  }
  const State state = leader_->state(node, slot);
  return state == State::parted ? " has changes that are not in this history"
         : state == State::left ? " has refused the slot"
                                : " is catching up";
}

// ---- Links ----

void Following::link_is_up(NodeIndex node) {
  has_news_ = true;
  if (!is_on()) return;
  said_.erase(node);
  const auto shards = links_.at(node).theirs().shards;
  if (shards && *shards >= 1 && *shards <= kShardsMax) leader_->link_up(node, *shards, now_);
  copies_->say_again(node);
}

void Following::link_is_lost(NodeIndex node) {
  has_news_ = true;
  if (is_on()) leader_->link_lost(node, now_);
}

// ---- Frames ----

// One for another shard goes there behind the number of the node.
std::string_view Following::take(StreamId peer, const Frame& frame) {
  const std::optional<NodeIndex> from = peers_.node_of(peer);
  // Of an earlier start that kept copies; of a node that will be known before long, and begins anew then.
  if (!leader_ || !from || *from == config_.self) return {};
  const unsigned shard = ownership::shard_of(frame.slot, config_.shards);
  const std::uint64_t boot = peers_.greeting_of(peer)->boot;
  if (shard == config_.index)
    return take({*from, boot}, frame, frame.body) ? "" : "that says nothing of copies";
  Bytes body;
  append_le(body, *from);
  append_le(body, boot);
  body.append(frame.body);
  siblings_.send(shard, {.type = frame.type, .slot = frame.slot, .id = frame.id, .body = body.view()});
  return {};
}

void Following::take(const Frame& sibling) {
  if (!leader_) return;
  std::string_view body = sibling.body;
  Start start;
  LIMPET_ASSERT(take_le(body, start.node) && take_le(body, start.boot));
  // Another shard may have read of a node before this one has.
  if (start.node < links_.size()) (void)take(start, sibling, body);
}

// A piece of a stream, or what is said of one. False: it is neither.
bool Following::take(const Start& from, const Frame& frame, std::string_view body) {
  has_news_ = true;
  if (frame.type == FrameType::followed) {
    const auto followed = replica::read_followed(body);
    return followed && leader_->heard(from.node, static_cast<std::uint16_t>(frame.id), *followed, now_);
  }
  if (!is_on()) {
    switch_on();
    follow_view();
  }
  std::uint64_t stream = 0;
  std::uint16_t shard = 0;
  if (!take_le(body, stream) || !take_le(body, shard) || shard >= kShardsMax) return false;
  return copies_->take({.node = from.node, .shard = shard}, {.boot = from.boot, .id = stream}, frame.id,
                       body);
}

void Following::send_pieces() {
  while (const auto frame = leader_->next_frame()) {
    if (!links_.at(frame->node).up()) continue;  // it will be lost before long
    std::array<char, 10> before;
    store_le(before.data(), frame->stream);
    store_le(before.data() + 8, static_cast<std::uint16_t>(config_.index));
    links_.send(frame->node,
                {.type = FrameType::follow,
                 .slot = static_cast<Slot>(frame->shard),
                 .id = frame->piece.at,
                 .body = frame->piece.bytes},
                {before.data(), before.size()});
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
  has_news_ = true;
  if (copies_) copies_->safe(up_to);
}

void Following::confirm() {
  confirm_more();
  while (const auto lost = leader_->give_up_stuck()) {
    delivery_.doubt(lost->behind, lost->up_to, kTooFewLeft);
    confirm_more();
  }
}

void Following::confirm_more() {
  const Lsn before = engine_.durability().safe();
  // What no follower is to have is confirmed with what was before it.
  engine_.durability().confirm(*confirmer_, leader_->is_idle() ? engine_.feed().end() : leader_->confirmed());
  if (engine_.durability().safe() > before) delivery_.release();
}

// ---- To see ----

std::uint64_t Following::own_sessions() const {
  std::uint64_t sessions = engine_.store().stats().sessions;
  if (!is_on()) return sessions;
  ownership_.slots().each_own([&](Slot slot) {
    if (copies_->state(slot) != replica::Copies::State::none) sessions -= engine_.store().sessions_in(slot);
  });
  return sessions;
}

replica::CopiesCount Following::count() const {
  replica::CopiesCount all;
  if (is_on()) {
    for (const replica::CopiesCount& one : leader_->count(now_)) all.add(one);
  }
  return all;
}

void Following::show_in(reports::ShardStats& stats) const {
  if (!is_on()) return;
  reports::CopiesStats& copies = stats.copies;
  for (const replica::CopiesCount& one : leader_->count(now_)) {
    const auto behind_ms = static_cast<std::uint64_t>(one.behind_ms);
    stats.followers.push_back(
        {.wanted = one.wanted, .in_sync = one.counted, .behind_bytes = one.behind, .behind_ms = behind_ms});
    copies.add({.wanted = one.wanted,
                .in_sync = one.counted,
                .parted = one.parted + one.left_alone,
                .behind_bytes = one.behind,
                .behind_ms = behind_ms});
  }
  copies.outs_total = leader_->sums().outs;
  copies.alone_total = leader_->sums().alone;
  copies.copied_bytes_total = leader_->sums().copied;
  copies.refused_total = refused_;
  ownership_.slots().each_own([&](Slot slot) {
    const replica::Copies::State state = copies_->state(slot);
    if (state == replica::Copies::State::none) return;
    copies.kept += state == replica::Copies::State::whole ? 1U : 0U;
    copies.kept_sessions += engine_.store().sessions_in(slot);
    copies.kept_keys += engine_.store().keys_in(slot);
  });
}

std::size_t Following::confirmed_by(Slot slot) const {
  return is_on() ? leader_->confirmed_by(slot, engine_.feed().end_of(slot)) : 0;
}

// ---- Time ----

void Following::tick() {
  has_news_ = true;
  if (!is_on()) return;
  leader_->tick(now_);
  copies_->tick();
  for (auto at = giving_.begin(); at != giving_.end();) keeps((at++)->first);
}

void Following::end_event() {
  if (!is_on()) return;
  engine_.feed().end_command();
  if (!std::exchange(has_news_, false)) return;
  note_spoilt();
  leader_->go_on(now_);
  send_pieces();
  send_followed();
  for (replica::Leader::Note& note : std::exchange(leader_->notes(), {}))
    say_once(note.node, std::move(note.why));
  confirm();
  if (can_go_on()) effects_.again = true;
}

// Until its link is new: what it has no memory for it is asked again and again.
void Following::say_once(NodeIndex node, std::string why) {
  std::string& said = said_[node];
  if (std::exchange(said, why) == why) return;
  effects_.notes.push_back({Note::Level::warning,
                            "node " + links_.name_of(node) + " is not counted on to have copies: " + why,
                            {},
                            {}});
}

void Following::go_on() {
  has_news_ = true;
  if (leader_ && leader_->can_copy()) leader_->copy_on(engine_.store(), kFollowStepBytes);
}

}  // namespace limpet::following
