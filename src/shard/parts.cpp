// Commands of several parts: cut, sent, put together.
#include <algorithm>
#include <limpet/base/assert.hpp>
#include <limpet/base/number.hpp>
#include <limpet/base/text.hpp>
#include <limpet/command/errors.hpp>
#include <numeric>

#include "core.hpp"
#include "orders.hpp"

namespace limpet::shard {

// ---- Gathers ----

std::pair<Core::GatherName, Gather&> Core::begin_gather(GatherKind kind, const Origin& origin,
                                                        resp::Version version) {
  auto [name, gather] = gathers_.emplace();
  gather.kind = kind;
  gather.origin = origin;
  gather.version = version;
  gather.open = 1;  // taken back by close_gather(), so that it cannot end while its parts are being sent
  return {name, gather};
}

Origin Core::next_part(GatherName name, Gather& gather, NodeIndex node) {
  gather.parts.emplace_back().node = node;
  ++gather.open;
  return {.kind = Origin::Kind::gather,
          .part = static_cast<std::uint32_t>(gather.parts.size() - 1),
          .stream = gather.origin.stream,
          .id = name.packed()};
}

void Core::part_done(const Origin& origin, Outcome outcome, std::string_view body) {
  const GatherName name = GatherName::unpack(origin.id);
  Gather* gather = gathers_.find(name);
  LIMPET_ASSERT(gather != nullptr);
  Gather::Part& part = gather->parts[origin.part];
  part.outcome = outcome;
  gather->bytes += body.size();
  if (gather->bytes > kReplyBytesMax && outcome == Outcome::done) {
    // What was gathered so far goes, too: the whole is an error now.
    for (Gather::Part& other : gather->parts) other.reply.release();
    ReplyWriter(part.reply, gather->version).error(command::kReplyTooLong);
    gather->too_long = true;
  } else if (!gather->too_long || outcome != Outcome::done) {
    part.reply.append(body);
  }
  close_gather(name, *gather);
}

void Core::close_gather(GatherName name, Gather& gather) {
  if (--gather.open > 0) return account(gather);
  Bytes out;
  if (is_wanted(gather)) {
    if (gather.kind == GatherKind::relocate && !step_done(name, gather)) return;
    if (gather.kind == GatherKind::scan_reply && !scan_got_on(name, gather)) return;
    if (is_partial(gather.kind)) {
      if (!partial_called(name, gather, out)) return;
    } else {
      if (gather.roll_call && !roll_called(name, gather)) return;
      finish_gather(gather, out);
    }
  }
  if (is_error(out.view())) ++counters_.error_replies;
  const Origin origin = gather.origin;
  const std::uint64_t needs = gather.needs;
  give_back(origin, gather.charged);
  gathers_.erase(name);
  deliver(origin, Outcome::done, out.view(), needs);
}

void Core::finish_gather(Gather& gather, Bytes& out) {
  ReplyWriter reply(out, gather.version);
  if (gather.kind == GatherKind::cluster_status) {
    status_reply(gather, reply);
    return;
  }
  if (gather.kind == GatherKind::each_node) {
    each_node_reply(gather, reply);
    return;
  }
  if (gather.kind == GatherKind::relocate) {
    relocate_reply(gather, reply);
    return;
  }
  if (const std::string error = error_of_parts(gather); !error.empty()) {
    reply.error(error);
    return;
  }
  if (!gather.for_node) return merge_parts(gather, reply);
  Bytes merged;
  ReplyWriter writer(merged, gather.version);
  merge_parts(gather, writer);
  write_roll_answer(reply, gather.roll_call->answered(), merged.view());
}

void Core::merge_parts(Gather& gather, ReplyWriter& reply) {
  switch (gather.kind) {
    case GatherKind::sum:
      merge_sum(gather, reply);
      return;
    case GatherKind::all_ok:
      reply.ok();
      return;
    case GatherKind::in_key_order:
      merge_in_key_order(gather, reply);
      return;
    case GatherKind::concat:
      merge_concat(gather, reply);
      return;
    case GatherKind::pick:
      merge_pick(gather, random(), reply);
      return;
    case GatherKind::pick_reply:
      pick_reply(gather, reply);
      return;
    case GatherKind::scan:
      merge_scan(gather, reply);
      return;
    case GatherKind::scan_reply:
      scan_reply(gather, reply);
      return;
    case GatherKind::killed_one:
      kill_one_reply(gather, reply);
      return;
    case GatherKind::text:
      merge_text(gather, reply);
      return;
    case GatherKind::info:
    case GatherKind::node_status:
      stats_reply(gather, reply);
      return;
    case GatherKind::partial_sum:
    case GatherKind::partial_concat:
    case GatherKind::partial_scan:
    case GatherKind::each_node:
    case GatherKind::cluster_status:
    case GatherKind::relocate:
      return;
  }
}

// ---- Commands on the keys of several sessions ----

namespace {

// The keys of a split command, sorted by slot, so that the keys of a session stand together.
struct SplitKeys {
  std::size_t first = 0;
  std::size_t step = 1;
  std::vector<Slot> slots;           // by key
  std::vector<std::uint32_t> order;  // indexes of keys

