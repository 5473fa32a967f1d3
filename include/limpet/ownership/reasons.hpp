// Why a slot is not served, and what else is read off an Ownership: for routes, for texts, for whoever
// claims.
#pragma once

#include <cstddef>
#include <limpet/ownership/ownership.hpp>
#include <string>

namespace limpet::ownership {

// It was this shard's and has been given away, so whoever has it from here knows of a later owner.
[[nodiscard]] bool was_given_away(const Ownership& ownership, Slot slot);
// Whether it is this node's will be known at its next start.
[[nodiscard]] bool cannot_know(const Ownership& ownership, Slot slot);
// Nobody owns the slot, and it is known why nobody takes it.
[[nodiscard]] bool is_unfounded(const Ownership& ownership, Slot slot);
// It has slots by its disk of which it does not know yet whether they are still its own.
[[nodiscard]] bool is_starting(const Ownership& ownership);
// How many slots it owned that its disk has forgotten, and nobody serves.
[[nodiscard]] std::size_t forgotten(const Ownership& ownership);
// Has everybody said what it has to say since this start who may own slots?
[[nodiscard]] bool all_reported(const cluster::View& view, NodeIndex self, const handoff::Owners& starts);

// ---- For people ----

// Why a slot of this shard is not served, as far as titles, loading and the start go; empty: they do not say.
[[nodiscard]] std::string why_not_served(const Ownership& ownership, Slot slot);
// How a start says that it owned slots which its disk has forgotten.
[[nodiscard]] std::string about_forgotten(const std::map<Slot, Term>& forgotten, const std::string& me,
                                          bool is_fresh);

}  // namespace limpet::ownership
