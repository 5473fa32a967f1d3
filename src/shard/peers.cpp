// Links and accepted peers: the greeting, and the frames that come in.
#include <array>
#include <limpet/base/assert.hpp>
#include <limpet/base/encoding.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>
#include <limpet/command/relocate.hpp>
#include <limpet/peer/held.hpp>
#include <limpet/resp/value.hpp>

#include "core.hpp"

namespace limpet::shard {

using peer::FrameStep;

namespace {

// A node's word is not taken for it that a reply is a reply: clients get it as it is.
bool is_one_value(std::string_view reply) {
  const auto length = resp::value_length(reply, {.bytes_max = kFrameBytesMax});
  return length && *length && **length == reply.size();
}

}  // namespace

// ---- Links: this node dialled ----

void Core::link_bytes(LinkStream& stream, StreamId id, std::string_view bytes) {
  Link& link = link_to(stream.node);
  bool fine = true;
  links::FramesIn frames(stream.input, bytes, kPieceBytes);
  while (const Frame* const frame = fine ? frames.peek() : nullptr) {
    fine = link_frame(link, stream, *frame);
    settle();
    if (fine) frames.take();
  }
  frames.keep_rest();
  const std::string_view error = frames.error();
  if (!error.empty() || !fine) {
    if (!error.empty())
      note(Note::Level::error, "node " + view_->nodes[link.node()].name + ": " + std::string(error));
    stream.finished = true;
    stream.reading = false;
    stream.out.clear();
  }
  effects_.dirty.mark(stream, id);
}

bool Core::link_frame(Link& link, LinkStream& stream, const Frame& frame) {
  const std::string& name = view_->nodes[link.node()].name;
  if (!link.up()) {
    const Result<bool> greeted = link.greeted(frame, name, tunables_.secret, now_);
    if (!greeted) {
      link.failed(greeted.error().text);
      return false;
    }
    if (*greeted) {
      link.heard(frame, now_);
      effects_.notes.push_back(
          {Note::Level::info, "link to node " + name + " is up", {}, LinkNote{name, config_.index, true}});
      compare_files(link);
      ask_owners(link);
      forwarder_.link_is_up(link.node());
    }
    return true;
  }
  link.heard(frame, now_);
  switch (frame.type) {
    case FrameType::pong:
      return true;
    case FrameType::goodbye:
      link.said_goodbye();
      answer_goodbye(link);
      return true;
    case FrameType::news:
    case FrameType::words:
      return link_said(link, frame);
    case FrameType::reply: {
      const Result<const Frame*> whole = stream.assembler.add(frame);
      if (!whole) {
        note(Note::Level::error, "node " + name + ": " + whole.error().text);
        return false;
      }
      if (*whole != nullptr) {
        const auto outcome = static_cast<std::uint8_t>((*whole)->bits & ~peer::kMore);
        if (outcome > static_cast<std::uint8_t>(Outcome::in_doubt)) return false;
        const Origin* const origin = forwarder_.origin_of((*whole)->id);
        const bool of_handover = origin != nullptr && origin->kind == Origin::Kind::handoff;
        if (outcome == static_cast<std::uint8_t>(Outcome::done) && !of_handover &&
            !is_one_value((*whole)->body)) {
          return false;
        }
        answered((*whole)->id, static_cast<Outcome>(outcome), (*whole)->body);
      }
      return true;
    }
    default:
      note(Note::Level::error, "node " + name + " sent an unexpected frame");
      return false;
  }
}

// Both nodes should run the same cluster file. One shard says so for all.
void Core::compare_files(const Link& link) {
  if (config_.index != 0) return;
  const std::string& name = view_->nodes[link.node()].name;
  const std::uint64_t theirs = link.theirs().epoch;
  if (theirs == view_->epoch && link.theirs().content_digest != view_->content_digest) {
    note(Note::Level::error, "node " + name + " runs another cluster file at the same epoch " +
                                 std::to_string(view_->epoch) + ": give all nodes the same file");
  }
  if (theirs != view_->epoch) {
    note(Note::Level::warning, "node " + name + " runs epoch " + std::to_string(theirs) +
                                   " of the cluster file, this node epoch " + std::to_string(view_->epoch) +
                                   ": give all nodes the same file");
  }
}

// What the other node says of itself.
bool Core::link_said(Link& link, const Frame& frame) {
  if (frame.type == FrameType::words) {
    return ownership_.hears(link.node(), frame.body, now_);
  }
  peer::Standing standing;
  std::string_view body = frame.body;
  if (!peer::take_standing(body, standing)) return false;
  std::uint64_t sessions = 0;
  const bool counted = take_le(body, standing.leave_changes) && take_le(body, sessions);
  if (standing.epoch != link.theirs().epoch) files_compared_ms_ = now_.steady_ms + kFileLagMs;
  const bool first = !link.informed();
  const bool same_word = !first && standing.leave_changes == link.theirs().leave_changes;
  link.informed(standing);
  if (counted) link.counted(sessions);
  const cluster::Node& node = view_->nodes[link.node()];
  if (ownership_.moves_slots() && (standing.leaving != node.leaving || !same_word)) {
    effects_.leaving.push_back({node.name, {standing.boot, standing.leave_changes, standing.leaving, first}});
  }
  if (ownership_.moves_slots()) {
    ownership_.answered(link.node());
    ownership_.go_on(nodes(), now_);
  }
  return true;
}

// ---- Peers: the other node dialled ----

void Core::peer_bytes(StreamId peer, std::string_view bytes) {
  using Kind = links::Peers::Heard::Kind;
  auto turn = peers_.begin_turn(peer, bytes, links::Quantum(delivered_count_), now_);
  if (!turn) return;
  while (const links::Peers::Heard* const heard = turn->next()) {
    switch (heard->kind) {
      case Kind::greeted:
        peers_.greet(peer, greeter_.make(*view_, ownership_.standing(), random_.next(), now_));
        break;
      case Kind::admitted:
        introduce(peer);
        break;
      case Kind::frame:
        prefetch_keys(turn->ahead());
        peer_frame(peer, *turn, heard->frame);
        break;
    }
    settle();
  }
  turn->end();
  drain_peers();
}

void Core::drain_peers() {
  links::Peers::Actions actions = std::exchange(peers_.actions(), {});
  for (std::string& text : actions.warnings) note(Note::Level::warning, std::move(text));
  for (const links::Peers::Foreign& foreign : actions.foreign)
    link_to(foreign.node).said_foreign(foreign.why);
}

void Core::peer_frame(StreamId peer, links::Peers::Turn& turn, const Frame& frame) {
  switch (frame.type) {
    case FrameType::request:
      if (!take_request(peer, frame)) turn.refuse("malformed request");
      return;
    case FrameType::handoff:
      return take_peer_question(peer, frame);
    case FrameType::ask:
      if (!take_ask(peer, frame)) turn.refuse("malformed words on slots");
      return;
    default:
      return;
  }
}

// False: it is none. One for a slot of another shard goes there as it came: only the slot's own shard knows
// whether the slot is on its way here, and it reads the request.
bool Core::take_request(StreamId peer, const Frame& frame) {
  const Origin origin{.kind = Origin::Kind::peer, .stream = peer, .id = frame.id};
  const bool of_sibling = ownership_.moves_slots() && !draining_ && !ownership_.slots().is_own(frame.slot);
  peer::Request request;
  std::string_view name;
  const bool sound = of_sibling ? peer::look_at_request(frame.body, request, name)
                                : peer::read_request(frame.body, request, frame_args_);
  if (!sound || request.reach == Reach::shard || request.hops == 0) return false;
  peers_.asked(peer);
  ++counters_.commands_for_peers;
  if (!of_sibling || request.reach != Reach::slot) {
    // What is for the node as a whole says no slot, and was only looked at where slot 0 is a sibling's.
    if (of_sibling) LIMPET_ASSERT(peer::read_request(frame.body, request, frame_args_));
    serve(origin, frame.slot, request, frame_args_, frame.body);
    return true;
  }
  const Spec* const spec = command::find(name);
  const bool write = spec == nullptr ? name != command::kStepRead : spec->has(command::kWrite);
  const unsigned shard = ownership::shard_of(frame.slot, config_.shards);
  forward_bytes({Route::Kind::sibling, static_cast<std::uint16_t>(shard)}, frame.slot, origin, frame.body,
                write, request.hops);
  return true;
}

// A node that stops is told once that nothing more will come from here: only then may it go without leaving
// anybody in doubt. Whatever is on its way to it comes first.
void Core::answer_goodbye(Link& link) {
  if (!link.owes_goodbye() || link.lanes().waiting() > 0) return;
  link.lanes().send({.type = FrameType::goodbye});
  link.gave_goodbye();
  refill(link);
}

// A node that this one has not read about is to be known all the same: it may hold slots.
void Core::introduce(StreamId peer) {
  const std::optional<NodeIndex> node = peers_.node_of(peer);
  const peer::Greeting& theirs = *peers_.greeting_of(peer);
  if (node) seen_alive(*node);
  const auto client = cluster::parse_address(theirs.client);
  const auto address = cluster::parse_address(theirs.peer);
  if (!ownership_.moves_slots() || !client || !address) return;
  // Of one that is in no file that this process has read, only the name may be known, or where it was before.
  if (node && (view_->nodes[*node].listed || view_->nodes[*node].peer == *address)) return;
  effects_.strangers.push_back({theirs.node, *client, *address});
}

// ---- Requests of siblings and peers ----

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
    reply_scratch_.clear();
    ReplyWriter(reply_scratch_, version).error(error);
    deliver(origin, Outcome::done, reply_scratch_.view());
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
      reply_scratch_.clear();
      const Lsn lsn = run_shard_part(args, version, reply_scratch_);
      deliver(origin, Outcome::done, reply_scratch_.view(), lsn);
      return;
    }
  }
}

void Core::serve_slot(const Origin& origin, Slot slot, Route route, const peer::Request& request,
                      const Spec* spec, Args args, std::string_view body) {
  if (route.kind == Route::Kind::here) {
    reply_scratch_.clear();
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
      ReplyWriter(reply_scratch_, version).error("ERR the nodes run different releases of limpet");
    } else if (spec == nullptr) {
      done = engine_.run_step(args, args[1], version, reply_scratch_, now_);
    } else {
      done = engine_.run({*spec, args, version, keyed ? &key : nullptr}, reply_scratch_, now_);
    }
    deliver(origin, Outcome::done, reply_scratch_.view(), done.reply_lsn);
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
  scratch_.clear();
  scratch_.append(body);
  peer::set_hops(scratch_, static_cast<std::uint8_t>(hops + 1));
  forward_bytes(route, slot, origin, scratch_.view(), write, hops);
}

}  // namespace limpet::shard
