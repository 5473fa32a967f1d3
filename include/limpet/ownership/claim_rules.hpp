// When the slots of a node that is gone may be claimed (CLUSTER CLAIM): only if whoever holds slots has said
// so, goes by the same file, and nobody who answers is robbed. Pure functions of what one shard knows.
#pragma once

#include <limpet/cluster/view.hpp>
#include <limpet/ownership/node_directory.hpp>
#include <limpet/ownership/ownership.hpp>
#include <string>
#include <string_view>

namespace limpet::ownership {

// The node has begun anew with an empty disk: it is there, and what it held before is gone.
[[nodiscard]] bool begins_anew(const Ownership& ownership, const NodeDirectory& nodes, NodeIndex node);

// Why the slots of the node of that name cannot be claimed, in words for an operator; empty: they can.
// `asked`: this node is the one that has all others claim.
[[nodiscard]] std::string why_no_claim(const cluster::View& view, const NodeDirectory& nodes,
                                       const Ownership& ownership, std::string_view name, bool asked);

// Has everybody but the node that is gone said what it has to say of itself?
[[nodiscard]] bool all_others_reported(const NodeDirectory& nodes, NodeIndex gone);

}  // namespace limpet::ownership
