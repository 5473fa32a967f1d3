// Unfinished: hand-overs of slots that this node owned when it ended, and which the other node has finished
// as far as it could: all was received and promised, and only the commit was missing.
//
// This node may have lost its last moments with its host, or its disk may be an old copy. Then the other has
// changes that were acknowledged and are nowhere else. So a start hears what others were promised before it
// serves, and where one of them has more than its own disk it ends that hand-over: it cedes the slot to that
// node. Who has no more is left alone, and hears that its try was abandoned when it asks.
//
// Owned by a shard, beside its Owners; it knows no link and no disk. The rule is that of the model that the
// design was checked with (docs/handover.md).
#pragma once

#include <cstdint>
#include <functional>
#include <limpet/base/slot.hpp>
#include <limpet/base/time.hpp>
#include <limpet/handoff/numbering.hpp>
#include <limpet/handoff/title.hpp>
#include <map>
#include <optional>
#include <utility>

namespace limpet::handoff {

class Unfinished {
 public:
  struct Offer {
    Member by = 0;  // whoever was promised the slot
    Term term{};    // of this node, which was giving it
    Migration migration{};
    std::uint64_t bytes = 0;
    std::optional<LastChange> last{};  // that it has; not known before it has loaded the slot itself
  };

  // ---- What happens ----
  void hears(Slot slot, const Offer& offer, Now now);
  // The slot is loaded, up to this change.
  void loaded(Slot slot, const LastChange& last) { mine_[slot] = last; }
  // It is decided what becomes of the slot.
  void ends(Slot slot);

  // ---- To see ----
  [[nodiscard]] bool has(Slot slot) const;
  // Does it have to be waited for what somebody who can be reached has of the slot? Not for ever.
  [[nodiscard]] bool waits(Slot slot, const std::function<bool(Member)>& reaches, Now now) const;
  // Who has the most, if that is more than what this node has.
  [[nodiscard]] std::optional<Offer> more(Slot slot) const;

 private:
  struct Heard {
    Offer offer;
    std::int64_t until_ms = 0;  // it is waited so long for what the other has
  };
  std::map<std::pair<Slot, Member>, Heard> heard_;
  std::map<Slot, LastChange> mine_;
};

}  // namespace limpet::handoff