  SplitKeys(const Spec& spec, Args args)
      : first(static_cast<std::size_t>(spec.first_key)), step(static_cast<std::size_t>(spec.key_step)) {
    const std::size_t last = spec.last_key_of(args.size());
    for (std::size_t at = first; at <= last; at += step) slots.push_back(slot_of(args[at]));
    order.resize(slots.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return slots[a] < slots[b]; });
  }
};

GatherKind kind_of(command::Merge merge) {
  switch (merge) {
    case command::Merge::sum:
      return GatherKind::sum;
    case command::Merge::gather:
      return GatherKind::in_key_order;
    default:
      return GatherKind::all_ok;
  }
}

}  // namespace

// Names a node that is known to be out of reach, so that nothing has to be started in vain.
std::string Core::down_target(const std::vector<Slot>& slots) {
  for (const Slot slot : slots) {
    const Route route = ownership_.slots().route(slot);
    if (route.kind == Route::Kind::refuse) {
      return why_refused(slot);
    }
    if (route.kind != Route::Kind::peer) continue;
    const Link& link = link_to(route.target);
    if (link.verdict() == Link::Verdict::fail) return unreachable(link, slot);
  }
  return {};
}

bool Core::take_split_command(Client& client, const Spec& spec, Args args) {
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
  if (one_slot) return take_session_command(client, spec, args);
  if (all_here) {
    run_for(client, spec, args);
    return true;
  }
  const SplitKeys keys(spec, args);
  if (const std::string down = down_target(keys.slots); !down.empty()) {
    ++counters_.forward_errors;
    reply_error(client, down);
    return true;
  }
  if (const auto missing = first_missing(keys.slots)) return wait_for_slot(client, *missing);
  for (const Slot slot : keys.slots) {
    if (!has_room(ownership_.slots().route(slot), client)) return false;
  }

  auto [name, gather] = begin_gather(kind_of(spec.merge), keep_place(client), client.version);
  gather.write = spec.has(command::kWrite);
  if (spec.merge == command::Merge::gather) gather.part_of_key.resize(keys.slots.size());
  const peer::Request request = first_hop(Reach::slot, client.version, client.authenticated);
  std::vector<std::string_view> part_args;
  for (std::size_t begin = 0; begin < keys.order.size();) {
    const Slot slot = keys.slots[keys.order[begin]];
    part_args.assign(1, args[0]);
    const Origin part = next_part(name, gather, 0);
    for (; begin < keys.order.size() && keys.slots[keys.order[begin]] == slot; ++begin) {
      const std::uint32_t key = keys.order[begin];
      if (!gather.part_of_key.empty()) gather.part_of_key[key] = part.part;
      const std::size_t at = keys.first + key * keys.step;
      part_args.insert(part_args.end(), args.begin() + static_cast<std::ptrdiff_t>(at),
                       args.begin() + static_cast<std::ptrdiff_t>(at + keys.step));
    }
    const Route route = ownership_.slots().route(slot);
    if (route.kind == Route::Kind::here) {
      reply_scratch_.clear();
      const Lsn lsn = engine_.run({spec, part_args, client.version}, reply_scratch_, now_).reply_lsn;
      muted_bytes_ += reply_scratch_.size();  // it is of this turn, though it goes nowhere yet
      gather.needs = std::max(gather.needs, lsn);
      part_done(part, Outcome::done, reply_scratch_.view());
    } else {
      if (peer::request_bytes(part_args) > kPieceBytes || ownership_.is_unconfirmed(slot))
        client.barrier = true;
      forward(route, slot, part, request, part_args, gather.write);
    }
  }
  close_gather(name, gather);
  return true;
}

