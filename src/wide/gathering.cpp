#include <limpet/gather/part.hpp>
#include <limpet/wide/answers.hpp>
#include <limpet/wide/gathering.hpp>
#include <type_traits>
#include <variant>

namespace limpet::wide {

using command::Args;
using gather::Ask;
using peer::Outcome;
using peer::Reach;

// Whoever is asked and answers at once only adds to what is done behind it.
void Gathering::drain() {
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

// ---- Parts ----

void Gathering::ask(const Ask& ask, Args args) {
  switch (ask.whom) {
    case Ask::Whom::node:
      return ask_node(ask, args);
    case Ask::Whom::shard:
      return ask_shard(ask, args);
    case Ask::Whom::holder:
      return ask_holder(ask, args);
  }
}

void Gathering::forward(const Ask& ask, forward::Target target, Args args) {
  const Reach reach = ask.whom == Ask::Whom::node    ? Reach::node
                      : ask.whom == Ask::Whom::shard ? Reach::shard
                                                     : Reach::slot;
  const Slot slot = reach == Reach::slot ? ask.slot : forward::kNoSlot;
  sending_.begin({target, slot, ask.part, ask.write}, reach, ask.version, ask.authenticated, args);
}

void Gathering::ask_node(const Ask& ask, Args args) {
  if (ask.target == config_.self) return parts_.run_for_node(ask.part, ask.version, ask.write, args);
  forward(ask, {false, ask.target}, args);
}

void Gathering::ask_shard(const Ask& ask, Args args) {
  if (ask.target != config_.index) return forward(ask, {true, ask.target}, args);
  Bytes reply;
  if (const auto lsn = parts_.run_for_shard(ask.part, ask.version, args, reply))
    delivery_.part_done(ask.part, Outcome::done, reply.view(), *lsn);
}

void Gathering::ask_holder(const Ask& ask, Args args) {
  using Kind = Decision::Kind;
  const Decision decision = dispatch_.decide(ask.slot);
  switch (decision.kind) {
    case Kind::run:
      return run(ask, args);
    case Kind::forward: {
      clients::Client* const client = clients_.find(ask.part.stream);
      if (client != nullptr &&
          (peer::request_bytes(args) > kPieceBytes || ownership_.is_unconfirmed(ask.slot)))
        client->replies.set_barrier();
      return forward(ask, decision.target, args);
    }
    case Kind::wait: {
      Bytes body;
      peer::append_request(body, sending_.first_hop(Reach::slot, ask.version, ask.authenticated), args);
      return waiting_.park(ask.part, ask.slot, 0, body.view());
    }
    case Kind::stall:
    case Kind::refuse:
      return delivery_.deliver(ask.part, Outcome::unavailable, dispatch_.why_refused(ask.slot));
  }
}

void Gathering::run(const Ask& ask, Args args) {
  const command::Spec* const spec = command::find(args[0]);
  Bytes reply;
  const engine::Executed done = spec == nullptr ? engine_.run_step(args, args[1], ask.version, reply, now_)
                                                : engine_.run({*spec, args, ask.version}, reply, now_);
  if (ask.safe_first) return delivery_.deliver(ask.part, Outcome::done, reply.view(), done.reply_lsn);
  clients_.intake().spend(reply.size());  // it is of this turn, though it goes nowhere yet
  delivery_.part_done(ask.part, Outcome::done, reply.view(), done.reply_lsn);
}

// ---- What is known of slots ----

// Of slots that nobody is known to hold, this shard's own idea of them is asked.
void Gathering::carry_out(const gather::Locate& locate) {
  gather::Whereabouts where;
  locate.slots->each([&](Slot slot) {
    where.of_node[dispatch_.server_of(slot)].add(slot);
    if (dispatch_.is_nobodys(slot)) where.nobodys.add(slot);
  });
  gathers_.located(locate.gather, where, delivery_.is_there(locate.asker), now_.steady_ms);
}

void Gathering::carry_out(const gather::Explain& explain) {
  const bool out_of_time = now_.steady_ms >= explain.until_ms;
  gathers_.explained(explain.gather, dispatch_.why_missing(explain.slot, out_of_time));
}

// ---- What is kept, and the end ----

void Gathering::carry_out(const gather::Account& account) {
  delivery_.give_back(account.asker, account.before);
  if (account.now > 0) (void)delivery_.charge(account.asker, account.now);
}

void Gathering::carry_out(gather::Reply& reply) {
  if (gather::is_error(reply.body.view())) ++counters_.error_replies;
  delivery_.deliver(reply.asker, Outcome::done, reply.body.view(), reply.lsn, reply.charged);
}

void Gathering::carry_out(gather::Report& report) {
  Bytes body;
  resp::ReplyWriter reply(body, report.version);
  answer_report(report, figures_, links_.draining(), reply);
  delivery_.deliver(report.asker, Outcome::done, body.view(), report.lsn, report.charged);
}

}  // namespace limpet::wide
