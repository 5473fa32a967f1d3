#include "serving.hpp"

#include <limpet/base/assert.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/command/relocate.hpp>
#include <limpet/ownership/reasons.hpp>
#include <limpet/peer/held.hpp>

namespace limpet::shard {

using command::Args;
using command::Spec;
using forward::Origin;
using peer::Frame;
using peer::Outcome;
using peer::Reach;
using resp::ReplyWriter;

namespace {

// `spec`: null for a step of relocate.hpp.
bool writes(const Spec* spec, std::string_view name) {
  return spec == nullptr ? name != command::kStepRead : spec->has(command::kWrite);
}

}  // namespace

// A request, read.
struct Serving::Asked {
  const Origin& origin;
  Slot slot;
  const peer::Request& request;
  const Spec* spec;  // null for a step of relocate.hpp, and where there is no such command
  Args args;
  std::string_view body;  // as it came

  [[nodiscard]] resp::Version version() const { return static_cast<resp::Version>(request.version); }
};

// ---- As they come ----

// One for a slot of another shard goes there as it came: only the slot's own shard knows whether the slot is
// on its way here, and it reads the request.
std::string_view Serving::take(StreamId peer, const Frame& frame) {
  const Origin origin{.kind = Origin::Kind::peer, .stream = peer, .id = frame.id};
  const bool of_sibling =
      ownership_.moves_slots() && !links_.draining() && !ownership_.slots().is_own(frame.slot);
  peer::Request request;
  std::string_view name;
  const bool sound = of_sibling ? peer::look_at_request(frame.body, request, name)
                                : peer::read_request(frame.body, request, args_);
  if (!sound || request.reach == Reach::shard || request.hops == 0) return "malformed request";
  ++counters_.commands_for_peers;
  if (!of_sibling || request.reach != Reach::slot) {
    // What is for the node as a whole says no slot, and was only looked at where slot 0 is a sibling's.
    if (of_sibling) LIMPET_ASSERT(peer::read_request(frame.body, request, args_));
    serve({origin, frame.slot, request, command::find(args_[0]), args_, frame.body});
    return {};
  }
  const auto shard = static_cast<std::uint16_t>(ownership::shard_of(frame.slot, config_.shards));
  sending_.pass_on({{true, shard}, frame.slot, origin, writes(command::find(name), name)}, frame.body,
                   request.hops);
  return {};
}

void Serving::take(const Origin& sibling, const Frame& frame) {
  peer::Request request;
  LIMPET_ASSERT(peer::read_request(frame.body, request, args_));
  serve({sibling, frame.slot, request, command::find(args_[0]), args_, frame.body});
}

void Serving::prefetch(std::string_view frames) {
  keys_.clear();
  Slot slot = 0;
  std::string_view key;
  for (std::size_t frame = 0; frame < kLookAheadMax && peer::glance_at_frame(frames, slot, key); ++frame) {
    if (!key.empty() && ownership_.slots().is_here(slot)) keys_.add(key, slot);
  }
  if (keys_.all().size() > 1) engine_.store().prefetch(keys_.all());
}

// Whether the sender is right about its slot is looked at where it is run.
KeyRef Serving::key_of(std::string_view argument) {
  const KeyRef* const known = keys_.find(argument);
  if (known == nullptr) return KeyRef::of(argument);
  KeyRef key = *known;
  key.slot = slot_of_uid(key.uid);
  return key;
}

// ---- What becomes of them ----

// Why it cannot be run anywhere; empty: it may be.
std::string Serving::why_not(const Asked& asked) const {
  if (!asked.request.authenticated && !tunables_.password.empty()) return std::string(command::kAuthRequired);
  if (asked.spec == nullptr && asked.request.reach == Reach::slot && command::is_step(asked.args)) return {};
  if (asked.spec == nullptr || asked.request.reach == Reach::slot)
    return command::refusal(asked.spec, asked.args);
  // The internal form of a command may have other arguments than a client's.
  const bool allowed =
      asked.origin.kind == Origin::Kind::sibling || OwnParts::is_for_nodes(*asked.spec, asked.args);
  return allowed ? "" : "ERR no command for a node as a whole";
}

void Serving::serve(const Asked& asked) {
  const Origin& origin = asked.origin;
  if (links_.draining() && origin.kind == Origin::Kind::peer) {
    return delivery_.deliver(origin, Outcome::unavailable,
                             "CLUSTERDOWN node " + links_.name_of(config_.self) + " is stopping");
  }
  if (origin.kind == Origin::Kind::sibling && siblings_.waiting(origin.sibling) > kLinkBytesMax) {
    return delivery_.deliver(origin, Outcome::unavailable,
                             "BUSY too many bytes wait to be sent back; ask for less at a time");
  }
  if (const std::string error = why_not(asked); !error.empty()) {
    reply_.clear();
    ReplyWriter(reply_, asked.version()).error(error);
    return delivery_.deliver(origin, Outcome::done, reply_.view());
  }
  switch (asked.request.reach) {
    case Reach::slot:
      return serve_slot(asked, dispatch_.decide_for_request(asked.slot, asked.request.hops));
    case Reach::node:
      return parts_.run_for_node(origin, asked.version(), asked.spec->has(command::kWrite), asked.args);
    case Reach::shard:
      reply_.clear();
      if (const auto lsn = parts_.run_for_shard(origin, asked.version(), asked.args, reply_))
        delivery_.deliver(origin, Outcome::done, reply_.view(), *lsn);
      return;
  }
}

void Serving::run(const Asked& asked) {
  reply_.clear();
  const Spec* const spec = asked.spec;
  const Args args = asked.args;
  // A step of relocate.hpp has its key there, too.
  const std::size_t at = spec == nullptr ? 1 : spec->route_key();
  const bool keyed = at > 0 && at < args.size();
  const KeyRef key = keyed ? key_of(args[at]) : KeyRef{};
  const bool in_slot = at == 0 || (keyed && key.slot == asked.slot);
  const bool sound =
      in_slot &&
      (spec == nullptr ||
       (spec->run != nullptr && (!spec->many_keys() || Dispatch::others_in_slot(*spec, args, asked.slot))));
  engine::Executed done;
  if (!sound) {
    ReplyWriter(reply_, asked.version()).error("ERR the nodes run different releases of limpet");
  } else if (spec == nullptr) {
    done = engine_.run_step(args, args[1], asked.version(), reply_, now_);
  } else {
    done = engine_.run({*spec, args, asked.version(), keyed ? &key : nullptr}, reply_, now_);
  }
  delivery_.deliver(asked.origin, Outcome::done, reply_.view(), done.reply_lsn);
}

void Serving::serve_slot(const Asked& asked, const Decision& decision) {
  using Kind = Decision::Kind;
  const Origin& origin = asked.origin;
  const std::uint8_t came_with = asked.request.hops;
  if (decision.kind == Kind::run) return run(asked);
  if (decision.kind == Kind::wait) return waiting_.park(origin, asked.slot, came_with, asked.body);
  const bool to_node = decision.kind == Kind::forward && !decision.target.is_sibling;
  if (decision.kind != Kind::forward || cannot_know(ownership_, asked.slot) ||
      (to_node && (links_.draining() || !dispatch_.may_pass_on(asked.slot, came_with)))) {
    return refuse(asked, decision);
  }
  // A command that began its way with this shard has its first hop in it already.
  const bool passed_on = origin.kind == Origin::Kind::sibling || origin.kind == Origin::Kind::peer;
  const Sending::Parcel parcel{decision.target, asked.slot, origin, writes(asked.spec, asked.args[0])};
  if (to_node && passed_on) return sending_.pass_on_further(parcel, asked.body, came_with);
  sending_.pass_on(parcel, asked.body, passed_on ? came_with : std::uint8_t{0});
}

void Serving::refuse(const Asked& asked, const Decision& decision) {
  // Nobody else has it, so that it would be tried in vain; and if this node has it again all of a sudden,
  // some of a client's commands would be executed and earlier ones come back.
  if (cannot_know(ownership_, asked.slot)) {
    return delivery_.deliver(asked.origin, Outcome::unavailable, dispatch_.why_refused(asked.slot));
  }
  // A proof that nothing was executed, with the name of the node that this one believes in.
  Bytes proof;
  const bool known = decision.kind == Decision::Kind::forward;
  peer::append_not_me(proof, {.term = ownership_.known().heard(asked.slot).term,
                              .node = known ? std::string_view(links_.name_of(decision.target.index)) : ""});
  delivery_.deliver(asked.origin, Outcome::not_mine, proof.view());
}

// ---- Kept ones ----

void Serving::serve_kept(const Origin& origin, Slot slot, const Decision& decision, std::string_view body) {
  peer::Request request;
  std::vector<std::string_view> args;
  LIMPET_ASSERT(peer::read_request(body, request, args));
  serve_slot({origin, slot, request, command::find(args[0]), args, body}, decision);
}

void Serving::serve_kept(const Origin& origin, Slot slot, std::string_view body) {
  serve_kept(origin, slot, dispatch_.decide_for_returned(slot), body);
}

void Serving::serve_kept(const forward::Parked& parked, Slot slot, const Decision& decision) {
  delivery_.give_back(parked.origin, parked.charged);
  serve_kept(parked.origin, slot, decision, parked.body.view());
}

void Serving::reroute(Slot slot) {
  const Dispatch::Update update = dispatch_.update(slot);
  if (update.returned) {
    for (const forward::Parked& parked : waiting_.take_returned(slot))
      serve_kept(parked, slot, dispatch_.decide_for_returned(slot));
  }
  if (update.all) wake(slot);
}

void Serving::wake(Slot slot) {
  const forward::Waiters::Waiting waiting = waiting_.take(slot);
  for (const forward::Parked& parked : waiting.requests) serve_kept(parked, slot, dispatch_.decide(slot));
  waiting_.wake(slot, waiting.clients);
}

}  // namespace limpet::shard
