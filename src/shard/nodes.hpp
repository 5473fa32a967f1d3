// What is known of the nodes, one row each, as their links have it now.
#pragma once

#include <limpet/base/time.hpp>
#include <limpet/links/link.hpp>
#include <limpet/ownership/node_directory.hpp>
#include <memory>
#include <vector>

namespace limpet::shard {

// `links`: by node; none for this one.
[[nodiscard]] inline ownership::NodeDirectory directory_of(
    cluster::NodeIndex self, const std::vector<std::unique_ptr<links::Link>>& links, Now now) {
  std::vector<ownership::NodeRow> rows(links.size());
  for (const std::unique_ptr<links::Link>& link : links) {
    if (!link) continue;
    ownership::NodeRow& row = rows[link->node()];
    row.linked = link->up();
    row.answers = link->verdict() == links::Link::Verdict::send;
    row.informed = link->informed();
    if (row.informed) row.says = link->theirs();
    if (!row.answers || !row.informed) row.why_not = link->why(now);
  }
  return {self, std::move(rows)};
}

}  // namespace limpet::shard
