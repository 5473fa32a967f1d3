// Owners: what becomes of the slots that a node holds by its disk at a start, and of a slot that two nodes
// say is theirs.
//
// A disk may be an old copy, so a start serves a slot only once it has heard the others: it *begins* with it.
// Whoever owns it, or knows of a holder, at as many cessions goes on, and the start gives way; how often
// either was restarted does not count, for that grows with each start that fails. Who serves gives way to
// more cessions alone. Where both begin, or both have served while they could not reach each other, restarts
// decide, and then the name. So of two always exactly one gives way, whichever hears the other first.
//
// Nobody serves, by a start or by a grant, while a node that it reaches has said last that the slot is its
// own, and has not given way: that node is a *rival*.
//
// Owned by a shard, of whose slots it keeps this; it knows no link and no disk. The rules are those of the
// model that the design was checked with (docs/handover.md).
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/limits.hpp>
#include <limpet/base/time.hpp>
#include <limpet/handoff/title.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::handoff {

// What a node says of a slot that is its own.
struct Owning {
  Term term{};
  bool begins = false;  // it does not serve it yet; `term` is that of before this start
};

// Does this node, `me`, give way when it hears that the other says the same of the slot?
[[nodiscard]] bool gives_way(const Owning& mine, std::string_view me, const Owning& his,
                             std::string_view him);
// ... when somebody knows that a node holds it at `known`? `of_me`: that node is this one.
[[nodiscard]] bool gives_way_to_known(const Owning& mine, Term known, bool of_me);

class Owners {
 public:
  // Of the shard whose slots are `shard`, `shard` + `shards` and so on. `titles`: by slot, of the whole node,
  // as they stand at this start; `raised`: it has added a restart to what it owns.
  Owners(unsigned shards, unsigned shard, const std::vector<SlotTitle>& titles, bool raised, Now now);
  // Who this node is, and how nodes are called.
  using NameOf = std::function<std::string_view(Member)>;
  void set_names(Member self, NameOf name_of);

  // ---- What happens ----
  // A node says that the slot is its own. True: this node, whose title it is, gives way.
  [[nodiscard]] bool hears(Slot slot, Member node, const Owning& his, const SlotTitle& title, Now now);
  // It says that the slot is not its own.
  void hears_not(Slot slot, Member node);
  // Somebody knows that `holder` holds the slot. True: this node gives way.
  [[nodiscard]] bool hears_of(Slot slot, Member holder, Term term, const SlotTitle& title);
  // A node is asked for all that it has to say; and has said it all: what it has not said again is over.
  void asks(Member node);
  void answered(Member node);
  // The slot is this node's from now on, by a grant of `from` or a claim (kNobody). True: it begins, as it
  // has rivals.
  [[nodiscard]] bool gets(Slot slot, Member from, Term term);
  // Once the slot is this node's it begins with it, and does not serve it yet: another may have more of it,
  // and say so in a moment.
  void claims(Slot slot, Now now) { not_before_ms_[slot] = now.steady_ms + kClaimWaitMs; }
  // It is this node's no more; `title`: as it stood.
  void loses(Slot slot, const SlotTitle& title);
  // Who has to be heard has been, or cannot be reached. `reaches`: those that can; `undecided`: a slot whose
  // fate is not known yet for another reason. Returns the slots that it may serve from now on.
  [[nodiscard]] std::vector<Slot> go_on(const std::function<bool(Member)>& reaches,
                                        const std::function<bool(Slot)>& undecided, bool all_heard, Now now);

  // ---- To see ----
  // Nodes to be asked again, each once: slots begin as they said long ago that these were theirs, and they
  // have not said otherwise. They may have: what a node says comes over several connections, and of two words
  // the later one may have come first.
  [[nodiscard]] std::vector<Member> take_to_ask() { return std::exchange(to_ask_, {}); }
  // The title is still this node's, but it has given way, and that is being written.
  [[nodiscard]] bool lost(Slot slot, const SlotTitle& title) const {
    const auto found = lost_.find(slot);
    return found != lost_.end() && owns(title) && found->second == title.title.term;
  }
  // It was this node's when it started, and it has been since: no other node has confirmed that.
  [[nodiscard]] bool of_disk(Slot slot) const { return of_disk_[slot]; }
  // The start still waits for what others say they own: nothing is received or granted yet.
  [[nodiscard]] bool in_startup_grace() const { return in_startup_grace_; }
  [[nodiscard]] bool begins(Slot slot) const { return begins_[slot]; }
  [[nodiscard]] bool begins() const { return !raw_.empty(); }
  [[nodiscard]] Owning owning(Slot slot, const SlotTitle& title) const;
  [[nodiscard]] bool has_heard(Member node) const { return node < heard_.size() && heard_[node]; }
  // This node held these slots by more cessions than its disk knows of, and nobody is known to hold them
  // since.
  [[nodiscard]] const std::map<Slot, Term>& forgotten() const { return forgotten_; }

 private:
  struct Rival {
    std::int64_t until_ms = 0;  // it counts so long even where it is not reached
    bool stale = false;         // it has been asked again
  };

  Member self_ = 0;
  NameOf name_of_;
  std::int64_t until_ms_;
  bool in_startup_grace_ = true;
  std::vector<bool> begins_;  // by slot
  std::map<Slot, Term> raw_;  // of those that begin: of before the start
  std::map<std::pair<Slot, Member>, Rival> rivals_;
  std::vector<bool> heard_;  // by member: since this start
  std::vector<bool> asked_;  // by member: it has not answered yet
  std::vector<Member> to_ask_;
  std::vector<bool> of_disk_;  // by slot
  std::map<Slot, std::int64_t> not_before_ms_;
  std::map<Slot, Term> lost_;
  std::map<Slot, Term> forgotten_;
};

}  // namespace limpet::handoff
