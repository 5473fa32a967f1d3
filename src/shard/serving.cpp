// Requests that other shards and nodes have sent on: read, looked at, and served here or sent on once more.
#include <array>
#include <limpet/base/assert.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/command/relocate.hpp>
#include <limpet/peer/held.hpp>

#include "core.hpp"

namespace limpet::shard {

using peer::FrameStep;

// One for a slot of another shard goes there as it came: only the slot's own shard knows
// whether the slot is on its way here, and it reads the request.
std::string_view Core::take_request(StreamId peer, const Frame& frame) {
  const Origin origin{.kind = Origin::Kind::peer, .stream = peer, .id = frame.id};
  const bool of_sibling = ownership_.moves_slots() && !draining_ && !ownership_.slots().is_own(frame.slot);
  peer::Request request;
  std::string_view name;
  const bool sound = of_sibling ? peer::look_at_request(frame.body, request, name)
                                : peer::read_request(frame.body, request, request_args_);
  if (!sound || request.reach == Reach::shard || request.hops == 0) return "malformed request";
  peers_.asked(peer);
  ++counters_.commands_for_peers;
  if (!of_sibling || request.reach != Reach::slot) {
    // What is for the node as a whole says no slot, and was only looked at where slot 0 is a sibling's.
    if (of_sibling) LIMPET_ASSERT(peer::read_request(frame.body, request, request_args_));
    serve(origin, frame.slot, request, request_args_, frame.body);
    return {};
  }
  const Spec* const spec = command::find(name);
  const bool write = spec == nullptr ? name != command::kStepRead : spec->has(command::kWrite);
  const unsigned shard = ownership::shard_of(frame.slot, config_.shards);
  forward_bytes({Route::Kind::sibling, static_cast<std::uint16_t>(shard)}, frame.slot, origin, frame.body,
                write, request.hops);
  return {};
}

void Core::take_sibling_request(unsigned sibling, const Frame& frame) {
  peer::Request request;
  LIMPET_ASSERT(peer::read_request(frame.body, request, request_args_));
  serve(of_sibling(sibling, frame), frame.slot, request, request_args_, frame.body);
}

// The keys of the next requests, as far as one can guess them.
void Core::prefetch_keys(std::string_view frames) {
  std::array<KeyRef, kLookAheadMax> keys;
  std::array<KeyRef*, kLookAheadMax> here;
  std::size_t count = 0;
  for (std::size_t frame = 0; frame < kLookAheadMax; ++frame) {
    const FrameStep step = peer::next_frame(frames, kPieceBytes);
    if (step.kind != FrameStep::Kind::frame) break;
    frames.remove_prefix(step.consumed);
    if (step.frame.type != FrameType::request || !ownership_.slots().is_here(step.frame.slot)) continue;
    const std::string_view key = peer::second_argument(step.frame.body);
    keys[count] = {.key = key, .uid = uid_of(key), .slot = step.frame.slot};
    here[count] = &keys[count];
    ++count;
  }
  if (count > 1) engine_.store().prefetch({here.data(), count});
}

void Core::serve(const Origin& origin, Slot slot, const peer::Request& request, Args args,
                 std::string_view body) {
  if (draining_ && origin.kind == Origin::Kind::peer) {
    deliver(origin, Outcome::unavailable,
            "CLUSTERDOWN node " + view_->nodes[config_.self].name + " is stopping");
    return;
  }
  if (origin.kind == Origin::Kind::sibling && siblings_.waiting(origin.sibling) > kLinkBytesMax) {
    deliver(origin, Outcome::unavailable, "BUSY too many bytes wait to be sent back; ask for less at a time");
    return;
  }
  const Spec* spec = command::find(args[0]);
  const bool step = spec == nullptr && request.reach == Reach::slot && command::is_step(args);
  std::string error = step ? std::string() : command::refusal(spec, args);
  // The internal form of a command may have other arguments than a client's.
  if (spec != nullptr && request.reach != Reach::slot) {
    const bool allowed = origin.kind == Origin::Kind::sibling || is_for_nodes(*spec, args);
    error = allowed ? "" : "ERR no command for a node as a whole";
  }
  if (!request.authenticated && !tunables_.password.empty()) error = command::kAuthRequired;
  const auto version = static_cast<resp::Version>(request.version);
  if (!error.empty()) {
    served_reply_.clear();
    ReplyWriter(served_reply_, version).error(error);
    deliver(origin, Outcome::done, served_reply_.view());
    return;
  }
  switch (request.reach) {
    case Reach::slot: {
      const bool came_back =
          !forwarder_.relays().empty() && forwarder_.relays().came_back(slot, request.hops);
      serve_slot(origin, slot, came_back ? ownership_.owner_route(slot) : ownership_.slots().route(slot),
                 request, spec, args, body);
      return;
    }
    case Reach::node:
      return run_node_part(origin, version, spec->has(command::kWrite), args);
    case Reach::shard: {
      if (command::execution_of(*spec, args).builtin == command::Builtin::cluster_claim)
        return claim_from(args[2], origin, version);
      served_reply_.clear();
      const Lsn lsn = run_shard_part(args, version, served_reply_);
      deliver(origin, Outcome::done, served_reply_.view(), lsn);
      return;
    }
  }
}

void Core::serve_slot(const Origin& origin, Slot slot, Route route, const peer::Request& request,
                      const Spec* spec, Args args, std::string_view body) {
  if (route.kind == Route::Kind::here) {
    served_reply_.clear();
    const auto version = static_cast<resp::Version>(request.version);
    // A step of relocate.hpp has its key there, too.
    const std::size_t at = spec == nullptr ? 1 : spec->route_key();
    const bool keyed = at > 0 && at < args.size();
    const KeyRef key = keyed ? KeyRef::of(args[at]) : KeyRef{};
    const bool in_slot = at == 0 || (keyed && key.slot == slot);
    const bool sound =
        in_slot && (spec == nullptr ||
                    (spec->run != nullptr && (!spec->many_keys() || others_in_slot(*spec, args, slot))));
    engine::Executed done;
    if (!sound) {
      ReplyWriter(served_reply_, version).error("ERR the nodes run different releases of limpet");
    } else if (spec == nullptr) {
      done = engine_.run_step(args, args[1], version, served_reply_, now_);
    } else {
      done = engine_.run({*spec, args, version, keyed ? &key : nullptr}, served_reply_, now_);
    }
    deliver(origin, Outcome::done, served_reply_.view(), done.reply_lsn);
    return;
  }
  if (route.kind == Route::Kind::wait) return park(origin, slot, request.hops, body);
  // Nobody else has it, so that it would be tried in vain; and if this node has it again all of a sudden,
  // some of a client's commands would be executed and earlier ones come back.
  if (cannot_know(ownership_, slot)) {
    return deliver(origin, Outcome::unavailable, why_refused(slot));
  }
  if (route.kind == Route::Kind::refuse ||
      (route.kind == Route::Kind::peer && (draining_ || !may_pass_on(slot, request.hops)))) {
    // A proof that nothing was executed, with the name of the node that this one believes in.
    Bytes proof;
    const bool known = route.kind == Route::Kind::peer;
    peer::append_not_me(proof, {.term = ownership_.known().heard(slot).term,
                                .node = known ? std::string_view(view_->nodes[route.target].name) : ""});
    deliver(origin, Outcome::not_mine, proof.view());
    return;
  }
  // A command that began its way with this shard has its first hop in it already.
  const bool passed_on = origin.kind == Origin::Kind::sibling || origin.kind == Origin::Kind::peer;
  const bool write = spec == nullptr ? args[0] != command::kStepRead : spec->has(command::kWrite);
  const std::uint8_t hops = passed_on ? request.hops : std::uint8_t{0};
  if (route.kind != Route::Kind::peer || !passed_on)
    return forward_bytes(route, slot, origin, body, write, hops);
  passed_on_body_.clear();
  passed_on_body_.append(body);
  peer::set_hops(passed_on_body_, static_cast<std::uint8_t>(hops + 1));
  forward_bytes(route, slot, origin, passed_on_body_.view(), write, hops);
}

}  // namespace limpet::shard
