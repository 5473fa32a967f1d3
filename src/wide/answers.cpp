#include <limpet/command/describe.hpp>
#include <limpet/gather/part.hpp>
#include <limpet/reports/figures.hpp>
#include <limpet/wide/answers.hpp>
#include <span>

namespace limpet::wide {

using command::Builtin;
using resp::ReplyWriter;

void answer_config(const command::Spec& spec, command::Args args, const Figures& figures,
                   ReplyWriter& reply) {
  if (command::execution_of(spec, args).builtin == Builtin::help) {
    return command::subcommand_help(spec, reply);
  }
  reports::reply_config(figures.config_values(), figures.view().nodes[figures.self()], args, reply);
}

void answer_cluster(const command::Spec& spec, command::Args args, const Figures& figures,
                    ReplyWriter& reply) {
  const cluster::View& view = figures.view();
  switch (command::execution_of(spec, args).builtin) {
    case Builtin::cluster_info:
      return reply.verbatim(reports::cluster_info(view, figures.reachability()));
    case Builtin::cluster_myid:
      return reply.bulk(reports::node_id(view.nodes[figures.self()].name));
    case Builtin::cluster_keyslot:
      return reply.integer(slot_of(args[2]));
    case Builtin::cluster_where:
      return reports::reply_where(args[2], view, figures.whereabouts(slot_of(args[2])), reply);
    default:
      return command::subcommand_help(spec, reply);
  }
}

void append_part(const Figures& figures, Bytes& out) { reports::append_figures(out, figures.shown_stats()); }

namespace {

// CLUSTER STATUS of all nodes: what each of them says, and what is known of those that say nothing.
void answer_for_all(gather::Parts parts, const Figures& figures, ReplyWriter& reply) {
  const std::vector<reports::LastHeard> heard = figures.last_heard();
  reply.array(parts.size());
  for (const gather::Part& part : parts) {
    if (part.outcome == peer::Outcome::done && !gather::is_error(part.reply.view())) {
      reply.out().append(part.reply.view());
      continue;
    }
    reports::reply_silent_status(figures.view().nodes[part.node], part.reply.view(), heard[part.node], reply);
  }
}

}  // namespace

void answer_report(const gather::Report& report, const Figures& figures, bool stopping, ReplyWriter& reply) {
  const bool status = report.merge == command::Merge::status;
  if (status && !report.part) return answer_for_all(report.parts, figures, reply);
  ShardStats all;
  for (const gather::Part& part : report.parts) all.add(reports::read_figures(part.reply.view()));
  if (status) {
    const reports::StatusFacts facts = figures.status_facts(all, stopping);
    return reports::reply_status(figures.view(), figures.self(), facts, all, reply);
  }
  if (command::find(report.args.front())->builtin == Builtin::role)
    return reports::reply_role(figures.node_facts(), all, reply);
  const std::span<const std::string> sections = std::span(report.args).subspan(1);
  reply.verbatim(reports::info_text(figures.node_facts(), all, sections, figures.now()));
}

}  // namespace limpet::wide