// ---- Commands for every shard or node ----

bool Core::take_wide_command(Client& client, const Spec& spec, Args args) {
  // It sees everything that this client did before, and nothing that it does after.
  if (!client.replies.empty()) return false;
  if (spec.name == "scan") return take_scan(client, args);
  begin_roll_call(client, spec, args);
  return true;
}

GatherKind Core::kind_for_shards(Args args) {
  if (equals_ignore_case(args[0], "scan")) return GatherKind::scan;
  if (equals_ignore_case(args[0], "keys")) return GatherKind::concat;
  if (equals_ignore_case(args[0], "randomkey")) return GatherKind::pick;
  if (equals_ignore_case(args[0], "dbsize")) return GatherKind::sum;
  if (equals_ignore_case(args[0], "cluster")) {
    return equals_ignore_case(args[1], "status") ? GatherKind::node_status : GatherKind::sum;
  }
  if (equals_ignore_case(args[0], "info")) return GatherKind::info;
  if (equals_ignore_case(args[0], "client")) {
    return args.size() > 1 && equals_ignore_case(args[1], "kill") ? GatherKind::sum : GatherKind::text;
  }
  return GatherKind::all_ok;
}

GatherKind Core::kind_for_nodes(Args args) {
  if (equals_ignore_case(args[0], "scan")) return GatherKind::scan_reply;
  if (equals_ignore_case(args[0], "keys")) return GatherKind::concat;
  if (equals_ignore_case(args[0], "randomkey")) return GatherKind::pick_reply;
  if (equals_ignore_case(args[0], "dbsize")) return GatherKind::sum;
  if (equals_ignore_case(args[0], "cluster")) return GatherKind::cluster_status;
  return GatherKind::all_ok;
}

// Whoever is to hold slots by the file, and who holds some still.
bool Core::takes_part(NodeIndex node) const {
  const cluster::Node& known = view_->nodes[node];
  return (known.listed && known.state != cluster::NodeState::down) || ownership_.known().heard_of(node) > 0;
}

// Is this node asked for its part of `args`?
bool Core::is_asked(GatherKind kind, NodeIndex node, Args args) const {
  const bool all = kind == GatherKind::cluster_status || kind == GatherKind::each_node;
  if (all && view_->nodes[node].listed) return true;
  // It may be known to hold slots by what others say alone.
  if (kind == GatherKind::cluster_status && ownership_.known().count(view_->nodes.size())[node] > 0)
    return true;
  // Not the one whose slots are claimed: it is gone, or at least all that it held.
  if (equals_ignore_case(args[0], "cluster") && args.size() == 3 && view_->nodes[node].name == args[2])
    return begins_anew(node);
  return takes_part(node);
}

void Core::gather_nodes(GatherKind kind, const Origin& origin, resp::Version version, bool write, Args args) {
  auto [name, gather] = begin_gather(kind, origin, version);
  gather.write = write;
  keep_args(gather, args);
  for (std::size_t i = 0; i < view_->nodes.size(); ++i) {
    const auto node = static_cast<NodeIndex>(i);
    if (is_asked(kind, node, args)) ask_node(name, gather, node, args);
  }
  close_gather(name, gather);
}

