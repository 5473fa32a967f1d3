// The [[node]] tables of a cluster file: each by itself, then what must hold between them.
#pragma once

#include <limpet/cluster/view.hpp>
#include <vector>

#include "document.hpp"
#include "faults.hpp"

namespace limpet::cluster {

// The nodes in the order of the file. `root` is the whole document. If anything is reported to `faults`, what
// is returned is not to be used.
[[nodiscard]] std::vector<Node> read_nodes(const Value& root, Faults& faults);

// Shared with [cluster]: letters, digits, '.', '-' and '_', 64 at most. Anything else is a fault at `at`.
void check_name(std::string_view key, std::string_view name, Position at, Faults& faults);

}  // namespace limpet::cluster
