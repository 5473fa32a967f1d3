// What is known of the nodes, one row each, as their links have it now.
#pragma once

#include <limpet/base/time.hpp>
#include <limpet/links/links.hpp>
#include <limpet/ownership/node_directory.hpp>
#include <utility>
#include <vector>

namespace limpet::traffic {

[[nodiscard]] inline ownership::NodeDirectory directory_of(const links::Links& links, Now now) {
  std::vector<ownership::NodeRow> rows(links.size());
  links.each([&](const links::Link& link) {
    ownership::NodeRow& row = rows[link.node()];
    row.linked = link.up();
    row.answers = link.verdict() == links::Link::Verdict::send;
    row.informed = link.informed();
    if (row.informed) row.says = link.theirs();
    if (!row.answers || !row.informed) row.why_not = link.why(now);
  });
  return {links.self(), std::move(rows)};
}

}  // namespace limpet::traffic
