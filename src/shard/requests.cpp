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

// Is it owed so much that its next commands wait? While all clients together have room that is a lot: many
// write a long pipeline before they read.
bool is_owed_enough(const Client& client, const ClientMemory& memory) {
  if (!client.authenticated) return true;
  return client.out.size() + (client.backlog ? client.backlog->bytes() : 0) >= memory.allowance();
}

bool may_take(const Client& client, const ClientMemory& memory) {
  if (client.barrier) return false;
  const std::size_t pause = client.authenticated ? kOutputPauseBytes : kUnauthOutputPauseBytes;
  if ((client.out.size() >= pause || client.backlog) && is_owed_enough(client, memory)) return false;
  if (client.replies.empty()) return true;
  return client.replies.bytes() < kOutputPauseBytes &&
         client.replies.awaited() < (client.largest_reply == 0 ? kFirstPlacesMax : kReplyPlacesMax) &&
         client.replies.awaited() * client.largest_reply <= kAwaitedBytes;
}
}  // namespace

resp::RequestLimits Core::limits_of(const Client& client) const {
  if (client.authenticated) return {kRequestArgsMax, kBulkBytesMax, kRequestBytesMax, true};
  return {kUnauthArgsMax, kUnauthBulkBytesMax, kUnauthRequestBytesMax, false};
}

