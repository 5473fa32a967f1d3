#include <algorithm>
#include <limpet/handoff/owners.hpp>
#include <tuple>

namespace limpet::handoff {

bool gives_way(const Owning& mine, std::string_view me, const Owning& his, std::string_view him) {
  if (mine.begins != his.begins) {
    // Who serves goes on at as many cessions.
    return mine.begins ? his.term.cessions >= mine.term.cessions : his.term.cessions > mine.term.cessions;
  }
  return std::tie(his.term, me) > std::tie(mine.term, him);
}

bool gives_way_to_known(const Owning& mine, Term known, bool of_me) {
  if (known.cessions > mine.term.cessions) return true;
  return mine.begins && known.cessions == mine.term.cessions && !of_me;
}

namespace {

void mark(std::vector<bool>& members, Member member, bool marked) {
  if (members.size() <= member) members.resize(member + std::size_t{1});
  members[member] = marked;
}

}  // namespace

Owners::Owners(unsigned shards, unsigned shard, const std::vector<SlotTitle>& titles, bool raised, Now now)
    : until_ms_(now.steady_ms + kStartupGraceMs), begins_(kSlots), of_disk_(kSlots) {
  for (unsigned at = shard; at < kSlots; at += shards) {
    const auto slot = static_cast<Slot>(at);
    if (!owns(titles[slot])) continue;
    Term before = titles[slot].title.term;
    if (raised && before.restarts > 0) --before.restarts;
    begins_[slot] = of_disk_[slot] = true;
    raw_.emplace(slot, before);
  }
}

void Owners::set_names(Member self, NameOf name_of) {
  self_ = self;
  name_of_ = std::move(name_of);
}

Owning Owners::owning(Slot slot, const SlotTitle& title) const {
  const auto raw = raw_.find(slot);
  if (raw != raw_.end()) return {.term = raw->second, .begins = true};
  return {.term = title.title.term, .begins = false};
}

// ---- What happens ----

bool Owners::hears(Slot slot, Member node, const Owning& his, const SlotTitle& title, Now now) {
  rivals_[{slot, node}] = {.until_ms = now.steady_ms + kStartupGraceMs};
  if (const auto forgot = forgotten_.find(slot);
      forgot != forgotten_.end() && !his.begins && his.term.cessions >= forgot->second.cessions) {
    forgotten_.erase(forgot);
  }
  return owns(title) && gives_way(owning(slot, title), name_of_(self_), his, name_of_(node));
}

void Owners::hears_not(Slot slot, Member node) { rivals_.erase({slot, node}); }

bool Owners::hears_of(Slot slot, Member holder, Term term, const SlotTitle& title) {
  const bool of_me = holder == self_;
  const auto forgot = forgotten_.find(slot);
  // What was promised may have been ceded a moment ago, and its grant is on its way.
  const bool promised = title.promise && after_cession(title.promise->term) >= term;
  if (of_me && !promised && term.cessions > title.title.term.cessions) {
    if (forgot == forgotten_.end() || forgot->second < term) forgotten_[slot] = term;
  } else if (forgot != forgotten_.end() && term.cessions >= forgot->second.cessions && !of_me) {
    forgotten_.erase(forgot);
  }
  return owns(title) && gives_way_to_known(owning(slot, title), term, of_me);
}

void Owners::asks(Member node) {
  mark(asked_, node, true);
  for (auto& [who, rival] : rivals_) rival.stale = rival.stale || who.second == node;
}

void Owners::answered(Member node) {
  std::erase_if(rivals_, [&](const auto& rival) { return rival.first.second == node && rival.second.stale; });
  mark(heard_, node, true);
  mark(asked_, node, false);
}

bool Owners::gets(Slot slot, Member from, Term term) {
  forgotten_.erase(slot);
  lost_.erase(slot);
  of_disk_[slot] = false;
  rivals_.erase({slot, from});
  const auto rival = rivals_.lower_bound({slot, Member{0}});
  const bool waits = rival != rivals_.end() && rival->first.first == slot;
  if (!waits && !in_startup_grace_ && !not_before_ms_.contains(slot)) return false;
  begins_[slot] = true;
  raw_[slot] = term;
  return true;
}

void Owners::loses(Slot slot, const SlotTitle& title) {
  begins_[slot] = of_disk_[slot] = false;
  raw_.erase(slot);
  not_before_ms_.erase(slot);
  lost_[slot] = title.title.term;
}

std::vector<Slot> Owners::go_on(const std::function<bool(Member)>& reaches,
                                const std::function<bool(Slot)>& undecided, bool all_heard, Now now) {
  std::vector<Slot> ready;
  if (in_startup_grace_ && !all_heard && now.steady_ms < until_ms_) return ready;
  in_startup_grace_ = false;
  for (auto at = raw_.begin(); at != raw_.end();) {
    const Slot slot = at->first;
    const auto not_before = not_before_ms_.find(slot);
    bool waits =
        undecided(slot) || (not_before != not_before_ms_.end() && now.steady_ms < not_before->second);
    for (auto rival = rivals_.lower_bound({slot, Member{0}});
         rival != rivals_.end() && rival->first.first == slot; ++rival) {
      const Member node = rival->first.second;
      const bool late = now.steady_ms >= rival->second.until_ms;
      if (late && !reaches(node)) continue;
      waits = true;
      if (late && !(node < asked_.size() && asked_[node])) {
        mark(asked_, node, true);
        to_ask_.push_back(node);
      }
    }
    if (waits) {
      ++at;
      continue;
    }
    if (not_before != not_before_ms_.end()) not_before_ms_.erase(not_before);
    begins_[slot] = false;
    ready.push_back(slot);
    at = raw_.erase(at);
  }
  return ready;
}

}  // namespace limpet::handoff
