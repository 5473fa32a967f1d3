// From a client's bytes to commands, and where each of them goes.
#include <algorithm>
#include <array>
#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>

#include "core.hpp"

namespace limpet::shard {

namespace {
// PING is, other than in Redis: a load balancer that asks whether the node lives has no password.
bool open_to_strangers(const Spec& spec) {
  return spec.has(command::kNoAuth) || spec.builtin == command::Builtin::ping;
}
}  // namespace

void Core::client_bytes(Client& client, std::string_view bytes) {
  counters_.net_input_bytes += bytes.size();
  client.last_used_ms = now_.steady_ms;
  if (!client.ending) take_turn(client, bytes);
}

// These three are on the path of every request, and in one place each: `inline` so that they become one.

inline bool Core::take_command(Client& client, const ParsedRequest& next) {
  const Spec* const spec = next.spec;
  const Args args = next.args;
  if (spec == nullptr || !spec->arity_fits(args.size())) {
    const bool open = spec != nullptr && open_to_strangers(*spec);
    const bool may_know = client.authenticated || open;
    admit_error(client, spec, may_know ? command::refusal(spec, args) : std::string(command::kAuthRequired));
    if (client.reply_mode == ReplyMode::skip_this) client.reply_mode = ReplyMode::on;
    return true;
  }
  client.last_command = spec;
  if (!client.authenticated && !open_to_strangers(*spec)) {
    admit_error(client, spec, command::kAuthRequired);
    return true;
  }
  if (!(next.has_key ? take_keyed_command(client, *spec, args, next.key)
                     : take_by_scope(client, *spec, args))) {
    return false;
  }
  ++counters_.commands_processed;
  // CLIENT REPLY SKIP silences the one command that follows it.
  if (client.reply_mode > ReplyMode::off) {
    client.reply_mode = client.reply_mode == ReplyMode::skip_this ? ReplyMode::on : ReplyMode::skip_this;
  }
  return true;
}

bool Core::would_overtake(const Client& client, const Spec& spec, Args args) const {
  if (spec.first_key == 0 || client.replies.empty()) return false;
  const auto step = static_cast<std::size_t>(spec.key_step);
  for (auto at = static_cast<std::size_t>(spec.first_key); at <= spec.last_key_of(args.size()); at += step) {
    if (forwarder_.overtaking().holds_back(client.id, slot_of(args[at]))) return true;
  }
  return false;
}

bool Core::take_by_scope(Client& client, const Spec& spec, Args args) {
  // Commands on one key that come in a pipeline go past here (take_keyed_command() asks for them); all others
  // are asked about here, whatever becomes of them.
  if (would_overtake(client, spec, args)) return false;
  switch (spec.scope) {
    case command::Scope::session:
      return take_session_command(client, spec, args);
    case command::Scope::pair:
      return take_pair_command(client, spec, args);
    case command::Scope::split:
      return take_split_command(client, spec, args);
    case command::Scope::connection:
      engine_.stats().called(spec);
      return take_connection_command(client, spec, args);
    case command::Scope::node:
      return take_node_command(client, spec, args);
    case command::Scope::cluster:
      return take_wide_command(client, spec, args);
  }
  return true;
}

// False if the client cannot go on for now, or ends.
inline bool Core::take_step(Client& client, const ParsedRequest& next) {
  using Kind = resp::RequestStep::Kind;
  if (clients_.intake().is_used_up(client)) {
    yield(client);
    return false;
  }
  if (!clients_.may_take(client) || (!client.replies.empty() && forwarder_.holds_up(client.id))) {
    client.turn.stall();
    return false;
  }
  if (next.step.kind == Kind::need_more) return false;
  if (next.step.kind == Kind::error) {
    ++counters_.protocol_errors;
    reply_error(client, next.step.error);
    clients_.end(client, safe());
    return false;
  }
  if (next.step.kind == Kind::command && !take_command(client, next)) {
    client.turn.stall();
    return false;
  }
  if (!client.replies.empty()) settle();
  clients_.intake().took(next);
  return !client.ending;
}

// Takes requests of the client for as long as it may have them taken.
void Core::take_turn(Client& client, std::string_view bytes) {
  clients::Intake& intake = clients_.intake();
  clients_.begin_turn(client, bytes, safe());
  while (intake.goes_on(client)) {
    const auto here = intake.read_ahead(client, [&](Slot slot) { return ownership_.slots().is_here(slot); });
    if (here.size() > 1) engine_.store().prefetch(here);
    if (engine_.feed().records()) {
      for (const KeyRef* key : here) engine_.feed().prefetch(key->slot);
    }
    ParsedRequest* next = intake.next();
    while (next != nullptr && take_step(client, *next)) next = intake.next();
    intake.end_batch(client);
  }
  clients_.end_turn(client, draining_, safe());
}

// One client's pipeline must not keep the others waiting: the rest of it is for the next quantum.
void Core::yield(Client& client) {
  client.turn.yield();
  turns_.add(client.id);
}

// A few at a time, each for a turn of its own: who has just come with little to ask is served in between.
void Core::go_on() {
  for (const StreamId id : turns_.take(kTurnYieldedMax)) {
    if (id.kind == StreamKind::peer && peers_.resume(id)) peer_bytes(id, {});
    if (Client* client = clients_.find(id)) {
      client->turn.resume_from_yield();
      clients_.wake(*client);
    }
  }
  for (unsigned shard = 0; shard < siblings_.shards(); ++shard) {
    if (siblings_.waits(shard)) take_batch(shard, {});
  }
  copy_on();
  copy_for_handovers();
}

// ---- Replies ----

void Core::reply_error(Client& client, std::string_view text) {
  ++counters_.error_replies;
  clients_.reply(client, [&](Bytes& out) { ReplyWriter(out, client.version).error(text); });
}

Origin Core::keep_place(Client& client) {
  return {.kind = Origin::Kind::client, .stream = client.id, .place = clients_.await(client)};
}

// ---- Commands ----

void Core::admit_error(Client& client, const Spec* spec, std::string_view error) {
  if (spec != nullptr) engine_.stats().rejected(*spec);
  reply_error(client, error);
}

bool Core::take_session_command(Client& client, const Spec& spec, Args args) {
  const std::size_t at = spec.route_key();
  if (at < args.size()) return take_keyed_command(client, spec, args, KeyRef::of(args[at]));
  // OBJECT HELP and the like
  run_for(client, spec, args);
  return true;
}

bool Core::take_keyed_command(Client& client, const Spec& spec, Args args, const KeyRef& key) {
  const Slot slot = key.slot;
  if (spec.many_keys() && !others_in_slot(spec, args, slot)) {
    admit_error(client, &spec, command::kCrossSlot);
    return true;
  }
  // Most commands: nothing of this client is under way that this one could overtake.
  if (ownership_.slots().is_here(slot) && client.replies.empty()) {
    run_for(client, spec, args, &key);
    return true;
  }
  if (would_overtake(client, slot)) return false;
  const Route route = ownership_.slots().route(slot);
  if (route.kind == Route::Kind::here) {
    run_for(client, spec, args, &key);
    return true;
  }
  if (route.kind == Route::Kind::wait) return wait_for_slot(client, slot);
  if (route.kind == Route::Kind::refuse) {
    reply_error(client, why_refused(slot));
    return true;
  }
  if (!has_room(route, client)) return false;
  const Origin origin = keep_place(client);
  // A large value takes its time on the link while small requests pass it: those of this client must not.
  if (peer::request_bytes(args) > kPieceBytes) client.replies.set_barrier();
  if (ownership_.is_unconfirmed(slot)) forwarder_.overtaking().may_come_back(client.id, slot);
  const peer::Request request = first_hop(Reach::slot, client.version, client.authenticated);
  forward(route, slot, origin, request, args, spec.has(command::kWrite));
  return true;
}

// Are the keys behind the one that a command goes by in its slot, too? REQUIRES: spec.many_keys().
bool Core::others_in_slot(const Spec& spec, Args args, Slot slot) {
  const auto step = static_cast<std::size_t>(spec.key_step);
  for (std::size_t at = spec.route_key() + step; at <= spec.last_key_of(args.size()); at += step) {
    if (slot_of(args[at]) != slot) return false;
  }
  return true;
}

void Core::run_for(Client& client, const Spec& spec, Args args, const KeyRef* key) {
  Lsn lsn = 0;
  clients_.reply(client, [&](Bytes& out) {
    lsn = engine_.run({spec, args, client.version, key}, out, now_).reply_lsn;
  });
  if (lsn > safe()) clients_.gate(client, lsn);
}

}  // namespace limpet::shard
