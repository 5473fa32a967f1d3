// How a start finds out, as the other nodes are heard, which of the slots that it has by its disk it may
// serve.
#include <algorithm>
#include <limpet/ownership/reasons.hpp>

namespace limpet::ownership {

void Ownership::go_on(const NodeDirectory& nodes, Now now) {
  const bool all_heard = all_reported(*view_, config_.self, *starts_);
  serve_what_is_decided(nodes, all_heard, now);
  for (const handoff::Member node : starts_->take_to_ask()) {
    if (nodes.linked(node)) actions_.ask_again(node);
  }
  moves_->set_startup_grace(starts_->in_startup_grace());
  if (!starts_->in_startup_grace() && starts_->forgotten().size() > forgotten_noted_) {
    forgotten_noted_ = starts_->forgotten().size();
    actions_.note(NoteLevel::error, about_forgotten(starts_->forgotten(), name(), first_slots_->is_fresh()));
  }
  // Whoever has not heard all does not know whether its disk is an old copy: what it has by that is not given
  // away, as that would count as a cession.
  if (all_heard && !std::exchange(may_give_, true)) {
    slots_.each_own([&](Slot slot) {
      if (starts_->of_disk(slot) && !starts_->begins(slot)) moves_->hold_back(slot, false);
    });
  }
  std::erase_if(yielding_, [&](const auto& slot) {
    return !handoff::owns(moves_->title(slot.first)) ||
           moves_->superseded(slot.first, slot.second.node, slot.second.term, now);
  });
  titles_written();
}

void Ownership::serve_what_is_decided(const NodeDirectory& nodes, bool all_heard, Now now) {
  const auto reaches = [&nodes](handoff::Member node) { return nodes.linked(node); };
  const auto undecided = [&](Slot slot) {
    return unfinished_.has(slot) && (slots_.is_loading(slot) || unfinished_.waits(slot, reaches, now));
  };
  for (const Slot slot : starts_->go_on(reaches, undecided, all_heard, now)) {
    if (const auto offer = unfinished_.more(slot)) {
      complete(slot, *offer);
      continue;
    }
    unfinished_.ends(slot);
    moves_->set_undecided(slot, false);
    if (may_give_ || !starts_->of_disk(slot)) moves_->hold_back(slot, false);
    known_.put(slot, {config_.self, moves_->title(slot).title.term});
    news_.add_for_all(slot);
    actions_.reroute(slot);
  }
}

// ---- Ending what the last start had begun ----

// Another node has more of the slot than the disk of this one, so what was begun then is ended: the slot is
// its own. Commands wait, and nobody is told, until that is on the disk: a start that finds this node's title
// there may serve the slot.
void Ownership::complete(Slot slot, const handoff::Unfinished::Offer& offer) {
  actions_.note(
      NoteLevel::warning,
      "slot " + std::to_string(slot) + " was on its way to node " + view_->nodes[offer.by].name +
          " when this node ended; that one has more of it than the data directory here, and serves it");
  starts_->loses(slot, moves_->title(slot));
  moves_->hold_back(slot, true);
  slots_.set_mode(slot, SlotMode::frozen);
  actions_.reroute(slot);
  completing_.emplace(slot, offer);
}

void Ownership::titles_written() {
  for (auto at = completing_.begin(); at != completing_.end();) {
    const auto& [slot, offer] = *at;
    if (handoff::owns(moves_->title(slot))) {
      if (!moves_->complete(slot, offer) && !moves_->writes_titles()) {
        slots_.set_mode(slot, SlotMode::unknown);
        actions_.reroute(slot);
      }
      ++at;
      continue;
    }
    const auto completed = completing_.extract(at++);
    belongs_to(completed.key(), {completed.mapped().by, after_cession(completed.mapped().term)});
  }
}

}  // namespace limpet::ownership
