#include "reload.hpp"

#include <limpet/base/encoding.hpp>
#include <limpet/base/number.hpp>
#include <utility>

namespace limpet::limpetd {
namespace {

// May the running node take over this cluster file? What it listens on, and whether it has a place for others
// to connect to at all, is settled at its start.
Result<void> check_cluster(const Launch& now, const Launch& next) {
  const cluster::View& before = now.node.view;
  const cluster::View& after = next.node.view;
  if (auto allowed = cluster::check_successor(before, after, next.node.config_file); !allowed) return allowed;
  if (after.content_digest == before.content_digest) return {};
  if (before.durability == cluster::Durability::none && after.copies.followers > 0) {
    return fail(
        Code::bad_config,
        next.node.config_file +
            ": followers need a journal, and this node runs without one (durability none): restart it with "
            "durability interval or always, and then reload all");
  }
  if (!now.node.in_cluster()) {
    return fail(Code::bad_config,
                next.node.config_file +
                    ": [[node]] changed, but this node was started without a `peer` address in it, so "
                    "its sessions cannot move: restart it with the new file");
  }
  if (!next.knows_itself) return {};
  const cluster::Node& was = now.node.me();
  const cluster::Node& is = next.node.me();
  if (was.client == is.client && was.peer == is.peer && was.admin == is.admin) return {};
  return fail(Code::bad_config, next.node.config_file + ": the addresses of node " + was.name +
                                    " itself changed; it listens on those of its start: restart it with the "
                                    "new file, and then reload the others");
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
  if (auto allowed = check_cluster(now, next); !allowed) return tl::unexpected(allowed.error());
  ReloadPlan plan;
  for (std::size_t i = 0; i < kRowCount; ++i) {
    const Value& before = now.values.at(i);
    const Value& after = next.values.at(i);
    if (before.text == after.text || is_secret(kRows[i])) continue;
    (kRows[i].reloadable ? plan.applied : plan.kept).push_back(change_of(kRows[i], before, after));
  }
  if (now.node.view.epoch != next.node.view.epoch) {
    plan.new_cluster_file = true;
    plan.applied.push_back(
        "cluster file, epoch " + std::to_string(now.node.view.epoch) + " to " +
        std::to_string(next.node.view.epoch) +
        (next.knows_itself ? "" : "; this node is not in it any more, and gives all slots away"));
  }
  if (now.node.password != next.node.password) plan.applied.emplace_back("password");
  if (now.node.secret != next.node.secret) plan.applied.emplace_back("the cluster's secret");
  return plan;
}

std::string in_words(const ReloadPlan& plan, const Launch& next) {
  std::string text;
  const auto add = [&text](const std::string& words) { text += (text.empty() ? "" : "; ") + words; };
  for (const std::string& change : plan.applied) add(change);
  for (const std::string& change : plan.kept) add("not changed, it takes a restart: " + change);
  if (!text.empty()) return text;
  const std::string nothing = "no setting has changed";
  return next.node.config_file.empty()
             ? nothing
             : "already runs epoch " + std::to_string(next.node.view.epoch) + "; " + nothing;
}

std::string check_text(const Launch& now, const Result<Launch>& next, const Result<ReloadPlan>& plan) {
  std::string text;
  const auto field = [&text](std::string_view name, const std::string& value) {
    text += std::string(name) + ' ' + escaped(value) + '\n';
  };
  field("file", now.node.config_file);
  if (next) {
    const cluster::View& view = next->node.view;
    field("epoch", std::to_string(view.epoch));
    field("content", hex_text(view.content_digest));
    std::string awaited;
    for (const cluster::Node& node : view.nodes) {
      if (node.listed && node.state != cluster::NodeState::down)
        awaited += (awaited.empty() ? "" : " ") + node.name;
    }
    field("awaits", awaited);
  }
  field("in_force", std::to_string(now.node.view.epoch));
  field("in_force_content", hex_text(now.node.view.content_digest));
  const bool nothing = plan && plan->applied.empty() && plan->kept.empty();
  field("verdict", !plan ? "refuses" : nothing ? "nothing" : "takes");
  field("says", plan ? in_words(*plan, *next) : plan.error().text);
  field("kept", std::to_string(plan ? plan->kept.size() : 0));
  return text;
}

void take_over(Launch& now, Launch next) {
  for (std::size_t i = 0; i < kRowCount; ++i) {
    if (kRows[i].reloadable) now.values.at(i) = next.values.at(i);
  }
  const node::Reloadable taken = reloadable(next.node);
  now.node.password = taken.password;
  now.node.secret = taken.secret;
  now.node.protected_mode = taken.protected_mode;
  now.node.max_clients = taken.max_clients;
  now.node.idle_timeout_ms = taken.idle_timeout_ms;
  now.node.forward_timeout_ms = taken.forward_timeout_ms;
  now.node.handover_rate = taken.handover_rate;
  now.node.max_memory = taken.max_memory;
  now.node.client_memory = taken.client_memory;
  now.node.evict_when_full = taken.evict_when_full;
  now.log.level = next.log.level;
  now.drain = next.drain;
  now.warnings = std::move(next.warnings);
  if (now.node.view.epoch == next.node.view.epoch) return;
  now.node.config_text = std::move(next.node.config_text);
  take_over_file(now, std::move(next.node.view));
}

void take_over_file(Launch& now, cluster::View file) {
  // It goes on as the node that it was started as, in the file or not.
  const cluster::Node me = now.node.me();
  const cluster::Durability durability = now.node.view.durability;
  now.node.view = std::move(file);
  now.node.view.durability = durability;
  if (const auto self = now.node.view.find(me.name)) {
    now.node.self = *self;
  } else {
    now.node.view.nodes.push_back(me);
    now.node.self = static_cast<cluster::NodeIndex>(now.node.view.nodes.size() - 1);
  }
}

}  // namespace limpet::limpetd