void Core::ask_node(GatherName name, Gather& gather, NodeIndex node, Args args) {
  const Origin part = next_part(name, gather, node);
  if (node == config_.self) return run_node_part(part, gather.version, gather.write, args);
  const peer::Request request = first_hop(Reach::node, gather.version, true);
  forward({Route::Kind::peer, node}, kNoSlot, part, request, args, gather.write);
}

void Core::ask_owner(GatherName name, Gather& gather, Slot slot, Args args, bool write) {
  const Origin part = next_part(name, gather, 0);
  const Route route = ownership_.slots().route(slot);
  const peer::Request request = first_hop(Reach::slot, gather.version, gather.authenticated);
  if (route.kind == Route::Kind::here) {
    Bytes reply;
    const Spec* const spec = command::find(args[0]);
    const engine::Executed done = spec == nullptr
                                      ? engine_.run_step(args, args[1], gather.version, reply, now_)
                                      : engine_.run({*spec, args, gather.version}, reply, now_);
    // A next step may be for another shard's journal: this one has to be safe first.
    deliver(part, Outcome::done, reply.view(), done.reply_lsn);
  } else if (route.kind == Route::Kind::peer || route.kind == Route::Kind::sibling) {
    forward(route, slot, part, request, args, write);
  } else if (route.kind == Route::Kind::wait) {
    Bytes body;
    peer::append_request(body, request, args);
    park(part, slot, 0, body.view());
  } else {
    deliver(part, Outcome::unavailable, why_refused(slot));
  }
}

void Core::keep_args(Gather& gather, Args args) { gather.args.assign(args.begin(), args.end()); }

void Core::run_node_part(const Origin& origin, resp::Version version, bool write, Args args) {
  if (const auto order = order_in(args)) return take_order(*order, origin, version);
  gather_shards(kind_for_shards(args), origin, version, write, args);
}

void Core::gather_shards(GatherKind kind, const Origin& origin, resp::Version version, bool write,
                         Args args) {
  auto [name, gather] = begin_gather(kind, origin, version);
  gather.write = write;
  keep_args(gather, args);
  call_roll(gather, args, true);
  const peer::Request request = first_hop(Reach::shard, version, true);
  for (unsigned shard = 0; shard < config_.shards; ++shard) {
    const Origin part = next_part(name, gather, config_.self);
    if (shard == config_.index && is_claim(args)) {
      claim_from(args[2], part, version);
    } else if (shard == config_.index) {
      Bytes reply;
      gather.needs = std::max(gather.needs, run_shard_part(args, version, reply));
      part_done(part, Outcome::done, reply.view());
    } else {
      forward({Route::Kind::sibling, static_cast<std::uint16_t>(shard)}, kNoSlot, part, request, args, write);
    }
  }
  close_gather(name, gather);
}

// This shard's part of a command for all shards. Returns how much has to be safe before it leaves.
Lsn Core::run_shard_part(Args args, resp::Version version, Bytes& out) {
  const Spec& spec = *command::find(args[0]);
  ReplyWriter reply(out, version);
  if (spec.scope == command::Scope::cluster) return run_part_of_all_keys(spec, args, version, out);
  if (equals_ignore_case(args[0], "client")) {
    equals_ignore_case(args[1], "kill") ? kill_clients(args, reply) : list_clients(args, reply);
  } else if (equals_ignore_case(args[0], "config")) {
    config_part(args, reply);
  } else if (equals_ignore_case(args[0], "cluster") && equals_ignore_case(args[1], "countkeysinslot")) {
    const auto slot = static_cast<Slot>(parse_int64(args[2]).value_or(0));
    reply.integer(static_cast<std::int64_t>(engine_.store().keys_in(slot)));
  } else {
    append_stats(out);
  }
  return 0;
}

}  // namespace limpet::shard
