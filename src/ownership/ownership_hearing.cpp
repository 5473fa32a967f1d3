// What other nodes, other shards of this one and hand-overs say of slots, and what follows from it.
#include <limpet/base/assert.hpp>
#include <limpet/ownership/ownership.hpp>

namespace limpet::ownership {

using handoff::Owning;
using peer::Said;

bool Ownership::hears(NodeIndex node, std::string_view words, Now now) {
  if (!peer::are_words(words)) return false;
  if (!moves_) return true;
  peer::Section section;
  while (peer::take_section(words, section)) hears_section(node, section, now);
  return true;
}

void Ownership::hears_section(NodeIndex node, const peer::Section& section, Now now) {
  const auto named = view_->find(section.name);         // no node has an empty name
  if (section.said == Said::boot && boots_ && named) {  // names that nobody has are not kept
    const std::string odd = boots_->has_run(view_->nodes[*named].name, section.boot, view_->nodes[node].name);
    if (!odd.empty()) actions_.note(NoteLevel::error, odd);
  }
  if (!can_be_true(section.term, node, now)) return;
  for (std::size_t at = 0; at < section.count(); ++at) {
    const Slot slot = section.slot(at);
    switch (section.said) {
      case Said::holds:
      case Said::begins:
        hears_owner(slot, node, {.term = section.term, .begins = section.said == Said::begins}, now);
        break;
      case Said::knows:
        hears_known(slot, node, named ? Owner{*named, section.term} : Owner{}, now);
        break;
      case Said::promised:
        if (named == config_.self) hears_promised(slot, node, section, now);
        break;
      default:
        break;
    }
  }
}

bool Ownership::hears_of(NodeIndex node, Slot slot, Term term, Now now) {
  return can_be_true(term, node, now) && learn(slot, {node, term}, now);
}

// True: that is news.
bool Ownership::learn(Slot slot, const Owner& owner, Now now) {
  const bool own = slots_.is_own(slot) && owner.node != config_.self;
  if (own && handoff::owns(moves_->title(slot)))
    return false;  // hears_owner() and hears_known() say whose it is
  if (!known_.learn(slot, owner)) return false;
  actions_.is_alive(owner.node);  // it could not have become the owner otherwise
  if (own) moves_->overtaken(slot, owner.term, now);
  actions_.reroute(slot);
  return true;
}

// The shard whose slots they are says so, and knows whether they are this node's.
void Ownership::hears_shard(std::string_view owners, Now now) {
  peer::OwnerOf said;
  while (peer::take_owner(owners, said)) {
    if (said.node >= view_->nodes.size()) {
      unplaced_.push_back(said);  // until the view that knows that node has come
      continue;
    }
    const Owner owner{said.node, said.term};
    const Owner& before = known_.heard(said.slot);
    if (before.known() && before.node == config_.self && said.node != config_.self) {
      known_.put(said.slot, owner);
      actions_.reroute(said.slot);
    } else {
      learn(said.slot, owner, now);
    }
  }
}

void Ownership::hears_owner(Slot slot, NodeIndex node, const Owning& his, Now now) {
  const bool own = slots_.is_own(slot);
  if (own) {
    const bool mine = is_mine(slot);
    const bool gives_way =
        starts_->hears(slot, node, his, mine ? moves_->title(slot) : handoff::SlotTitle{}, now);
    if (gives_way) return give_way(slot, {node, his.term}, now);
    if (mine) return;  // he gives way when he hears of it
  }
  // Where a start is not believed yet, whoever serves by as many cessions is.
  learn(slot, {node, his.begins ? Term{his.term.cessions, 0} : his.term}, now);
  if (own && !his.begins) moves_->goes_on(node, slot, his.term, now);
}

// `from` says that the slot is not its own, and whose it is, if it knows that.
void Ownership::hears_known(Slot slot, NodeIndex from, const Owner& owner, Now now) {
  const bool own = slots_.is_own(slot);
  const bool of_me = owner.node == config_.self;
  if (own) {
    starts_->hears_not(slot, from);
    const bool mine = is_mine(slot);
    // Whoever has just started may know of an owner before the last.
    const Owner& latest = known_.latest(slot);
    const bool passed_on = !mine && latest.node != config_.self && latest.term > owner.term;
    const bool told = owner.known() && !passed_on;
    if (told && starts_->hears_of(slot, owner.node, owner.term, moves_->title(slot)) && mine)
      return give_way(slot, owner, now);
    if (mine) return;
    if (of_me) moves_->is_known_as_its(slot, owner.term);
  }
  if (of_me && !(own && starts_->forgotten().contains(slot))) return;  // it may be on its way
  const Owner known = known_.heard(slot);
  const bool was_his = known.known() && known.node == from;
  const bool later = owner.term > known.term;
  // How often either was restarted says nothing where he has given way. An owner of before that is no news:
  // his disk may be an old copy.
  const bool gave_way = was_his && owner.node != from && owner.term.cessions >= known.term.cessions;
  if (later && !of_me) {
    known_.told(slot, owner);
    if (own) moves_->overtaken(slot, owner.term, now);
  } else if (later || gave_way || (was_his && !owner.known())) {
    known_.put(slot, owner);
    actions_.reroute(slot);
  }
}

// `from` was promised the slot by this node, in its last life.
void Ownership::hears_promised(Slot slot, NodeIndex from, const peer::Section& promise, Now now) {
  if (!slots_.is_own(slot) || !starts_->begins(slot)) return;
  if (promise.term.cessions != starts_->owning(slot, moves_->title(slot)).term.cessions) return;
  const handoff::Unfinished::Offer offer{.by = from,
                                         .term = promise.term,
                                         .migration = {.boot = promise.boot, .attempt = promise.attempt},
                                         .bytes = promise.bytes,
                                         .last = promise.last};
  unfinished_.hears(slot, offer, now);
  if (slots_.is_loading(slot)) actions_.load_first(slot);
}

void Ownership::set_view(std::shared_ptr<const cluster::View> view, Now now) {
  LIMPET_ASSERT(moves_ && view->nodes.size() >= view_->nodes.size());
  const std::shared_ptr<const cluster::View> before = std::exchange(view_, std::move(view));
  moves_->set_numbering(numbering_, config_.keeps_copies(*view_));
  plan_.changed(*before, *view_);
  first_slots_->look_again();
  for (const peer::OwnerOf& said : std::exchange(unplaced_, {})) {
    if (said.node < view_->nodes.size()) learn(said.slot, {said.node, said.term}, now);
  }
  for (unsigned slot = 0; slot < kSlots; ++slot) actions_.reroute(static_cast<Slot>(slot));
}

// ---- What follows ----

// A slot that this node has by its title is another's, or its disk has forgotten that it owned it later.
void Ownership::give_way(Slot slot, const Owner& to, Now now) {
  const handoff::SlotTitle before = moves_->title(slot);
  if (!std::exchange(superseded_noted_, true)) {
    const bool forgotten = to.node == config_.self;
    const std::string here = text_of(before.title.term);
    actions_.note(
        NoteLevel::warning,
        "slot " + std::to_string(slot) + ", and maybe others, " +
            (forgotten ? "was this node's at term " + text_of(to.term) + ", and its data directory says " +
                             here + ": it is an old copy. Such slots are not served"
                       : "is node " + view_->nodes[to.node].name + "'s at term " + text_of(to.term) +
                             ", and was this node's at " + here +
                             ": it was claimed, or the data directory of this node is an old copy. Commands "
                             "go there"));
  }
  starts_->loses(slot, before);
  moves_->hold_back(slot, true);
  if (!moves_->superseded(slot, to.node, to.term, now)) yielding_.emplace(slot, to);
  belongs_to(slot, to);
}

// It was this node's by its title until now, or still is, as that is being written.
void Ownership::belongs_to(Slot slot, const Owner& to) {
  unfinished_.ends(slot);
  slots_.set_mode(slot, SlotMode::moved);
  known_.put(slot, to);
  news_.add_for_all(slot);
  actions_.reroute(slot);
}

void Ownership::change_mode(const handoff::ModeChange& change, Now now) {
  const Slot slot = change.slot;
  slots_.set_mode(slot, change.kind);
  const handoff::Title& held = moves_->title(slot).title;
  const bool own = held.kind == handoff::Title::Kind::own;
  if (own && numbering_.counts()) numbering_.begin(slot, held.term);
  if (own && starts_->lost(slot, moves_->title(slot))) {
    slots_.set_mode(slot, SlotMode::moved);
  } else if (own && change.kind == SlotMode::serving) {
    const Owner& known = known_.heard(slot);
    const bool forgotten = starts_->forgotten().contains(slot);
    if (forgotten || known.node != config_.self || known.term != held.term) got(slot, change.to, now);
  } else if (held.kind == handoff::Title::Kind::ceded) {
    // Others may not know it, even if this shard has heard it before.
    (void)known_.learn(slot, {held.to, held.term});
    news_.add_for_all(slot);
  }
  actions_.reroute(slot);
}

// The title of this slot is this node's from now on.
void Ownership::got(Slot slot, handoff::Member from, Now now) {
  const Term term = moves_->title(slot).title.term;
  const Owner known = known_.latest(slot);
  const bool late = known.node != config_.self && known.term.cessions > term.cessions;
  if (late) return give_way(slot, known, now);
  moves_->hold_back(slot, starts_->gets(slot, from, term));
  known_.put(slot, {config_.self, term});
  news_.add_for_all(slot);
}

}  // namespace limpet::ownership
