#include "reload.hpp"

#include <utility>

namespace limpet::limpetd {
namespace {

Result<void> check_cluster(const cluster::View& now, const cluster::View& next) {
  if (auto allowed = cluster::check_successor(now, next); !allowed) return allowed;
  if (next.content_digest == now.content_digest) return {};
  return fail(Code::bad_config,
              "[cluster] or [[node]] changed (epoch " + std::to_string(now.epoch) + " to " +
                  std::to_string(next.epoch) +
                  "); this version takes over a new node list only at a restart: restart the nodes "
                  "with the new file");
}

std::string change_of(const Row& row, const Value& now, const Value& next) {
  const auto shown = [](const Value& value) {
    return value.text.empty() ? std::string("unset") : value.text;
  };
  return std::string(row.name) + " " + shown(now) + " to " + shown(next);
}

bool is_secret(const Row& row) { return row.from == From::environment; }

}  // namespace

Result<ReloadPlan> plan_reload(const Launch& now, const Launch& next) {
  if (auto allowed = check_cluster(now.node.view, next.node.view); !allowed)
    return tl::unexpected(allowed.error());
  ReloadPlan plan;
  for (std::size_t i = 0; i < kRowCount; ++i) {
    const Value& before = now.values.at(i);
    const Value& after = next.values.at(i);
    if (before.text == after.text || is_secret(kRows[i])) continue;
    (kRows[i].reloadable ? plan.applied : plan.kept).push_back(change_of(kRows[i], before, after));
  }
  if (now.node.view.epoch != next.node.view.epoch) {
    plan.kept.push_back("epoch " + std::to_string(now.node.view.epoch) + " to " +
                        std::to_string(next.node.view.epoch));
  }
  if (now.node.password != next.node.password) plan.applied.emplace_back("password");
  if (now.node.secret != next.node.secret) plan.kept.emplace_back("the cluster's secret");
  return plan;
}

void take_over(Launch& now, Launch next) {
  for (std::size_t i = 0; i < kRowCount; ++i) {
    if (kRows[i].reloadable) now.values.at(i) = next.values.at(i);
  }
  const node::Reloadable taken = reloadable(next.node);
  now.node.password = taken.password;
  now.node.protected_mode = taken.protected_mode;
  now.node.max_clients = taken.max_clients;
  now.node.idle_timeout_ms = taken.idle_timeout_ms;
  now.node.forward_timeout_ms = taken.forward_timeout_ms;
  now.node.max_memory = taken.max_memory;
  now.node.evict_when_full = taken.evict_when_full;
  now.log.level = next.log.level;
}

}  // namespace limpet::limpetd
