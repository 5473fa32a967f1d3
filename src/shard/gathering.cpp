// What commands of several parts want done: asks of nodes, shards and holders of slots, and what the shard
// knows of these.
#include <type_traits>
#include <variant>

#include "answers.hpp"
#include "core.hpp"

namespace limpet::shard {

using command::Merge;
using gather::Ask;

// Whoever is asked and answers at once only adds to what is done behind it.
void Core::run_gathers() {
  while (gathers_.has_work()) {
    gather::Actions& actions = gathers_.take();
    for (gather::Action& action : actions.list) {
      std::visit(
          [&]<class A>(A& one) {
            if constexpr (std::is_same_v<A, Ask>) {
              ask(one, actions.args(one));
            } else {
              carry_out(one);
            }
          },
          action);
    }
  }
}

void Core::ask(const Ask& ask, Args args) {
  switch (ask.whom) {
    case Ask::Whom::node:
      return ask_node(ask, args);
    case Ask::Whom::shard:
      return ask_shard(ask, args);
    case Ask::Whom::holder:
      return ask_holder(ask, args);
  }
}

void Core::ask_node(const Ask& ask, Args args) {
  if (ask.target == config_.self) return run_node_part(ask.part, ask.version, ask.write, args);
  const peer::Request request = first_hop(Reach::node, ask.version, ask.authenticated);
  forward({Route::Kind::peer, ask.target}, kNoSlot, ask.part, request, args, ask.write);
}

void Core::ask_shard(const Ask& ask, Args args) {
  if (ask.target != config_.index) {
    const peer::Request request = first_hop(Reach::shard, ask.version, ask.authenticated);
    return forward({Route::Kind::sibling, ask.target}, kNoSlot, ask.part, request, args, ask.write);
  }
  if (command::execution_of(*command::find(args[0]), args).builtin == command::Builtin::cluster_claim)
    return claim_from(args[2], ask.part, ask.version);
  Bytes reply;
  const Lsn lsn = run_shard_part(args, ask.version, reply);
  part_done(ask.part, Outcome::done, reply.view(), lsn);
}

void Core::ask_holder(const Ask& ask, Args args) {
  const Route route = ownership_.slots().route(ask.slot);
  if (route.kind == Route::Kind::here) return run_part(ask, args);
  const peer::Request request = first_hop(Reach::slot, ask.version, ask.authenticated);
  if (route.kind == Route::Kind::peer || route.kind == Route::Kind::sibling) {
    Client* const client = clients_.find(ask.part.stream);
    if (client != nullptr && (peer::request_bytes(args) > kPieceBytes || ownership_.is_unconfirmed(ask.slot)))
      client->replies.set_barrier();
    forward(route, ask.slot, ask.part, request, args, ask.write);
  } else if (route.kind == Route::Kind::wait) {
    Bytes body;
    peer::append_request(body, request, args);
    park(ask.part, ask.slot, 0, body.view());
  } else {
    deliver(ask.part, Outcome::unavailable, why_refused(ask.slot));
  }
}

void Core::run_part(const Ask& ask, Args args) {
  const Spec* const spec = command::find(args[0]);
  Bytes reply;
  const engine::Executed done = spec == nullptr ? engine_.run_step(args, args[1], ask.version, reply, now_)
                                                : engine_.run({*spec, args, ask.version}, reply, now_);
  if (ask.safe_first) return deliver(ask.part, Outcome::done, reply.view(), done.reply_lsn);
  clients_.intake().spend(reply.size());  // it is of this turn, though it goes nowhere yet
  part_done(ask.part, Outcome::done, reply.view(), done.reply_lsn);
}

void Core::part_done(const Origin& part, Outcome outcome, std::string_view body, Lsn lsn) {
  gathers_.answered(part, outcome, body, stream(part.stream) != nullptr, lsn);
}

// ---- What is known of slots ----

// Of slots that nobody is known to hold, this shard's own idea of them is asked.
gather::Whereabouts Core::whereabouts(const SlotSet& slots) const {
  gather::Whereabouts where;
  slots.each([&](Slot slot) {
    const Route route = ownership_.slots().route(slot);
    where.of_node[route.kind == Route::Kind::peer ? route.target : config_.self].add(slot);
    if (route.kind == Route::Kind::refuse || is_unfounded(ownership_, slot)) where.nobodys.add(slot);
  });
  return where;
}

// Why it is of no use to ask for a slot that is missing again; empty: it may be.
std::string Core::why_missing(Slot slot, bool out_of_time) const {
  const Route route = ownership_.slots().route(slot);
  if (route.kind == Route::Kind::refuse) return why_refused(slot);
  const bool unheld = is_unfounded(ownership_, slot);
  if (!unheld && !out_of_time) return {};
  if (unheld || route.kind == Route::Kind::wait) return why_unserved(slot);
  return "TRYAGAIN slot " + std::to_string(slot) +
         " was on its way between nodes for too long, or no node takes it for its own";
}

void Core::carry_out(const gather::Locate& locate) {
  gathers_.located(locate.gather, whereabouts(*locate.slots), now_.steady_ms);
}

void Core::carry_out(const gather::Explain& explain) {
  const bool out_of_time = now_.steady_ms >= explain.until_ms;
  gathers_.explained(explain.gather, why_missing(explain.slot, out_of_time));
}

// ---- What is kept, and the end ----

void Core::carry_out(const gather::Account& account) {
  give_back(account.asker, account.before);
  if (account.now > 0) (void)charge(account.asker, account.now);
}

void Core::carry_out(gather::Reply& reply) {
  if (gather::is_error(reply.body.view())) ++counters_.error_replies;
  give_back(reply.asker, reply.charged);
  deliver(reply.asker, Outcome::done, reply.body.view(), reply.lsn);
}

void Core::carry_out(gather::Report& report) {
  Bytes body;
  ReplyWriter reply(body, report.version);
  answer_report(report, figures_, draining_, reply);
  give_back(report.asker, report.charged);
  deliver(report.asker, Outcome::done, body.view(), report.lsn);
}

}  // namespace limpet::shard