void Core::client_bytes(Client& client, std::string_view bytes) {
  counters_.net_input_bytes += bytes.size();
  client.last_used_ms = now_.steady_ms;
  if (client.ending) return;
  begin_writing(client);
  lend_buffer(client.out);
  if (client.input.empty()) {
    // The usual case: whole requests, read where they stand.
    const std::size_t taken = take_requests(client, bytes);
    if (taken < bytes.size() && !client.ending) client.input.append(bytes.substr(taken));
  } else {
    client.input.append(bytes);
    client.input.consume(take_requests(client, client.input.view()));
  }
  if (client.ending || (client.input.empty() && client.input.capacity() > 0)) client.input.release();
  end_writing(client);
  output_changed(client);
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
inline bool Core::take_step(Client& client, ParsedRequest& next, Quantum& quantum) {
  using Kind = resp::RequestStep::Kind;
  if (quantum.commands == kTurnCommandsMax ||
      client.out.size() - quantum.out_before + muted_bytes_ > kTurnReplyBytes) {
    yield(client);
    return false;
  }
  client.stalled = !may_take(client, memory_) || (!client.replies.empty() && forwarder_.holds_up(client.id));
  if (client.stalled || next.step.kind == Kind::need_more) return false;
  if (next.step.kind == Kind::error) {
    ++counters_.protocol_errors;
    reply_error(client, next.step.error);
    end_client(client);
    return false;
  }
  if (next.step.kind == Kind::command && !take_command(client, next)) {
    client.stalled = true;
    return false;
  }
  quantum.taken += next.step.consumed;
  ++quantum.commands;
  return !client.ending;
}

// Reads up to `most` requests, and has what they need fetched. Returns how many steps of the parser that
// were: the last one may be anything, and those before it are commands of authenticated clients that change
// nothing in how the next is read.
inline std::size_t Core::parse_ahead(Client& client, std::string_view bytes, std::size_t most) {
  const resp::RequestLimits limits = limits_of(client);
  if (!client.authenticated) most = 1;
  std::array<KeyRef*, kLookAheadMax> here;
  std::size_t keys = 0;
  std::size_t count = 0;
  for (std::size_t at = 0; count < most && at < bytes.size();) {
    ParsedRequest& next = parsed_[count++];
    next.has_key = false;
    const bool line = bytes[at] != '*';  // its words live in the parser
    next.step = client.parser.next({bytes.data() + at, bytes.size() - at}, limits, next.args);
    if (next.step.kind != resp::RequestStep::Kind::command) break;
    at += next.step.consumed;
    // Pipelines mostly repeat a command.
    next.spec = count > 1 && same_word(next.args[0], parsed_[count - 2].args[0])
                    ? parsed_[count - 2].spec
                    : command::find(next.args[0]);
    if (next.spec == nullptr || next.spec->scope != command::Scope::session) break;
    if (next.spec->route_key() < next.args.size()) {
      next.has_key = true;
      next.key.set(next.args[next.spec->route_key()]);
      if (ownership_.slots().is_here(next.key.slot)) here[keys++] = &next.key;
    }
    if (line || next.args.size() > kAheadArgsMax) break;
  }
  if (keys > 1) engine_.store().prefetch({here.data(), keys});
  if (engine_.feed().records()) {
    for (std::size_t i = 0; i < keys; ++i) engine_.feed().prefetch(here[i]->slot);
  }
  return count;
}

// Takes requests from the front of `bytes` for as long as the client may have them taken. Returns how many
// bytes that were. What is left is either the beginning of a request or, if the client is stalled, whole ones
// for later.
std::size_t Core::take_requests(Client& client, std::string_view bytes) {
  if (client.needs > safe()) {
    // Its replies so far are not safe yet. More of them would only make it wait longer.
    client.stalled = true;
    client.reading = false;
    return 0;
  }
  Quantum quantum{.out_before = client.out.size()};
  muted_bytes_ = 0;
  // Who was stalled may be so again at once, and would have read in vain.
  std::size_t width = std::exchange(client.stalled, false) ? 1 : kLookAheadMax;
  for (bool more = true; more && quantum.taken < bytes.size() && !client.ending; width = kLookAheadMax) {
    const std::size_t count = parse_ahead(client, bytes.substr(quantum.taken), width);
    std::size_t at = 0;
    while (at < count && take_step(client, parsed_[at], quantum)) ++at;
    more = at == count;
    // What was read further on is for another time.
    if (at + 1 < count) client.parser.forget();
    // Only the last one may have had many arguments.
    resp::Args& last = parsed_[count - 1].args;
    if (last.capacity() > kAheadArgsKept) resp::Args().swap(last);
  }
  if (draining_ && !client.stalled && !client.ending) end_client(client);
  client.reading = !client.stalled && !client.ending;
  return client.ending ? bytes.size() : quantum.taken;
}

// One client's pipeline must not keep the others waiting: the rest of it is for the next quantum.
void Core::yield(Client& client) {
  client.stalled = client.yielded = true;
  yielded_.push_back(client.id);
  effects_.again = true;
}

// A few at a time, each for a turn of its own: who has just come with little to ask is served in between.
void Core::go_on() {
  const auto first = yielded_.begin();
  const auto last = first + static_cast<std::ptrdiff_t>(std::min(yielded_.size(), kTurnYieldedMax));
  const std::vector<StreamId> now(first, last);
  yielded_.erase(first, last);
  if (!yielded_.empty()) effects_.again = true;
  for (const StreamId id : now) {
    if (Client* client = id.kind == StreamKind::client ? find_client(id) : nullptr) {
      client->yielded = false;
      wake(*client);
    } else if (Peer* peer = id.kind == StreamKind::peer ? find_peer(id) : nullptr) {
      peer->yielded = false;
      read_on(*peer);
    }
  }
  for (unsigned shard = 0; shard < siblings_.shards(); ++shard) {
    if (siblings_.waits(shard)) take_batch(shard, {});
  }
  copy_on();
  copy_for_handovers();
}

void Core::wake(Client& client) {
  if (client.yielded) return;
  if (std::exchange(client.queued, true)) return;
  resumable_.push_back(client.id);
}

void Core::resume(Client& client) {
  if (client.ending || !client.stalled) return;
  begin_writing(client);
  client.input.consume(take_requests(client, client.input.view()));
  if (client.ending || client.input.empty()) client.input.release();
  end_writing(client);
  output_changed(client);
}

void Core::lend_buffer(Bytes& out) {
  if (out.capacity() > 0 || spare_.empty()) return;
  out = std::move(spare_.back());
  spare_.pop_back();
}

// ---- Replies ----

void Core::reply_error(Client& client, std::string_view text) {
  ++counters_.error_replies;
  reply_now(client, [&](Bytes& out) { ReplyWriter(out, client.version).error(text); });
}

Origin Core::keep_place(Client& client) {
  Place* place = client.replies.await(places_, client.reply_mode != ReplyMode::on);
  return {.kind = Origin::Kind::client, .stream = client.id, .place = place};
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
  if (peer::request_bytes(args) > kPieceBytes) client.barrier = true;
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
  reply_now(client, [&](Bytes& out) {
    lsn = engine_.run({spec, args, client.version, key}, out, now_).reply_lsn;
  });
  if (lsn > safe()) gate_output(client, lsn);
}

}  // namespace limpet::shard
