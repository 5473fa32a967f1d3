// Unheld: what is told of slots that nobody is known to hold, and what to do about them.
#pragma once

#include <limpet/cluster/view.hpp>
#include <limpet/shard/founding.hpp>
#include <memory>
#include <string>
#include <vector>

#include "link.hpp"

namespace limpet::shard {

// `why_not_founded`: why they cannot be claimed as first slots. Empty: they only have to be waited for.
// REQUIRES: `links` by node of `view`, null for this one.
[[nodiscard]] std::string about_unheld(const std::string& why_not_founded, const Founding& founding,
                                       const cluster::View& view,
                                       const std::vector<std::unique_ptr<Link>>& links);

}  // namespace limpet::shard
