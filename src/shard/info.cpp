// INFO and what a node says of itself: the figures of the shards, and what they are shown with.
#include <limpet/reports/cluster.hpp>
#include <limpet/reports/figures.hpp>
#include <limpet/reports/info.hpp>

#include "core.hpp"

namespace limpet::shard {

bool Core::take_node_command(Client& client, const Spec& spec, Args args) {
  switch (spec.builtin) {
    case command::Builtin::client:
      return take_client_command(client, spec, args);
    case command::Builtin::config:
      return config_command(client, spec, args);
    default:
      return ask_shards(client, spec.merge, args);
  }
}

// ---- How fast ----

void Core::note_counts() {
  if (!recent_.operations.due(now_.steady_ms)) return;
  recent_.operations.note(now_.steady_ms, engine_.stats().operations());
  if (!ownership_.moves_slots()) return;
  const handoff::HandOvers::Progress progress = ownership_.moves().progress();
  recent_.slots_given.note(now_.steady_ms, progress.given_total);
  recent_.sessions_given.note(now_.steady_ms, progress.sessions_total);
  recent_.bytes_sent.note(now_.steady_ms, progress.sent_total);
}

Rates Core::rates() const {
  Rates rates;
  rates.operations = recent_.operations.per_second(now_.steady_ms, engine_.stats().operations());
  if (!ownership_.moves_slots()) return rates;
  const handoff::HandOvers::Progress progress = ownership_.moves().progress();
  rates.slots_given = recent_.slots_given.per_second_of_work(now_.steady_ms, progress.given_total);
  rates.sessions_given = recent_.sessions_given.per_second_of_work(now_.steady_ms, progress.sessions_total);
  rates.bytes_sent = recent_.bytes_sent.per_second_of_work(now_.steady_ms, progress.sent_total);
  return rates;
}

// ---- Figures ----

void Core::append_stats(Bytes& out) const {
  ShardStats stats;
  stats.counters = counters();
  stats.store = engine_.store().stats();
  stats.disk = disk_stats();
  stats.handoff = handoff_stats();
  stats.rates = rates();
  stats.commands = engine_.stats().counts();
  reports::append_figures(out, stats);
}

void Core::stats_reply(const gather::Report& report, ReplyWriter& reply) {
  ShardStats all;
  for (const gather::Part& part : report.parts) all.add(reports::read_figures(part.reply.view()));
  if (report.merge == command::Merge::status) {
    reports::StatusFacts facts;
    facts.stopping = draining_;
    if (all.handoff.unheld > 0) facts.why_unheld = ownership_.first_slots().about_unowned(*view_, nodes());
    if (all.handoff.forgotten > 0) facts.is_fresh = ownership_.first_slots().is_fresh();
    return reports::reply_status(*view_, config_.self, facts, all, reply);
  }
  const std::span<const std::string> sections = std::span(report.args).subspan(1);
  reply.verbatim(reports::info_text(node_facts(), all, sections, now_));
}

reports::NodeFacts Core::node_facts() const {
  return {.view = *view_,
          .self = config_.self,
          .shards = config_.shards,
          .version = config_.version,
          .config_file = config_.config_file,
          .pid = config_.pid,
          .started_ms = config_.started_ms,
          .max_clients = tunables_.max_clients,
          .memory_max = tunables_.memory_of_node,
          .evict_when_full = tunables_.evict_when_full,
          .process = config_.process_facts != nullptr ? config_.process_facts() : ProcessFacts{}};
}

}  // namespace limpet::shard
