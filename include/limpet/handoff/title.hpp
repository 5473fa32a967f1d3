// Titles: the durable right to serve a slot, and the rules by which it passes from node to node.
//
// The cluster file says who should own a slot; its title says who does. Each node keeps for every slot what
// it holds (Title) and what it was promised (Promise). At most one node owns a slot, at a term that rises
// with each owner. A title is acted on only once it is on the disk; whoever keeps the titles sees to that.
//
// Values, and rules as functions of them: they touch nothing, so any thread may call them. The rules are
// those of the model that the design was checked with (docs/handover.md).
#pragma once

#include <compare>
#include <cstdint>
#include <limpet/base/bytes.hpp>
#include <limpet/base/slot.hpp>
#include <limpet/base/term.hpp>
#include <optional>
#include <string_view>

namespace limpet::handoff {

// A node, by a number that its user gave it. Names are the user's business.
using Member = std::uint16_t;

// Names a start of a node: a durable counter of its starts, and a random part, so that one that begins again
// from an old copy of its disk does not use the name of a start that this copy knows nothing of.
inline constexpr unsigned kBootRandomBits = 24;
[[nodiscard]] constexpr std::uint64_t boot_id(std::uint64_t counter, std::uint64_t random) {
  return (counter << kBootRandomBits) | (random & ((std::uint64_t{1} << kBootRandomBits) - 1));
}
[[nodiscard]] constexpr std::uint64_t counter_of(std::uint64_t boot) { return boot >> kBootRandomBits; }

// Names one try of a node to give a slot away. It never uses one twice: the boot id is that of its start
// (boot_id()), the attempt counts within one. With the term, of which there is one owner, it names the try
// among those of all nodes.
struct Migration {
  std::uint64_t boot = 0;
  std::uint64_t attempt = 0;

  friend auto operator<=>(const Migration&, const Migration&) = default;
};

struct Title {
  enum class Kind : std::uint8_t {
    none,   // of this slot the node has nothing
    own,    // it serves the slot
    ceded,  // it gave it to another, who holds it at `term` or has passed it on since
  };
  Kind kind = Kind::none;
  Term term{};
  // Of a ceded one: to whom, in which try, and how many bytes the stream had that took the sessions there.
  Member to = 0;
  Migration migration{};
  std::uint64_t bytes = 0;

  friend bool operator==(const Title&, const Title&) = default;
};

// All of a slot was received, durably, from its owner at `term`, who has not said yet that it is ours.
struct Promise {
  Member from = 0;
  Term term{};
  Migration migration{};
  std::uint64_t bytes = 0;

  friend bool operator==(const Promise&, const Promise&) = default;
};

struct SlotTitle {
  Title title{};
  std::optional<Promise> promise{};

  friend bool operator==(const SlotTitle&, const SlotTitle&) = default;
};

[[nodiscard]] inline bool owns(const SlotTitle& slot) { return slot.title.kind == Title::Kind::own; }

// ---- Rules ----

// May the node begin to receive the slot in this try of its owner at `term`? Only in a try that is newer than
// what it was promised in: then that promise is dead, since an owner who tries again has not ceded before.
[[nodiscard]] bool may_receive(const SlotTitle& slot, Term term, const Migration& migration);

// Everything was received.
[[nodiscard]] SlotTitle promised(const SlotTitle& slot, const Promise& promise);

// The commit point: what the owner of the slot, frozen in this try, writes once it knows that `to` has all
// that it has sent. REQUIRES: owns(slot).
[[nodiscard]] SlotTitle ceded(const SlotTitle& slot, Member to, const Migration& migration,
                              std::uint64_t bytes);

// Its owner `from` at `term` has ceded the slot to this node in this try. Its title from now on, if it was
// promised just that; without a value: nothing changes.
[[nodiscard]] std::optional<SlotTitle> granted(const SlotTitle& slot, Member from, Term term,
                                               const Migration& migration, std::uint64_t bytes);

// What became of a try at this term, as the node that gave knows it; `under_way`: it is still being made.
enum class Fate : std::uint8_t {
  ceded,      // the slot was ceded in it
  pending,    // that is not decided
  abandoned,  // it was not, and never will be
};
[[nodiscard]] Fate fate_of(const SlotTitle& slot, Term term, const Migration& migration, bool under_way);

// The node whose title this is has given way to `to`, as others knew that it had ceded the slot to him once,
// in a try at this term that its disk has forgotten. If he was promised just that and knows no more, that is
// the try.
[[nodiscard]] bool was_ceded_once(const SlotTitle& slot, Member to, Term term);

// The promise will never be kept.
[[nodiscard]] SlotTitle forgotten(const SlotTitle& slot);

// What a node that did not stop cleanly owns at its next start: nobody else may take its old term for the
// same state. It outranks no cession.
[[nodiscard]] SlotTitle raised(const SlotTitle& slot);

// ---- On the disk ----

// How titles stand there: as limpet 0.1.0 wrote them, and as they are written now. In the first, terms have
// one part and starts are counted only.
enum class TitleFormat : std::uint32_t { of_0_1 = 1, current = 2 };

// A title with its slot, as it stands in a title file; whoever writes the file checks it whole.
void append_title(Bytes& out, Slot slot, const SlotTitle& title);
// Takes one off the front of `bytes`. False if it is none.
[[nodiscard]] bool take_title(std::string_view& bytes, Slot& slot, SlotTitle& title,
                              TitleFormat format = TitleFormat::current);

}  // namespace limpet::handoff
