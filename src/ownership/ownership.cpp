#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/limits.hpp>
#include <limpet/cluster/line.hpp>
#include <limpet/ownership/ownership.hpp>
#include <utility>

namespace limpet::ownership {

using handoff::HandOvers;
using handoff::Owning;
using peer::Said;
using peer::WordWriter;

Ownership::Ownership(OwnershipConfig config, std::shared_ptr<const cluster::View> view, store::Store& store,
                     handoff::Numbering numbering, Now now)
    : config_(std::move(config)),
      view_(std::move(view)),
      slots_(*view_, config_.self, config_.shards, config_.shard),
      store_(store),
      numbering_(std::move(numbering)),
      plan_(config_.self) {
  const std::optional<HandoffConfig> handoff = std::exchange(config_.handoff, std::nullopt);
  if (handoff) begin(*handoff, now);
  if (!config_.loads) return;
  slots_.each_own([&](Slot slot) {
    slots_.begin_load(slot);
    actions_.reroute(slot);
  });
}

void Ownership::begin(const HandoffConfig& config, Now now) {
  const std::vector<handoff::SlotTitle>& titles = *config.titles;
  boot_ = config.boot;
  boots_ = config.boots;
  for (unsigned at = 0; at < kSlots; ++at) {
    const auto slot = static_cast<Slot>(at);
    const handoff::Title& title = titles[slot].title;
    const bool own = title.kind == handoff::Title::Kind::own;
    if (slots_.is_own(slot)) slots_.set_mode(slot, own ? SlotMode::serving : SlotMode::moved);
    // Whoever serves by as many cessions is believed rather than a start.
    if (own) known_.learn(slot, {config_.self, {title.term.cessions, 0}});
    if (title.kind == handoff::Title::Kind::ceded) known_.learn(slot, {title.to, title.term});
    if (const auto& promise = titles[slot].promise) known_.learn(slot, {promise->from, promise->term});
    actions_.reroute(slot);
  }
  moves_ = std::make_unique<HandOvers>(config_.self, config.boot, config_.shards, config_.shard, titles,
                                       store_, now);
  moves_->set_crash_hook(config.crash_hook);
  moves_->set_numbering(numbering_, config_.keeps_copies(*view_));
  starts_ = std::make_unique<handoff::Owners>(config_.shards, config_.shard, titles, config.raised, now);
  starts_->set_names(config_.self,
                     [this](handoff::Member member) { return std::string_view(view_->nodes[member].name); });
  first_slots_ = std::make_unique<FirstSlots>(config);
  moves_->set_startup_grace(true);
  slots_.each_own([&](Slot slot) {
    if (config_.loads) moves_->set_ready(slot, false);
    moves_->hold_back(slot, starts_->of_disk(slot));
    moves_->set_undecided(slot, starts_->of_disk(slot));
  });
  moves_->set_rate(config_.handover_rate, now);
  plan_moves(now);
}

void Ownership::plan_moves(Now now) { moves_->set_view(plan_.of(*view_), now); }

// ---- To see ----

Route Ownership::owner_route(Slot slot) const {
  const Owner& owner = known_.heard(slot);
  return slots_.owner_route(slot, owner.known() ? owner.node : view_->owner(slot),
                            starts_ && starts_->begins(slot));
}

peer::Standing Ownership::standing() const {
  const cluster::Node& me = view_->nodes[config_.self];
  return {.epoch = view_->epoch,
          .content_digest = view_->content_digest,
          .placement_digest = view_->placement_digest,
          .founded = first_slots_ ? first_slots_->founding().claimed() : 0,
          .boot = boot_,
          .fresh = first_slots_ && first_slots_->is_fresh(),
          .leaving = me.leaving,
          .leave_changes = me.leave_changes};
}

bool Ownership::begins_anew() const {
  bool anew = first_slots_->was_fresh();
  slots_.each_own([&](Slot slot) { anew = anew && moves_->title(slot) == handoff::SlotTitle{}; });
  return anew;
}

bool Ownership::is_mine(Slot slot) const {
  return handoff::owns(moves_->title(slot)) && !starts_->lost(slot, moves_->title(slot));
}

// A node that proves the secret is believed what it says of itself, unless it cannot be.
bool Ownership::can_be_true(Term term, NodeIndex node, Now now) {
  if (can_be(term, now.unix_ms)) return true;
  const std::string text = "node " + view_->nodes[node].name + " says that slots are held at term " +
                           text_of(term) +
                           ", years ahead of the clock here, and is not believed: set the clocks of both";
  if (const auto line = term_notes_.take(text, now)) actions_.note(NoteLevel::error, *line);
  return false;
}

// ---- Telling ----

namespace {

// A promise that was given up may be on the disk still, where what was promised has made room since for a
// copy that is not whole (following/copy_store.hpp): that is nothing.
bool is_part_of_a_copy(const LastChange& last) { return last.term == Term{} && last.boot != 0; }

LastChange of_whole(const LastChange& last) { return is_part_of_a_copy(last) ? LastChange{} : last; }

}  // namespace

// This node's word on a slot of this shard's. `all`: it stands among those on all slots. What it said before
// stands while it is being decided whose the slot is.
void Ownership::say(WordWriter& words, Slot slot, bool all) const {
  if (completing_.contains(slot)) return;
  // Who does not count what it has cannot say whether that is more than what anybody else has.
  if (const auto promise = moves_->incoming().promise(slot); promise && numbering_.counts()) {
    const bool is_there = moves_->title(slot).promise && !slots_.is_loading(slot);
    words.say_promised({.name = view_->nodes[promise->from].name,
                        .term = promise->term,
                        .boot = promise->migration.boot,
                        .attempt = promise->migration.attempt,
                        .bytes = promise->bytes,
                        .last = is_there ? std::optional(of_whole(numbering_.last(slot))) : std::nullopt},
                       slot);
  }
  if (is_mine(slot)) {
    const Owning mine = starts_->owning(slot, moves_->title(slot));
    return words.say(mine.begins ? Said::begins : Said::holds, "", mine.term, slot);
  }
  const Owner& owner = known_.latest(slot);
  if (owner.known()) {
    words.say(Said::knows, view_->nodes[owner.node].name, owner.term, slot);
  } else if (!all) {
    words.say(Said::knows, "", {}, slot);
  }
}

void Ownership::say_news(const WordWriter::Send& send) {
  WordWriter words(send);
  for (const Slot slot : news_.take_for_nodes()) say(words, slot, false);
  words.flush();
}

void Ownership::say_all(const WordWriter::Send& send) {
  WordWriter words(send);
  slots_.each_own([&](Slot slot) {
    say(words, slot, true);
    // Whoever gave it may have to know what is there of it before it can serve it.
    if (slots_.is_loading(slot) && moves_->incoming().promise(slot)) actions_.load_first(slot);
  });
  words.flush();
}

void Ownership::asks(NodeIndex node, std::uint64_t boot, const WordWriter::Send& send) {
  const std::string odd = boots_ ? boots_->runs(view_->nodes[node].name, boot) : "";
  if (!odd.empty()) actions_.note(NoteLevel::warning, odd);
  starts_->asks(node);
  WordWriter words(send);
  slots_.each_own([&](Slot slot) {
    if (starts_->begins(slot)) say(words, slot, true);
  });
  words.flush();
}

void Ownership::answered(NodeIndex node) { starts_->answered(node); }

// ---- Loading ----

void Ownership::loaded(Slot slot) {
  slots_.end_load(slot);
  actions_.reroute(slot);
  if (!moves_) return;
  // What it gave away, or received in part, before is not its own, and the disk is told so. Sessions of a
  // release that knew no titles are there before the first of them, and while nobody owns their slots.
  const handoff::SlotTitle& held = moves_->title(slot);
  const bool counts = numbering_.counts();
  if (counts && starts_->begins(slot)) unfinished_.loaded(slot, numbering_.last(slot));
  if (held.promise) news_.add(slot);
  if (counts && handoff::owns(held)) numbering_.begin(slot, held.title.term);
  const bool to_be_taken = held == handoff::SlotTitle{} && view_->home[slot] == config_.self &&
                           !known_.latest(slot).known() && first_slots_->has_begun(*view_);
  const bool first = !known_.heard(slot).known() && (first_slots_->was_fresh() || to_be_taken);
  const bool is_mine = handoff::owns(held) || held.promise || first;
  if (!is_mine && !config_.keeps_copies(*view_)) store_.clear(slot);
  moves_->set_ready(slot, true);
}

void Ownership::damaged(Slot slot) {
  slots_.damage(slot);
  actions_.reroute(slot);
}

// ---- Taking ----

// Slots of this shard that the view gives to this node, and of which nobody is known to own them.
std::size_t Ownership::take_first_slots(const NodeDirectory& nodes) {
  const auto has_heard = [this](NodeIndex node) { return starts_->has_heard(node); };
  if (!first_slots_->take(*view_, nodes, has_heard)) return 0;
  std::size_t taken = 0;
  slots_.each_own([&](Slot slot) {
    const bool unowned = !known_.latest(slot).known();
    if (view_->home[slot] == config_.self && unowned && moves_->claim(slot)) ++taken;
  });
  if (taken > 0) {
    actions_.note(NoteLevel::info, "shard " + std::to_string(config_.shard) + " takes its first " +
                                       std::to_string(taken) + " slots: all nodes run this cluster file");
  }
  return taken;
}

namespace {

// By slot, how near a node stands to it: 0 is its home, then come those of its line that are not gone.
std::vector<unsigned> nearness(const cluster::View& view, NodeIndex self, NodeIndex gone) {
  std::vector<unsigned> near(kSlots, kFollowersMax + 1);
  cluster::each_line(view, 0, 1, [&](Slot slot, const std::vector<NodeIndex>& line) {
    unsigned at = 0;
    for (const NodeIndex node : line) {
      at += node != gone ? 1 : 0;
      if (node == self) near[slot] = at;
    }
    if (view.home[slot] == self) near[slot] = 0;
  });
  return near;
}

// What whoever claims a slot goes on with: nothing; a copy, which has what its owner sent it; all there is.
enum class Heritage : std::uint8_t { nothing, copy, all };

// Terms of claims are far above those of ordinary owners, and above those of earlier claims even where these
// are not known: the slot may have changed hands any number of times since anything was heard of it. Who has
// more of it comes above who has less, should both of them claim it, whatever their clocks say; of those that
// have copies, whoever stands nearest to the slot.
Term term_of_claim(Term known, Heritage what, unsigned near, Now now) {
  constexpr unsigned kBitsOfAMinute = 16;
  const unsigned above = what == Heritage::nothing ? 0
                         : what == Heritage::copy  ? kBitsOfAMinute - 1 - near
                                                   : kBitsOfAMinute;
  return {std::max(known.cessions, static_cast<std::uint64_t>(now.unix_ms) << kClaimTimeShift) +
              (std::uint64_t{1} << (kClaimTimeShift + above)),
          0};
}

}  // namespace

Ownership::Claimed Ownership::claim(NodeIndex gone, bool all_heard, Now now) {
  Claimed claimed;
  const bool has_copies = config_.keeps_copies(*view_) && numbering_.counts();
  const std::vector<unsigned> near =
      has_copies ? nearness(*view_, config_.self, gone) : std::vector<unsigned>(kSlots, 0);
  slots_.each_own([&](Slot slot) {
    const Owner& owner = known_.latest(slot);
    // Whoever was giving it to the one that is gone has it still, and who was promised it by that one has all
    // that there is of it, wherever it is to be: it goes there from here. Of a slot that nobody has said to
    // own it counts that all others have said so: somebody who is in no file, or down, cannot be asked.
    const bool is_its = owner.known() ? owner.node == gone : all_heard;
    const LastChange last = numbering_.counts() ? numbering_.last(slot) : LastChange{};
    const bool promised = is_its && moves_->promised_by(slot, gone, owner.term);
    const bool whole = moves_->grants_to(slot, gone) || (promised && !is_part_of_a_copy(last));
    const bool copy = has_copies && near[slot] <= 1 && last.term != Term{};
    if (!whole && ((view_->home[slot] != config_.self && !copy) || !is_its)) return;
    const Heritage what = whole ? Heritage::all : copy ? Heritage::copy : Heritage::nothing;
    if (moves_->inherit(slot, term_of_claim(owner.term, what, near[slot], now), what != Heritage::nothing) ==
        HandOvers::Heritage::not_now) {
      ++claimed.missed;
      return;
    }
    // Another node may have more of it, and say so.
    if (!whole) starts_->claims(slot, now);
    ++(whole ? claimed.whole : copy ? claimed.copies : claimed.empty);
    claimed.taken.push_back(slot);
  });
  return claimed;
}

}  // namespace limpet::ownership
