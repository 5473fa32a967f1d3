#include "requests.hpp"

#include <limpet/command/errors.hpp>

namespace limpet::shard {

using clients::Client;
using clients::ParsedRequest;
using clients::ReplyMode;
using command::Args;
using command::Spec;

namespace {
// PING is, other than in Redis: a load balancer that asks whether the node lives has no password.
bool open_to_strangers(const Spec& spec) {
  return spec.has(command::kNoAuth) || spec.builtin == command::Builtin::ping;
}
}  // namespace

void Requests::read_ahead(Client& client) {
  const auto here =
      clients_.intake().read_ahead(client, [&](Slot slot) { return ownership_.slots().is_here(slot); });
  if (here.size() > 1) engine_.store().prefetch(here);
  if (engine_.feed().records()) {
    for (const KeyRef* key : here) engine_.feed().prefetch(key->slot);
  }
}

// What is on the path of every request is `inline`, so that it becomes one function.

inline bool Requests::take_command(Client& client, const ParsedRequest& next) {
  const Spec* const spec = next.spec;
  const Args args = next.args;
  if (spec == nullptr || !spec->arity_fits(args.size())) {
    const bool may_know = client.authenticated || (spec != nullptr && open_to_strangers(*spec));
    wide_.reject(client, spec, may_know ? command::refusal(spec, args) : std::string(command::kAuthRequired));
    if (client.reply_mode == ReplyMode::skip_this) client.reply_mode = ReplyMode::on;
    return true;
  }
  client.commands.sent(*spec);
  if (!client.authenticated && !open_to_strangers(*spec)) {
    wide_.reject(client, spec, command::kAuthRequired);
    return true;
  }
  if (!(next.has_key ? take_keyed(client, *spec, args, next.key) : take_by_scope(client, *spec, args)))
    return false;
  ++counters_.commands_processed;
  // CLIENT REPLY SKIP silences the one command that follows it.
  if (client.reply_mode > ReplyMode::off) {
    client.reply_mode = client.reply_mode == ReplyMode::skip_this ? ReplyMode::on : ReplyMode::skip_this;
  }
  return true;
}

inline bool Requests::take(Client& client, const ParsedRequest& next) {
  using Kind = resp::RequestStep::Kind;
  if (clients_.intake().is_used_up(client)) {
    // One client's pipeline must not keep the others waiting: the rest of it is for its next turn.
    client.turn.yield();
    turns_.add(client.id);
    return false;
  }
  if (!clients_.may_take(client) || (!client.replies.empty() && forwarder_.holds_up(client.id))) {
    client.turn.stall();
    return false;
  }
  if (next.step.kind == Kind::need_more) return false;
  if (next.step.kind == Kind::error) {
    ++counters_.protocol_errors;
    delivery_.refuse(client, next.step.error);
    clients_.end(client, delivery_.safe());
    return false;
  }
  if (next.step.kind == Kind::command && !take_command(client, next)) {
    client.turn.stall();
    return false;
  }
  clients_.intake().took(next);
  return true;
}

bool Requests::take_read(Client& client) {
  clients::Intake& intake = clients_.intake();
  while (const ParsedRequest* const next = intake.next()) {
    if (!take(client, *next) || client.ending) return false;
    // It was sent on, or cut into parts.
    if (!client.replies.empty()) return true;
  }
  return false;
}

bool Requests::take_by_scope(Client& client, const Spec& spec, Args args) {
  // Commands on one key that come in a pipeline go past here (take_keyed() asks for them); all others are
  // asked about here, whatever becomes of them.
  if (dispatch_.would_overtake(client, spec, args)) return false;
  switch (spec.scope) {
    case command::Scope::session:
      return take_of_session(client, spec, args);
    case command::Scope::pair:
      return take_pair(client, spec, args);
    case command::Scope::split:
      return take_split(client, spec, args);
    case command::Scope::connection:
      engine_.stats().called(spec);
      return builtins_.about_connection(client, spec, args);
    case command::Scope::node:
      return builtins_.about_node(client, spec, args);
    case command::Scope::cluster:
      if (spec.has(command::kWrite) && policy_.followers > 0) client.commands.wrote_all();
      return wide_.all_keys(client, spec, args);
  }
  return true;
}

// ---- Of a session ----

bool Requests::take_of_session(Client& client, const Spec& spec, Args args) {
  const std::size_t at = spec.route_key();
  if (at < args.size()) return take_keyed(client, spec, args, KeyRef::of(args[at]));
  // OBJECT HELP and the like
  run(client, spec, args);
  return true;
}

inline bool Requests::take_keyed(Client& client, const Spec& spec, Args args, const KeyRef& key) {
  const Slot slot = key.slot;
  if (spec.many_keys() && !Dispatch::others_in_slot(spec, args, slot)) {
    wide_.reject(client, &spec, command::kCrossSlot);
    return true;
  }
  if (spec.has(command::kWrite) && policy_.followers > 0) client.commands.wrote(slot);
  // Most commands: nothing of this client is under way that this one could overtake.
  if (ownership_.slots().is_here(slot) && client.replies.empty()) {
    run(client, spec, args, &key);
    return true;
  }
  const Decision decision = dispatch_.decide(client, slot);
  switch (decision.kind) {
    case Decision::Kind::run:
      run(client, spec, args, &key);
      return true;
    case Decision::Kind::forward:
      forward(client, spec, args, slot, decision.target);
      return true;
    case Decision::Kind::wait:
      return waiting_.wait(client, slot);
    case Decision::Kind::stall:
      return false;
    case Decision::Kind::refuse:
      break;
  }
  delivery_.refuse(client, dispatch_.why_refused(slot));
  return true;
}

void Requests::forward(Client& client, const Spec& spec, Args args, Slot slot, forward::Target target) {
  const forward::Origin origin = delivery_.await(client);
  if (ownership_.is_unconfirmed(slot)) forwarder_.overtaking().may_come_back(client.id, slot);
  const std::size_t bytes = sending_.begin({target, slot, origin, spec.has(command::kWrite)},
                                           peer::Reach::slot, client.version, client.authenticated, args);
  // A large value takes its time on the link while small requests pass it: those of this client must not.
  if (bytes > kPieceBytes && client.replies.awaited() > 0) client.replies.set_barrier();
}

void Requests::run(Client& client, const Spec& spec, Args args, const KeyRef* key) {
  Lsn lsn = 0;
  clients_.reply(client, [&](Bytes& out) {
    lsn = engine_.run({spec, args, client.version, key}, out, now_).reply_lsn;
  });
  if (lsn > delivery_.safe()) clients_.gate(client, lsn);
}

// ---- Of several ----

void Requests::note_written(Client& client, const Spec& spec, Args args) {
  if (!spec.has(command::kWrite) || policy_.followers == 0) return;
  spec.each_key(args, [&](std::string_view key) { client.commands.wrote(slot_of(key)); });
}

bool Requests::take_split(Client& client, const Spec& spec, Args args) {
  bool one_slot = true;
  bool all_here = true;
  const auto first = static_cast<std::size_t>(spec.first_key);
  const Slot slot_of_first = slot_of(args[first]);
  for (std::size_t at = first; at <= spec.last_key_of(args.size()) && (one_slot || all_here);
       at += static_cast<std::size_t>(spec.key_step)) {
    const Slot slot = at == first ? slot_of_first : slot_of(args[at]);
    one_slot = one_slot && slot == slot_of_first;
    all_here = all_here && ownership_.slots().is_here(slot);
  }
  if (one_slot) return take_of_session(client, spec, args);
  note_written(client, spec, args);
  if (!all_here) return wide_.split(client, spec, args);
  run(client, spec, args);
  return true;
}

bool Requests::take_pair(Client& client, const Spec& spec, Args args) {
  const Slot from = slot_of(args[1]);
  const Slot to = slot_of(args[2]);
  if (from == to) return take_of_session(client, spec, args);
  note_written(client, spec, args);
  if (!ownership_.slots().is_here(from) || !ownership_.slots().is_here(to))
    return wide_.pair(client, spec, args);
  run(client, spec, args);
  return true;
}

}  // namespace limpet::shard
